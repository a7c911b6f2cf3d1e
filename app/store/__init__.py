"""The database of all that Mynah learned, said and spent. The only home of peewee."""
