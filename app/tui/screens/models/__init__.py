"""The Models screen and its helpers."""
