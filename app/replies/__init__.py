"""One reply, from the request to the row that explains it."""
