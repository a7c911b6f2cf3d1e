"""Importers: other programs' files as message rows, one module per format."""
