"""The Settings screen and its helpers."""
