"""Requests about replies: a new one, its explanation, and comparisons."""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Say:
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
class Cancel:
    """Stop the reply that streams under this number."""

    method: ClassVar[str] = "cancel"
    stream: int


@dataclass(frozen=True)
class Explain:
    """The row that explains a reply."""

    method: ClassVar[str] = "explain"
    reply: int


@dataclass(frozen=True)
class Rate:
    """Like (+1), dislike (-1) or take back (0) a reply."""

    method: ClassVar[str] = "rate"
    reply: int
    value: int
    again: bool = False
    """Not a mark: another one was asked for, which is a mild dislike."""


@dataclass(frozen=True)
class Blind:
    """Two replies to something that was said there; who made which is not told.

    Keys: `pair` (its number), `turns` ([speaker, text] each), `texts` (two).
    """

    method: ClassVar[str] = "blind"
    guild: str
    first: str = "hybrid"
    """A mode, for hybrid with a dial if it is not the guild's own: `hybrid 70`."""
    second: str = "llm"


@dataclass(frozen=True)
class BlindChoose:
    """Store which reply of a pair is better; keys of the results, and `arms` (two)."""

    method: ClassVar[str] = "blind_choose"
    pair: int
    won: int
    """1 or 2, or 0 for neither."""


@dataclass(frozen=True)
class BlindResults:
    """Win rates of blind choices, and of the arms that `reply.split` alternates.

    Keys: `comparisons`, `blind` and `live` (each `arm`, `won`, `of`, `rate`, `low`,
    `high`; live ones also `replies`).
    """

    method: ClassVar[str] = "blind_results"
    guild: str


REPLY_REQUESTS = (
    Say,
    Cancel,
    Explain,
    Rate,
)
BLIND_TEST_REQUESTS = (
    Blind,
    BlindChoose,
    BlindResults,
)
