"""The Wizard screen and its helpers."""
