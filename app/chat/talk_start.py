"""Decides whether the bot starts talk in a channel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.settings import start_times
from app.settings.speech_rules import is_quiet, may_speak_in
from app.settings.speech_sections import SpeakSettings

Occasion = Literal["quiet room", "schedule"]


@dataclass(frozen=True)
class StartPlace:
    """A channel, reduced to what decides whether to start talk there."""

    channel: str
    """Its Discord id."""
    channel_name: str
    said_at: float | None = None
    """The time of its last message; None for never."""
    started_at: float | None = None
    """When the bot last started talk there; all in seconds since the epoch."""
    is_hushed: bool = False
    """True while somebody wants quiet, or the server had enough replies."""


@dataclass(frozen=True)
class Start:
    """An occasion to start talk, and since when there is one."""

    occasion: Occasion
    due: float
    """In seconds since the epoch."""


def occasion(room: StartPlace, speak: SpeakSettings, now: datetime) -> Start | None:
    """Return the occasion to start talk now, if there is one and nothing forbids it.

    Args:
        now: With the time zone of the quiet hours and the schedule.
    """
    start = _scheduled(room, speak, now) or _quiet_room(room, speak, now)
    if start is None or room.is_hushed:
        return None
    if is_quiet(now.hour * 60 + now.minute, speak.quiet_hours):
        return None
    if not may_speak_in(speak.channels, room.channel, room.channel_name):
        return None
    if room.started_at is not None and _is_too_soon(start, room.started_at, speak):
        return None
    return start


def _is_too_soon(start: Start, started_at: float, speak: SpeakSettings) -> bool:
    """Tell if an occasion follows the last start too closely.

    Every set time is kept, but the one that comes again when clocks go back.
    """
    if start.occasion == "quiet room":
        return start.due < started_at + speak.start_every_hours * 3600
    due, before = (datetime.fromtimestamp(at) for at in (start.due, started_at))
    return start.due <= started_at or due == before


def _scheduled(room: StartPlace, speak: SpeakSettings, now: datetime) -> Start | None:
    for text in speak.start_at:
        one = start_times.parse(text)
        due = one.due(now) if one.channel in (room.channel, room.channel_name) else None
        if due is not None:
            return Start("schedule", due.timestamp())
    return None


def _quiet_room(room: StartPlace, speak: SpeakSettings, now: datetime) -> Start | None:
    hours, said_at = speak.start_after_hours, room.said_at
    if not hours or said_at is None or now.timestamp() < said_at + hours * 3600:
        return None
    return Start("quiet room", now.timestamp())
