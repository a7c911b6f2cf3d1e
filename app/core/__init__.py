"""The base of all rooms: errors, paths, secrets and safe text."""
