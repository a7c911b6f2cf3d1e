"""The ports of the Discord client, carried out by the service of one home."""
