"""The voices of all servers, and the ways messages come into them and leave."""
