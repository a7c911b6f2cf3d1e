"""Mynah's memory: meaning, recall, and links between messages."""
