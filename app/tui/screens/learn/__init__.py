"""The Learn screen and its helpers."""
