"""Moments: messages found by meaning, with the messages around them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from app.core.names import GuildId
from app.memory.recall import Candidate
from app.store import members, messages, voice_changes
from app.store.rows import StoredMessage

NEIGHBORS_BEFORE, NEIGHBORS_AFTER = 2, 3
APART_MS = 20 * 60_000
"""The distance in time beyond which neighbors belong to another moment."""


@dataclass(frozen=True)
class Moment:
    """An earlier message with those around it."""

    row: int
    """The message that was found."""
    messages: tuple[StoredMessage, ...]
    """It and its neighbors, oldest first."""
    score: float


def shown(
    guild: GuildId, rows: list[int], channels: Collection[int] | None, without: set[int]
) -> list[StoredMessage]:
    """Return the messages in those rows that may be shown."""
    is_quotable = _quotable(guild)
    return [
        message
        for message in messages.by_rows(rows)
        if message.guild == guild
        and message.id not in without
        and message.dropped is None
        and is_quotable(message)
        and (channels is None or message.channel in channels)
    ]


def with_neighbors(
    guild: GuildId,
    chosen: Sequence[Candidate],
    shown: Sequence[StoredMessage],
    without: set[int],
) -> list[Moment]:
    """Return the chosen messages with their neighbors, each message once."""
    known = {message.id: message for message in shown}
    is_quotable = _quotable(guild)
    used = set(without)
    found: list[Moment] = []
    for candidate in chosen:
        center = known[candidate.row]
        if center.id in used:
            continue
        kept = tuple(
            message
            for message in messages.around(center, NEIGHBORS_BEFORE, NEIGHBORS_AFTER)
            if message.id not in used
            and is_quotable(message)
            and abs(message.ts - center.ts) <= APART_MS
            and message.text.strip()
        )
        used.update(message.id for message in kept)
        found.append(Moment(center.id, kept, candidate.score))
    return found


def _quotable(guild: GuildId) -> Callable[[StoredMessage], bool]:
    """Return whether a message may be quoted: not rolled back, author not opted out."""
    hidden, gaps = members.opted_out(guild), voice_changes.gaps(guild)

    def is_quotable(message: StoredMessage) -> bool:
        is_outside = any(after < message.id <= until for after, until in gaps)
        return message.author not in hidden and not is_outside

    return is_quotable
