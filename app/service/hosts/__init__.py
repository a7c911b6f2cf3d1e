"""The model hosts of a home, as the bot sees to them."""
