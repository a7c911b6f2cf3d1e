"""The words of a guild, compared with how people talk elsewhere."""
