"""The Playground screen and its helpers."""
