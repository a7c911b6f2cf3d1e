"""Decides whether to answer a message, and gives the reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Literal

from app.core.patterns import Patterns, whole_words
from app.settings.speech_rules import is_quiet, may_speak_in
from app.settings.speech_sections import SpeakSettings

Kind = Literal[
    "",
    "command",
    "mention",
    "reply",
    "direct message",
    "wake word",
    "follow-up",
    "join-in",
]
"""The kind of call; empty for none."""


@dataclass(frozen=True)
class HeardMessage:
    """A message, reduced to what decides whether to answer it."""

    channel: str
    """Discord id of the channel, or of a thread's parent."""
    text: str
    channel_name: str = ""
    is_bot: bool = False
    """True for bots, including this one."""
    has_opted_out: bool = False
    is_command: bool = False
    is_direct: bool = False
    """True for a message to the bot alone, outside every channel of a guild."""
    mentions_bot: bool = False
    replies_to_bot: bool = False
    is_in_own_thread: bool = False
    """True in a thread that somebody made from one of the bot's messages."""
    is_to_others: bool = False
    """True if it mentions, answers or names somebody other than the bot."""
    is_answered: bool = False
    """True if a reply to this message already exists."""
    age_seconds: float = 0.0


@dataclass(frozen=True)
class Recent:
    """The bot's recent activity, at the time of the message."""

    seconds_since_spoke: float | None = None
    """Seconds since it spoke in this channel; None for never."""
    seconds_since_author: float | None = None
    """Since the last reply to this author in this guild."""
    replies_last_minute: int = 0
    """In this guild."""
    is_hushed: bool = False
    """True while somebody has asked it to be quiet."""


@dataclass(frozen=True)
class Decision:
    """The decision to speak or not, the call behind it, and the reason in words."""

    speak: bool
    kind: Kind
    reason: str


def decide(
    heard: HeardMessage, recent: Recent, speak: SpeakSettings, minute: int, rng: Random
) -> Decision:
    """Decide on one message; `minute` is that of the local day, 0-1439.

    Commands skip all rules except one reply per trigger and the rate limits. A person
    who opted out gets an answer when they call the bot by name, and is never drawn into
    a conversation.
    """
    kind, why = _call(heard, recent, speak, rng)
    if not kind:
        return Decision(False, kind, why)
    refusal = _refusal(kind, heard, recent, speak, minute)
    return Decision(refusal is None, kind, refusal or why)


def _call(
    heard: HeardMessage, recent: Recent, speak: SpeakSettings, rng: Random
) -> tuple[Kind, str]:
    """Return what calls the bot, the most direct call first."""
    if heard.is_bot:
        return "", "a bot wrote it"
    if heard.is_command:
        return "command", "it was a command"
    if heard.is_direct:
        return "direct message", "it was a direct message"
    if speak.mentions and heard.mentions_bot:
        return "mention", "it was mentioned"
    if speak.mentions and heard.replies_to_bot:
        return "reply", "its own message was replied to"
    word = find_wake_word(heard.text, speak.wake_words)
    if word:
        return "wake word", f"the wake word “{word}” was said"
    if heard.has_opted_out:
        return "", "the author opted out and did not call it"
    if heard.is_to_others:
        return "", "it speaks to somebody else"
    if speak.mentions and heard.is_in_own_thread:
        return "reply", "it was written in a thread on its own message"
    spoke = recent.seconds_since_spoke
    if spoke is not None and spoke <= speak.follow_up_seconds:
        return "follow-up", f"it spoke here {spoke:.0f} s ago"
    if speak.join_in > 0 and rng.random() < speak.join_in:
        return "join-in", f"it joins in on {speak.join_in:.0%} of messages here"
    return "", "nothing called it"


def _refusal(
    kind: Kind, heard: HeardMessage, recent: Recent, speak: SpeakSettings, minute: int
) -> str | None:
    """Return why a call is not answered, or None."""
    if heard.is_answered:
        return "this message already has a reply"
    if too_many := too_much(recent, speak):
        return too_many
    if kind == "command":
        return None
    if heard.age_seconds > speak.max_age_seconds:
        return f"the message is {heard.age_seconds:.0f} s old"
    where = (speak.channels, heard.channel, heard.channel_name)
    if not heard.is_direct and not may_speak_in(*where):
        return "it may not speak in this channel"
    if recent.is_hushed:
        return "it was asked to be quiet"
    if is_quiet(minute, speak.quiet_hours):
        return f"these are quiet hours ({speak.quiet_hours})"
    return too_soon(recent, speak)


def too_much(recent: Recent, speak: SpeakSettings) -> str | None:
    """Return why the server must wait for another reply, or None."""
    if recent.replies_last_minute >= speak.guild_per_minute:
        return f"the server had {recent.replies_last_minute} replies in a minute"
    return None


def too_soon(recent: Recent, speak: SpeakSettings) -> str | None:
    """Return why a person must wait for another reply, or None."""
    since = recent.seconds_since_author
    if since is not None and since < speak.user_cooldown_seconds:
        return f"this person had a reply {since:.1f} s ago"
    return None


def find_wake_word(text: str, words: Sequence[str]) -> str | None:
    """Find the first wake word that appears in the text as a whole word."""
    folded = text.casefold()
    return next((word for word in words if _finder(word).found_in(folded)), None)


@lru_cache(maxsize=1000)
def _finder(word: str) -> Patterns:
    return Patterns("speak.wake_words", [whole_words([word.casefold()])])
