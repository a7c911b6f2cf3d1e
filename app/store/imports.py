"""Bulk import: many rows per transaction, and the progress of each file."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from peewee import fn

from app.core.names import GuildId
from app.store import messages, statements
from app.store.database import bound, tuples, write
from app.store.messages import NewAttachment, NewMessage
from app.store.tables import ImportCheckpoint, Member
from app.store.twins import Twins, is_of_content


class KnownMember(NamedTuple):
    """A member's row, and whether their data may be stored."""

    row: int
    has_opted_out: bool


def known_members(guild: GuildId) -> dict[str, KnownMember]:
    """Return every member of the guild by author hash."""
    columns = (Member.author, Member.id, Member.has_opted_out)
    query = Member.select(*columns).where(Member.guild == guild)
    return {author: KnownMember(row, out) for author, row, out in tuples(query)}


class StoredBatch(NamedTuple):
    """The result of a batch."""

    rows: list[int | None]
    """The row of each message; None if it was not stored."""
    forgotten: set[int]
    """Places of messages that were forgotten, and so not stored."""
    members: list[KnownMember | None]
    """The rows of its new members; None for members without stored messages."""


def _add_members(
    guild: GuildId, people: Sequence[tuple[str, str, bool]]
) -> list[KnownMember]:
    columns = (
        "guild_id", "author", "name", "is_bot", "has_opted_out", "allows_tuning",
    )  # fmt: skip
    rows = [(guild, *person, False, False) for person in people]
    statements.insert_new(bound(), "member", columns, rows)
    select = "SELECT author, id, has_opted_out FROM member WHERE guild_id = ?"
    authors = [author for author, _, _ in people]
    known = statements.select_among(bound(), f"{select} AND author IN", authors, guild)
    found = {author: KnownMember(row, bool(out)) for author, row, out in known}
    return [found[author] for author, _, _ in people]


@write
def add_batch(
    guild: GuildId,
    file: str,
    position: int,
    people: Sequence[tuple[str, str, bool]],
    batch: Sequence[NewMessage],
    files: Sequence[tuple[int, NewAttachment]],
    twins: Twins | None = None,
) -> StoredBatch:
    """Store messages and the progress of their file, in one transaction.

    Args:
        file: The file's fingerprint.
        position: Rows of the file done after this batch.
        people: New members, each (author hash, display name, is a bot).
        batch: Messages; those of the first new member have -1 for their member's row,
            those of the second -2, and so on.
        files: Attachments, each with its message's place in the batch.
        twins: Knows what is stored already under another kind of id.
    """
    newest = Member.select(fn.MAX(Member.id)).scalar() or 0
    members = _add_members(guild, people) if people else []
    if members:
        batch = [
            one._replace(member=members[-1 - one.member].row) if one.member < 0 else one
            for one in batch
        ]
    known = twins.find(batch) if twins else {}
    rows, forgotten = _add(guild, batch, known)
    of_rows = [(rows[place], file) for place, file in files]
    messages.add_attachments([(row, file) for row, file in of_rows if row is not None])
    _note_progress(guild, file, position)
    if not forgotten:
        return StoredBatch(rows, forgotten, list(members))
    pairs = zip(rows, batch, strict=True)
    writers = {message.member for row, message in pairs if row is not None}
    gone = {one.row for one in members if one.row > newest} - writers
    Member.delete().where(Member.id.in_(gone)).execute()
    kept = [None if one.row in gone else one for one in members]
    return StoredBatch(rows, forgotten, kept)


def _note_progress(guild: GuildId, file: str, position: int) -> None:
    same = (ImportCheckpoint.guild == guild) & (ImportCheckpoint.file == file)
    if not ImportCheckpoint.update(position=position).where(same).execute():
        ImportCheckpoint.create(guild=guild, file=file, position=position)


def _add(
    guild: GuildId, batch: Sequence[NewMessage], known: Mapping[int, int]
) -> messages.Added:
    """Store messages but those that are known; these get the ids that Discord gave."""
    if not known:
        return messages.add_many(guild, batch, anew=True)
    for place, row in known.items():
        if not is_of_content(batch[place].external):
            messages.set_external(row, batch[place].external, batch[place].reply_to)
    places = [place for place in range(len(batch)) if place not in known]
    added, gone = messages.add_many(
        guild, [batch[place] for place in places], anew=True
    )
    rows: list[int | None] = [None] * len(batch)
    for place, new in zip(places, added, strict=True):
        rows[place] = new
    return messages.Added(rows, {places[place] for place in gone})


def position(guild: GuildId, file: str) -> int:
    """Return the number of a file's rows that an interrupted import has done."""
    same = (ImportCheckpoint.guild == guild) & (ImportCheckpoint.file == file)
    found = ImportCheckpoint.get_or_none(same)
    return found.position if found else 0


@write
def finish(guild: GuildId, file: str) -> None:
    """Drop the progress of a finished file; importing it again starts over."""
    same = (ImportCheckpoint.guild == guild) & (ImportCheckpoint.file == file)
    ImportCheckpoint.delete().where(same).execute()
