"""A talk in the Playground: its turns, its lines on the screen, and what was typed."""

from collections import deque
from dataclasses import dataclass, field

from textual.widget import Widget

from app.ipc import control
from app.settings.reply_ways import ReplyWay
from app.tui.widgets.bubbles import ReplyLine

MAX_LINES = 120
"""The number of lines on the screen."""

MAX_TURNS = 12
"""The number of earlier turns sent with a text."""

MAX_TYPED = 100
"""The number of typed texts that come back with the arrows."""


@dataclass(frozen=True)
class SaidTurn:
    """One turn, and the server it was said to."""

    speaker: str
    text: str
    guild: str
    """The server's name in requests."""


@dataclass
class Exchange:
    """A text and its reply, or its two replies beside each other."""

    text: str
    before: list[SaidTurn]
    """The turns before it."""
    asked: SaidTurn
    replies: list[ReplyLine]
    widgets: list[Widget]
    """Its lines on the screen."""
    kept: int = 0
    """The place of the reply that the talk goes on from."""
    said: SaidTurn | None = None
    """That reply as a turn."""


@dataclass
class Talk:
    """A talk with one server; no other server is told of it."""

    turns: deque[SaidTurn] = field(default_factory=lambda: deque(maxlen=MAX_TURNS))
    last: Exchange | None = None
    lines: list[Widget] = field(default_factory=list)
    """Shown while its server is chosen."""
    typed: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_TYPED))
    """The typed texts, the latest first."""
    at: int = -1
    """The place in `typed` of what is in the field; -1 for none of them."""

    def recall(self, step: int) -> str | None:
        """Return the text before or after the one in the field, if there is one."""
        at = self.at + step
        if not -1 <= at < len(self.typed):
            return None
        self.at = at
        return self.typed[at] if at >= 0 else ""

    def note(self, text: str) -> None:
        """Note a text that was sent."""
        self.at = -1
        if text in self.typed:
            self.typed.remove(text)
        self.typed.appendleft(text)

    def take_back(self) -> list[Widget]:
        """Drop the last exchange, and return its lines to be removed."""
        if self.last is None:
            return []
        self.turns = deque(self.last.before, MAX_TURNS)
        gone, self.last = self.last.widgets, None
        self.lines = [line for line in self.lines if line not in gone]
        return gone

    def answer(self, exchange: Exchange) -> None:
        """Go on from the kept reply of an exchange, once it is there."""
        if all(turn is not exchange.asked for turn in self.turns):
            return
        line = exchange.replies[exchange.kept]
        if line.reply is None or not line.reply.text:
            return
        said = SaidTurn(line.speaker, line.reply.text, exchange.asked.guild)
        turns = [said if turn is exchange.said else turn for turn in self.turns]
        if exchange.said is None:
            turns.append(said)
        exchange.said = said
        self.turns = deque(turns, MAX_TURNS)


@dataclass(frozen=True)
class Answered:
    """A reply, or none."""

    reply: control.SayReply | None


def way_name(way: ReplyWay) -> str:
    """Return a way as the owner types it."""
    return way.mode if way.dial is None else f"{way.mode} {way.dial}"
