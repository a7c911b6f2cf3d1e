"""Mynah: a Discord bot at home that talks like your server."""

__version__ = "0.1.0"
