"""The service: the bot for Discord, the screens and the command line alike."""
