"""The replies that are being made, so that people can stop them or wait for them."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from app.chat.halt import Halt
from app.discord.ports import Ask


@dataclass(frozen=True, eq=False)
class ReplyUnderWay:
    """A reply that is being made, or waits for its turn."""

    trigger: int
    channel: int
    asker: int
    """0 if nobody is known to have asked."""
    halt: Halt
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once it is noted which messages show it, if any."""


class UnderWay:
    """All replies that are being made, by what they answer."""

    def __init__(self) -> None:
        self._replies: list[ReplyUnderWay] = []

    def making(self, ask: Ask) -> AbstractContextManager[None]:
        """Let people stop the reply to a message or command."""
        return self.answering(ask.trigger, ask.place.channel, ask.author, ask.halt)

    @contextmanager
    def answering(
        self, trigger: int, channel: int, asker: int = 0, halt: Halt | None = None
    ) -> Iterator[None]:
        """Let people stop the reply that this block makes, sends and notes."""
        made = ReplyUnderWay(trigger, channel, asker, halt or Halt())
        self._replies.append(made)
        try:
            yield
        finally:
            self._replies.remove(made)
            made.ended.set()

    def find(self, trigger: int) -> ReplyUnderWay | None:
        """Return the reply to a message or command, if it is being made."""
        same = (one for one in reversed(self._replies) if one.trigger == trigger)
        return next(same, None)

    def here(self, channel: int) -> list[ReplyUnderWay]:
        """Return the replies that are being made for a channel."""
        return [one for one in self._replies if one.channel == channel]

    def shown_by(self, channel: int, message: int) -> list[ReplyUnderWay]:
        """Return the replies that a message may show, which is younger than a call."""
        return [one for one in self.here(channel) if one.trigger < message]
