"""Requests about replies: make, explain and rate one."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.core.explanation import (
    DrawnMessage,
    Explanation,
    RungOutcome,
    TokenCounts,
)
from app.ipc.wire import Request


@dataclass(frozen=True)
class SayReply:
    """A reply, and how it came about."""

    text: str
    mode: str
    provider: str
    voice: int
    """The dial, 0-100."""
    rungs: list[RungOutcome]
    ms: dict[str, float]
    """Milliseconds by stage, and `total`."""
    tokens: TokenCounts
    turns: int
    """In the prompt."""
    sources: list[str]
    """Ids of the messages it drew on."""
    recalled: list[str]
    cost: float
    """US dollars."""
    reply: int
    """Its row."""
    guild: str
    name: str
    """The bot's."""
    model: str
    parts: list[str]
    notes: list[str]
    filled: dict[str, int]
    """Tokens of the prompt by purpose."""
    left_out: int
    """Turns that did not fit into the prompt."""
    prompt: list[list[str]] = field(default_factory=list)
    """[speaker, text] of each turn; this and what follows only if asked to explain."""
    moments: list[list[list[str]]] = field(default_factory=list)
    """The turns of each moment recalled."""
    drawn: list[DrawnMessage] = field(default_factory=list)
    host: str = ""
    """The server that wrote it; empty for the model or the voice here."""
    reach: str = ""
    """Its place: here, own or cloud."""
    shares: list[int] = field(default_factory=list)
    """The voice's share in each word between spaces, in percent; -1 is unknown."""


@dataclass(frozen=True)
class Say(Request[SayReply]):
    """One reply, made but not sent; streams `Token` notifications if asked to."""

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
    """Words that the chain must use."""
    lots: int | None = None
    """The number that all chance comes from, so that two ways can be compared."""
    max_ms: int | None = None
    explain: bool = False
    stream: int | None = None
    """A number chosen by the asker; `Token` notifications carry it."""
    turns: list[list[str]] = field(default_factory=list)
    """Earlier [speaker, text] turns, oldest first, that are not in the database."""
    turn_guilds: list[str] = field(default_factory=list)
    """The server of each of those turns; empty if all were said to this one."""
    is_free: bool = False
    """True if nothing may be asked that costs money."""
    before: str = ""
    """A day, as in 2021-06-30: speak as people did before it. Empty means now."""
    like: str = ""
    """The name of a member to speak like, who agreed to it; empty means none."""


@dataclass(frozen=True)
class CancelReply:
    """True if there was a reply to stop."""

    cancelled: bool


@dataclass(frozen=True)
class Cancel(Request[CancelReply]):
    """Stop the reply that streams under this number."""

    method: ClassVar[str] = "cancel"
    stream: int


@dataclass(frozen=True)
class Explain(Request[Explanation]):
    """The explanation of a reply."""

    method: ClassVar[str] = "explain"
    only_reads: ClassVar[bool] = True
    reply: int


@dataclass(frozen=True)
class RateReply:
    """Sum of all marks of a reply."""

    rating: int


@dataclass(frozen=True)
class Rate(Request[RateReply]):
    """Like (+1), dislike (-1) or take back (0) a reply."""

    method: ClassVar[str] = "rate"
    reply: int
    value: int


REPLY_REQUESTS = (
    Say,
    Cancel,
    Explain,
    Rate,
)
