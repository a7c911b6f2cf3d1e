"""The Logs screen and its helpers."""
