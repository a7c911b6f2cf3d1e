"""Handlers: one class a topic of the control catalogue, of the same name."""
