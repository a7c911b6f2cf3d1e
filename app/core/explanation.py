"""A reply, and how it came about: one shape for Discord, screens and command line."""

from dataclasses import dataclass, field

from app.core.names import GuildId


@dataclass(frozen=True)
class RungOutcome:
    """A provider that was tried for a reply, and what became of it."""

    provider: str
    outcome: str
    reason: str
    ms: float = 0.0


@dataclass(frozen=True)
class TokenCounts:
    """Tokens that a reply took."""

    prompt: int
    cached: int
    """Of the prompt, those that were not read again."""
    completion: int


@dataclass(frozen=True)
class QuotedMessage:
    """A message that explains a reply."""

    id: str
    """Its id where it comes from."""
    author: str
    text: str
    message: int
    """Its row."""


@dataclass(frozen=True)
class DrawnMessage(QuotedMessage):
    """A source message of a reply."""

    words: int
    """Length of the longest run of words taken from it."""
    run: str
    """That run."""


@dataclass(frozen=True)
class Explanation:
    """All that is kept of a reply."""

    id: int
    guild: GuildId
    channel: int | None
    """Both by row."""
    created: int
    """Milliseconds since the epoch."""
    reason: str
    """Its trigger: mention, reply, command, wake word, join-in…"""
    state: str
    text: str
    mode: str
    provider: str
    model: str
    dial: int
    arm: str
    """The arm of a live comparison; empty without one."""
    rungs: list[RungOutcome]
    recalled: list[int]
    """Rows of messages."""
    filled: dict[str, int]
    """Tokens of the prompt by purpose."""
    notes: list[str]
    timings: dict[str, float]
    """Milliseconds by stage, and `total`."""
    tokens: TokenCounts
    cost: float
    rating: int
    sources: list[DrawnMessage]
    shares: list[int] = field(default_factory=list)
    """The voice's share in each word between spaces, in percent; -1 is unknown."""
    hidden: int = 0
    """Sources that the asker may not see."""
    host: str = ""
    """The server that wrote it; empty for the model or the voice here."""
    reach: str = ""
    """Its place: here, own or cloud."""
    turns: list[list[str]] = field(default_factory=list)
    """[speaker, text] of each turn in the prompt; for the owner alone."""
    moments: list[QuotedMessage] = field(default_factory=list)
    """The recalled messages; for the owner alone."""
