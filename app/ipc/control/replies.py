"""What is asked about replies: one more, why it is so, a mark."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.ipc.wire import Json, Request


@dataclass(frozen=True)
class Say(Request[Json]):
    """One reply, made but not sent; streams `Token` notifications if asked to.

    Keys: those of `mynah say --json`, and `reply` (its row), `guild`, `model`, `parts`,
    `notes`, `left_out`; with `explain` also `prompt` ([speaker, text] each),
    `drawn` (`id`, `author`, `text`, `words`, `run`) and `moments`.
    """

    method: ClassVar[str] = "say"
    guild: str
    """A guild's name or Discord id."""
    text: str
    channel: str | None = None
    author: str = "you"
    mode: str | None = None
    provider: str | None = None
    voice: int | None = None
    """The dial, 0-100; None is the guild's own."""
    seed: str | None = None
    max_ms: int | None = None
    explain: bool = False
    stream: int | None = None
    """A number chosen by the asker; `Token` notifications carry it."""
    turns: list[list[str]] = field(default_factory=list)
    """Earlier [speaker, text] turns, oldest first, that are not in the database."""


@dataclass(frozen=True)
class Cancel(Request[Json]):
    """Stop the reply that streams under this number."""

    method: ClassVar[str] = "cancel"
    stream: int


@dataclass(frozen=True)
class Explain(Request[Json]):
    """The row that explains a reply."""

    method: ClassVar[str] = "explain"
    reply: int


@dataclass(frozen=True)
class Rate(Request[Json]):
    """Like (+1), dislike (-1) or take back (0) a reply."""

    method: ClassVar[str] = "rate"
    reply: int
    value: int
    again: bool = False
    """Not a mark: another one was asked for, which is a mild dislike."""


REPLY_REQUESTS = (
    Say,
    Cancel,
    Explain,
    Rate,
)
