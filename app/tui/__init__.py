"""The screens: watch the bot, steer it, trust it. The only home of textual."""
