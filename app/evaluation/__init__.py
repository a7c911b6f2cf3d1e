"""Evaluation: how good voice, links, recall and replies are, on held-out text."""
