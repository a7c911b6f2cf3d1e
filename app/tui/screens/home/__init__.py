"""The Home screen and its helpers."""
