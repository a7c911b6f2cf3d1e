"""Handlers: one class for each topic of the control catalogue."""
