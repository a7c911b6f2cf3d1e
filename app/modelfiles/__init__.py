"""Model files: the catalogue, fetching, and checks before anything is loaded."""
