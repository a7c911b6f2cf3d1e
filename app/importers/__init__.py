"""Importers: files of other programs as message rows, a file here for each format."""
