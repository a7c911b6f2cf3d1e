"""Entry points of short-lived child processes for long work."""
