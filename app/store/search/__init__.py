"""Finds messages by their words."""
