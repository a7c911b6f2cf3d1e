"""The Usage screen and its helpers."""
