"""The Conversations screen and its helpers."""
