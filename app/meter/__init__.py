"""Compares a guild's replies with its members' messages; pure sums over texts."""
