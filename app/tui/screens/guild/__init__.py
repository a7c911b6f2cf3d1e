"""The Server screen and its helpers."""
