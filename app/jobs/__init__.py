"""Jobs: the entry points of short-lived children that do long work."""
