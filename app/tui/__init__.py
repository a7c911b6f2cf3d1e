"""The screens that watch and control the bot. The only home of textual."""
