"""The replies that are being made, so that people can stop them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from app.chat.halt import Halt
from app.discord.ports import Ask


@dataclass(frozen=True)
class ReplyUnderWay:
    """A reply that is being made, or waits for its turn."""

    channel: int
    asker: int
    """0 if nobody is known to have asked."""
    halt: Halt


class UnderWay:
    """All replies that are being made, by what they answer."""

    def __init__(self) -> None:
        self._replies: dict[int, ReplyUnderWay] = {}

    def making(self, ask: Ask) -> AbstractContextManager[None]:
        """Let people stop the reply to a message or command."""
        return self.answering(ask.trigger, ask.place.channel, ask.author, ask.halt)

    @contextmanager
    def answering(
        self, trigger: int, channel: int, asker: int = 0, halt: Halt | None = None
    ) -> Iterator[None]:
        """Let people stop the reply that this block makes."""
        self._replies[trigger] = ReplyUnderWay(channel, asker, halt or Halt())
        try:
            yield
        finally:
            self._replies.pop(trigger, None)

    def find(self, trigger: int) -> ReplyUnderWay | None:
        """Return the reply to a message or command, if it is being made."""
        return self._replies.get(trigger)

    def here(self, channel: int) -> list[ReplyUnderWay]:
        """Return the replies that are being made for a channel."""
        return [one for one in self._replies.values() if one.channel == channel]
