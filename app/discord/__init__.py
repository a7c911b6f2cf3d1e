"""Discord: every module that imports py-cord, and nothing else of the bot."""
