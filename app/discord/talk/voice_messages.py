"""Voice messages to the bot and from it, where somebody hears and speaks here."""

import io
from collections.abc import Callable
from functools import partial

import discord

from app.discord.permissions import may_speak_aloud
from app.discord.ports import ReadyReply, VoiceAnswer
from app.discord.ports.replies import Replies
from app.discord.talk.attached_pictures import read_file
from app.replies.request import FileReader
from app.settings.schema import Config

VoiceFile = Callable[[], discord.VoiceMessage]
"""Makes the file of a voice message anew for every try, because sending closes it."""

SOUND = (b"OggS",)
"""The beginning of every voice message; see Discord's "Voice Messages"."""


def voice_message(message: discord.Message, config: Config) -> FileReader | None:
    """Return what reads a voice message; None if it is none, or stays unheard."""
    if not (message.flags.is_voice_message and config.context.spoken):
        return None
    return next((partial(read_file, one, SOUND) for one in message.attachments), None)


def is_unheard(message: discord.Message, text: str) -> bool:
    """Tell if a message is a voice message of which no words are known."""
    return message.flags.is_voice_message and not text.strip()


def is_wanted(is_spoken: bool, config: Config) -> bool:
    """Return whether a call is to be answered by a voice message."""
    return is_spoken and config.speak.aloud != "off"


async def voice_answer(
    answer: ReadyReply | None, channel: object, config: Config, replies: Replies
) -> VoiceFile | None:
    """Return a reply as a voice message; None if it is to be a text after all."""
    if answer is None or not answer.is_sayable or not may_speak_aloud(channel):
        return None
    said = await replies.utterance(answer, config.speak.aloud)
    return partial(_file, said) if said else None


def _file(voice: VoiceAnswer) -> discord.VoiceMessage:
    return discord.VoiceMessage(
        io.BytesIO(voice.data),
        "voice-message.ogg",
        waveform=voice.waveform,
        duration_secs=voice.seconds,
    )
