"""One reply, from what was asked to the row that explains it."""
