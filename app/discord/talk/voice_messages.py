"""Voice messages to the bot, read from Discord when somebody hears them here."""

from functools import partial

import discord

from app.discord.talk.attached_pictures import read_file
from app.replies.request import FileReader
from app.settings.schema import Config

SOUND = (b"OggS",)
"""The beginning of every voice message; see Discord's "Voice Messages"."""


def voice_message(message: discord.Message, config: Config) -> FileReader | None:
    """Return what reads a voice message; None if it is none, or stays unheard."""
    if not (message.flags.is_voice_message and config.context.spoken):
        return None
    return next((partial(read_file, one, SOUND) for one in message.attachments), None)
