"""Discord: everything that imports py-cord, and nothing else of the bot."""
