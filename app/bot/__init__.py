"""The bot: py-cord in front, the service behind it, and the process around both."""
