"""Conversations: which message answers which."""
