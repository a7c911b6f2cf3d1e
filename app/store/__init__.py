"""The database: what Mynah learned, said and spent. The only home of peewee."""
