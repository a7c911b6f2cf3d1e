"""Differences between operating systems, each in one module."""
