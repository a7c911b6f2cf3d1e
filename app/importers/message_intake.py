"""Filters and stores live messages one by one."""

from app.importers.filters import Filters, clean
from app.importers.records import MAX_TEXT_CHARS, Record
from app.store import guilds, members, messages, tombstones
from app.store.authors import AuthorKey
from app.store.database import write
from app.store.messages import NewAttachment, NewMessage


@write
def store(
    guild: int, record: Record, filters: Filters, authors: AuthorKey
) -> tuple[int, str | None] | None:
    """Store a message that has an id and a channel.

    Returns:
        Its row, and the text to learn or None for context only. None if it was stored
        before, was forgotten, or is not kept at all.
    """
    if record.is_system or len(record.text) > MAX_TEXT_CHARS or record.id is None:
        return None
    author = authors.author(record.author)
    known = tombstones.Candidate(author, record.id, record.ts or 0)
    if tombstones.are_there(guild) and tombstones.forgotten(guild, [known]):
        # Before the author's name is stored; the message itself could not be.
        return None
    member = members.ensure(guild, author, clean(record.name), is_bot=record.is_bot)
    if member.has_opted_out or not (record.text.strip() or record.files):
        return None
    channel = guilds.ensure_channel(
        guild, clean(record.channel or "general"), record.channel_id
    )
    dropped = filters.reason(record.text, is_bot=record.is_bot)
    text = clean(record.text, record.mentions)
    message = NewMessage(
        channel.id,
        member.id,
        record.id,
        record.ts or 0,
        text,
        record.reply_to,
        dropped,
    )
    files = [NewAttachment(*file) for file in record.files]
    row = messages.add(guild, message, files)
    messages.note_heard(guild, record.id, channel.id)
    if row is None:
        return None
    return row, text if dropped is None else None
