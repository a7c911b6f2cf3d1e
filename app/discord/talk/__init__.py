"""Talk that needs more than a message: proxied, not stored, or outside a server."""
