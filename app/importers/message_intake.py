"""Filters and stores live messages one by one."""

from typing import NamedTuple

from app.core.names import GuildId
from app.importers.filters import Filters, clean
from app.importers.intake import DEFAULT_CHANNEL
from app.importers.records import MAX_TEXT_CHARS, Record
from app.store import guilds, members, messages, places, tombstones
from app.store.authors import AuthorKey
from app.store.database import write
from app.store.messages import NewAttachment, NewMessage
from app.store.places import Place, Standing
from app.voice.sayable import sayable


class TakenIn(NamedTuple):
    """A message that was new."""

    row: int
    channel: int
    text: str | None
    """The sayable part of it, to learn; None if it is context only."""


def store_heard(
    place: Place,
    guild: GuildId,
    record: Record,
    is_missed: bool,
    filters: Filters,
    authors: AuthorKey,
) -> TakenIn | None:
    """Store a message of a place, if that is listened to.

    Args:
        is_missed: True if the bot was away when it was written; the place must have
            been listened to at that time.
    """
    if not places.is_learning(place, record.ts if is_missed else None):
        return None
    if place.channel != place.root:
        places.rows_of(place)  # A thread gets its parent, which no record names.
    return store(guild, record, filters, authors)


def store_live(
    place: Place, record: Record, filters: Filters, authors: AuthorKey
) -> tuple[TakenIn | None, Standing]:
    """Store a message that has an id, if its place is listened to.

    Also tell what decides on answering it, so that one trip to the database does both.
    """
    author = authors.author(record.author)
    standing = places.standing(place, author, record.id or "")
    if not standing.rows.is_learning:
        return None, standing
    return store(standing.rows.guild, record, filters, authors), standing


@write
def store(
    guild: GuildId, record: Record, filters: Filters, authors: AuthorKey
) -> TakenIn | None:
    """Store a message that has an id and a channel.

    None if it was there already or forgotten, or is not even kept.
    """
    message = _admitted(guild, record, filters, authors)
    if message is None:
        return None
    files = [NewAttachment(*file) for file in record.files]
    row = messages.add(guild, message, files)
    messages.note_heard(guild, message.external, message.channel)
    if row is None:
        return None
    text = sayable(message.text) if message.dropped is None else ""
    return TakenIn(row, message.channel, text or None)


@write
def take_over(
    guild: GuildId, row: int, record: Record, filters: Filters, authors: AuthorKey
) -> bool:
    """Put a proxied line in its stored original's place; False if it is not kept."""
    message = _admitted(guild, record, filters, authors)
    return message is not None and messages.take_over(row, message)


def _admitted(
    guild: GuildId, record: Record, filters: Filters, authors: AuthorKey
) -> NewMessage | None:
    """Return the row for a message, with its member and channel made."""
    if record.is_system or len(record.text) > MAX_TEXT_CHARS or record.id is None:
        return None
    author = authors.author(record.author)
    text = clean(record.text, record.mentions)
    ts, name = record.ts or 0, clean(record.name)
    known = tombstones.TombstoneCandidate(author, record.id, ts, text, name)
    if tombstones.are_there(guild) and tombstones.forgotten(guild, [known]):
        # Before the author's name is stored; the message itself could not be.
        return None
    member = members.ensure(guild, author, name, is_bot=record.is_bot)
    if member.has_opted_out or not (record.text.strip() or record.files):
        return None
    channel = guilds.ensure_channel(
        guild, clean(record.channel or DEFAULT_CHANNEL), record.channel_id
    )
    return NewMessage(
        channel.id,
        member.id,
        record.id,
        ts,
        text,
        record.reply_to,
        filters.reason(record.text, is_bot=record.is_bot),
    )
