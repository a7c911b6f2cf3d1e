"""Evaluation of voice, links, recall and replies on held-out text."""
