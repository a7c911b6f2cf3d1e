"""Rows of the tables as plain values, for everyone outside of the store."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, TypeVar

from app.core.explanation import RungOutcome
from app.core.names import GuildId
from app.store.tables import Reply

T = TypeVar("T")

OverrideValue = bool | int | float | str | list[str] | None
"""The value of a setting."""


@dataclass(frozen=True)
class StoredGuild:
    """A Discord guild, or one learned from files alone."""

    id: GuildId
    discord_id: str | None
    name: str
    joined: int
    left: int | None
    """The time when the bot was removed from it."""
    is_demo: bool
    """The sample guild that comes with the program."""
    claimed: str | None
    """Discord's id, or else the name, that its files give it."""

    @property
    def known_id(self) -> str | None:
        """Discord's id, from Discord or from files."""
        claimed = self.claimed or ""
        return self.discord_id or (claimed if claimed.isdigit() else None)


@dataclass(frozen=True)
class StoredChannel:
    """A channel or thread."""

    id: int
    guild_id: GuildId
    discord_id: str | None
    name: str
    parent_id: int | None
    """The channel of a thread."""
    is_learning: bool
    """True if new messages there are learned."""
    is_private: bool | None
    """True if not everyone in the guild can see it; None while Discord has not told."""
    is_age_restricted: bool
    learning_since: int | None
    """Milliseconds since the epoch, at which that was last switched."""


@dataclass(frozen=True)
class StoredMember:
    """An author in one guild."""

    id: int
    guild_id: GuildId
    author: str
    """Keyed hash of the author's id."""
    name: str
    is_bot: bool
    has_opted_out: bool
    allows_tuning: bool


@dataclass(frozen=True)
class StoredSnapshot:
    """An earlier state of a guild's voice, settings and lorebook."""

    guild_id: GuildId
    name: str
    created: int
    last: int
    messages: int
    """The number of messages in the voice at that time."""
    gaps: list[list[int]]
    """`[after, until]` of each gap in the voice."""
    settings: list[tuple[int, str, OverrideValue]]
    """`[channel row or 0, name, value]` of each setting."""
    lore: list[tuple[str, list[str], str, str]]
    """The fields of each `StoredLoreEntry`."""
    characters: list[tuple[str, str, int | None, list[int], str]] | None
    """The fields of each `StoredCharacter`; None in those of older versions."""


@dataclass(frozen=True)
class StoredLoreEntry:
    """An entry of a guild's lorebook."""

    name: str
    words: list[str]
    """The words that bring it up; `*` alone always does, none leave it to meaning."""
    text: str
    book: str = ""
    """The card that it came with; empty for the guild's own."""


@dataclass(frozen=True)
class StoredCharacter:
    """A character of a guild beside the bot itself."""

    name: str
    about: str
    dial: int | None
    """None leaves it to the settings of the place."""
    channels: list[int]
    """Rows of the channels where it speaks; none for all."""
    face: str = ""
    """Hash of its name and picture."""


@dataclass(frozen=True)
class StoredCharacterHook:
    """A webhook of the bot under which a character speaks in a channel."""

    channel: str
    """Discord's id, as of `webhook`."""
    webhook: str
    face: str
    """The character's when it was made."""


class PromptTurn(NamedTuple):
    """A turn of a reply's prompt."""

    speaker: str
    text: str
    message: int | None
    """Its row, if it was stored."""


@dataclass(frozen=True)
class StoredReply:
    """A reply, and everything that explains it."""

    id: int
    guild_id: GuildId
    channel_id: int | None
    trigger: str | None
    """Discord's id of the message answered."""
    created: int
    reason: str
    state: str
    """claimed, made, sent, replaced, draft, rejected, silent, stopped, refused, failed
    or forgotten."""
    text: str
    sent: list[str]
    """Discord's ids of its sent messages."""
    mode: str
    provider: str
    model: str
    dial: int
    arm: str
    rungs: list[RungOutcome]
    """In the order tried."""
    turns: list[PromptTurn]
    """The prompt's, oldest first."""
    recalled: list[int]
    filled: dict[str, int]
    summary_of: int | None
    notes: list[str]
    timings: dict[str, float]
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: float
    shares: list[int] = field(default_factory=list)
    """The voice's share in each word between spaces, in percent; -1 is unknown."""
    asker: str = ""
    """Hash of the author that it answers; empty if nobody is known."""
    answers: str | None = None
    """Discord's id of the message answered, where `trigger` is another thing."""
    imitates: str = ""
    """Hash of the member that it speaks like; empty if it speaks for itself."""
    role: str = ""
    """Name of the character that it speaks as; empty for the bot itself."""


@dataclass(frozen=True)
class StoredFeedback:
    """One person's opinion of a reply: +1 or -1."""

    reply_id: int
    author: str
    value: int
    created: int
    kind: str
    was: str


@dataclass(frozen=True)
class StoredMessage:
    """A message with the names that belong to it."""

    id: int
    guild: GuildId
    channel: int
    channel_name: str
    member: int
    author: str
    """Hash of the author's id."""
    name: str
    """The author's display name."""
    is_bot: bool
    external: str
    ts: int
    text: str
    reply_to: str | None
    dropped: str | None


@dataclass(frozen=True)
class StoredAttachment:
    """An attachment of a message."""

    message_id: int
    external: str
    name: str
    url: str


@dataclass(frozen=True)
class StoredMeterWeek:
    """The figures of one guild's week."""

    guild_id: GuildId
    start: int
    """The Monday it starts on, 0:00 UTC."""
    made: int
    figures: dict[str, object]


@dataclass(frozen=True)
class StoredUsage:
    """One call of a provider."""

    created: int
    provider: str
    model: str
    guild_id: GuildId | None
    reply_id: int | None
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: float
    bytes_sent: int
    host: str
    reach: str


def stored(kind: type[T], row: object) -> T:
    """A row of a table as a plain value."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    return kind(**{name: getattr(row, name) for name in names})


def found(kind: type[T], row: object | None) -> T | None:
    """A row that may not be there, as a plain value."""
    return None if row is None else stored(kind, row)


def reply(row: Reply) -> StoredReply:
    """A reply's row as a plain value, with its rungs and turns."""
    return replace(
        stored(StoredReply, row),
        rungs=[RungOutcome(**rung) for rung in row.rungs],
        turns=[PromptTurn(*turn) for turn in row.turns],
    )


def all_of(kind: type[T], rows: Iterable[object]) -> list[T]:
    """The rows of a query as plain values."""
    return [stored(kind, row) for row in rows]
