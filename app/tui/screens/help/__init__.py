"""The Help screen and its helpers."""
