"""Model files: the catalogue, downloads, and checks before loading."""
