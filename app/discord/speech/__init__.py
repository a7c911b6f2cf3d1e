"""When the bot begins to speak, and when somebody has finished."""
