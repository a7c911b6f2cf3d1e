"""Messages: adding, editing and reading them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from peewee import Field, ModelSelect, Tuple, fn

from app.core.names import GuildId
from app.store import statements, tombstones
from app.store.database import bound, tuples, write
from app.store.engines import engine_of
from app.store.rows import StoredAttachment, StoredMessage, all_of
from app.store.search import message_search
from app.store.search.message_search import Sought
from app.store.statements import BATCH, Row
from app.store.tables import (
    Attachment,
    Channel,
    Embedding,
    Guild,
    Member,
    MemberFact,
    Message,
    RowNumbers,
    VoiceChange,
)


class NewAttachment(NamedTuple):
    """An attachment of a new message."""

    external: str
    name: str
    url: str


class NewMessage(NamedTuple):
    """A message to store, in the order of the table's columns."""

    channel: int
    member: int
    external: str
    ts: int
    text: str
    reply_to: str | None = None
    dropped: str | None = None


COLUMNS = (
    "id", "guild_id", "channel_id", "member_id", "external", "ts", "text", "reply_to",
    "dropped",
)  # fmt: skip

Moment = tuple[int, int]
"""A place in the order of a channel: a time in milliseconds, and a message's row."""

_MOMENT = Tuple(Message.ts, Message.id)


class Added(NamedTuple):
    """The result of adding messages."""

    rows: list[int | None]
    """The row of each; None if it was not stored."""
    forgotten: set[int]
    """Places of messages that were forgotten, and so not stored again."""


@write
def add_many(
    guild: GuildId, messages: Sequence[NewMessage], *, anew: bool = False
) -> Added:
    """Store messages that were not there already and were never forgotten.

    Every import and live message passes here. `anew` has the meaning of
    `tombstones.forgotten`.
    """
    forgotten = _forgotten(guild, messages, anew=anew)
    if not forgotten:
        return Added(_insert(guild, messages), forgotten)
    wanted = [one for i, one in enumerate(messages) if i not in forgotten]
    stored = iter(_insert(guild, wanted))
    rows = [None if i in forgotten else next(stored) for i in range(len(messages))]
    return Added(rows, forgotten)


def _forgotten(
    guild: GuildId, messages: Sequence[NewMessage], *, anew: bool
) -> set[int]:
    if not tombstones.are_there(guild):
        return set()
    members = list({one.member for one in messages})
    select = "SELECT id, author, name FROM member WHERE id IN"
    found = statements.select_among(bound(), select, members)
    people: dict[int, tuple[str, str]] = {row: (a, name) for row, a, name in found}
    candidates = []
    for one in messages:
        author, name = people.get(one.member, ("", ""))
        candidates.append(
            tombstones.TombstoneCandidate(author, one.external, one.ts, one.text, name)
        )
    return tombstones.forgotten(guild, candidates, anew=anew)


def _insert(guild: GuildId, messages: Sequence[NewMessage]) -> list[int | None]:
    if not messages:
        return []
    first = last_row() + 1
    rows = [(first + i, guild, *message) for i, message in enumerate(messages)]
    added = statements.insert_new(bound(), "message", COLUMNS, rows)
    if added:
        _give_out(first + len(rows) - 1)
    if added == len(rows):
        return list(range(first, first + added))
    fresh = Message.select(Message.id).where(Message.id >= first)
    known = {row for (row,) in tuples(fresh)}
    ids = range(first, first + len(rows))
    return [row if row in known else None for row in ids]


@write
def set_external(row: int, external: str, reply_to: str | None) -> None:
    """Give a message its id on Discord, if no other message has it."""
    changed = Message.update(external=external, reply_to=reply_to)
    taken = Message.select().where(
        (Message.external == external)
        & (Message.guild == Message.select(Message.guild).where(Message.id == row))
    )
    if not taken.exists():
        changed.where(Message.id == row).execute()


@write
def take_over(row: int, new: NewMessage) -> bool:
    """Put a proxied line in its original's place; False if it is stored already."""
    old = Message.get_or_none(Message.id == row)
    if old is None or rows_of(old.guild_id, [new.external]):
        return False
    old.member_id, old.external, old.ts = new.member, new.external, new.ts
    old.save()
    edit(row, new.text, new.dropped)
    return True


@write
def add_attachments(files: Sequence[tuple[int, NewAttachment]]) -> None:
    """Store attachments, each with its message's row."""
    rows = [(message, *file) for message, file in files]
    columns = ("message_id", "external", "name", "url")
    statements.insert_new(bound(), "attachment", columns, rows)


@write
def add(
    guild: GuildId, message: NewMessage, attachments: Sequence[NewAttachment] = ()
) -> int | None:
    """Store one message; return its row, or None if it is known or was forgotten."""
    ((row,), _) = add_many(guild, [message])
    if row is not None and attachments:
        add_attachments([(row, file) for file in attachments])
    return row


@write
def note_heard(guild: GuildId, external: str, channel: int) -> None:
    """Note that Discord has this message in this channel."""
    statements.run(
        bound(),
        "UPDATE message SET is_heard = TRUE WHERE external = ? AND guild_id = ?"
        " AND channel_id = ? AND NOT is_heard",
        (external, guild, channel),
    )


@write
def edit(message: int, text: str, dropped: str | None = None) -> None:
    """Replace a message's text, drop its vectors, and note the change for the voice."""
    row = Message.get_or_none(Message.id == message)
    if row is None or (row.text, row.dropped) == (text, dropped):
        return
    row.text, row.dropped = text, dropped
    row.save()
    MemberFact.delete().where(MemberFact.message == message).execute()
    Embedding.delete().where(Embedding.message == message).execute()
    VoiceChange.create(guild=row.guild_id, message=message)


@write
def reword(message: int, text: str) -> None:
    """Replace the text of a message that no voice learned, and drop its vectors."""
    Message.update(text=text).where(Message.id == message).execute()
    Embedding.delete().where(Embedding.message == message).execute()


def get(message: int) -> StoredMessage | None:
    """Return the message in that row."""
    return next(_stored(_joined().where(Message.id == message)), None)


def find(guild: GuildId, external: str) -> StoredMessage | None:
    """Find the message by external id, such as Discord's."""
    same = (Message.guild == guild) & (Message.external == external)
    return next(_stored(_joined().where(same)), None)


def rows_of(guild: GuildId, externals: Sequence[str]) -> list[int]:
    """Return rows of the messages with those external ids, if stored."""
    rows: list[int] = []
    for start in range(0, len(externals), BATCH):
        part = externals[start : start + BATCH]
        same = (Message.guild == guild) & Message.external.in_(part)
        rows += [row for (row,) in tuples(Message.select(Message.id).where(same))]
    return rows


def by_rows(rows: Sequence[int]) -> list[StoredMessage]:
    """Return the messages in those rows, in that order, without missing ones."""
    found: dict[int, StoredMessage] = {}
    for start in range(0, len(rows), BATCH):
        part = list(rows[start : start + BATCH])
        query = _joined().where(Message.id.in_(part))
        found.update((message.id, message) for message in _stored(query))
    return [found[row] for row in rows if row in found]


def latest(
    channel: int, limit: int, *, before: int | None = None
) -> list[StoredMessage]:
    """Return a channel's newest messages, oldest first; `before` is a time."""
    query = _joined().where(Message.channel == channel)
    if before is not None:
        query = query.where(Message.ts < before)
    query = query.order_by(Message.ts.desc(), Message.id.desc()).limit(limit)
    return list(_stored(query))[::-1]


def oldest_heard(channel: int) -> int | None:
    """Return the external id of a channel's oldest message that was seen on Discord."""
    query = Message.select(Message.external)
    query = query.where((Message.channel == channel) & Message.is_heard)
    row = query.order_by(Message.ts, Message.id).first()
    return int(row.external) if row else None


class Heard(NamedTuple):
    """A person's message that Discord had."""

    id: int
    external: int
    text: str


def heard_between(
    channel: int, first: int, last: int, since: int, until: int
) -> list[Heard]:
    """Return people's messages seen on Discord in a channel, between two ids.

    Args:
        first: Only ids above it.
        last: Only ids below it.
        since: The time inside the first id; times from files may differ by a second.
        until: The time inside the last one.
    """
    query = Message.select(Message.id, Message.external, Message.text).join(Member)
    here = (Message.channel == channel) & Message.is_heard & ~Member.is_bot
    query = query.where(here & Message.ts.between(since - 1000, until + 1000))
    found = (Heard(row, int(external), text) for row, external, text in tuples(query))
    return [one for one in found if first < one.external < last]


def around(message: StoredMessage, before: int, after: int) -> list[StoredMessage]:
    """Return a message between its neighbors of the channel, in order of time."""
    here = Message.channel == message.channel
    at = Tuple(message.ts, message.id)
    back = _joined().where(here & (_MOMENT < at))
    back = back.order_by(Message.ts.desc(), Message.id.desc()).limit(before)
    ahead = _joined().where(here & (_MOMENT > at))
    ahead = ahead.order_by(Message.ts, Message.id).limit(after)
    return [*list(_stored(back))[::-1], message, *_stored(ahead)]


def page(
    guild: GuildId,
    *,
    channel: int | None = None,
    containing: str = "",
    before: Moment | None = None,
    limit: int = 100,
) -> list[StoredMessage]:
    """Return one page of a guild's messages, newest first, for the screens.

    The newest ones of a channel are those written last, however late a file brought
    them; those of a guild have the highest rows.

    Args:
        before: Only those before that moment of the channel.
    """
    if containing:
        sought = Sought(message_search.forms(containing), guild, channel, before)
        return by_rows(message_search.newest(bound(), sought, limit))
    query = _joined().where(Message.guild == guild)
    order = [Message.id.desc()]
    if channel is not None:
        query = query.where(Message.channel == channel)
        order.insert(0, Message.ts.desc())
    if before is not None:
        query = query.where(_MOMENT < Tuple(*before))
    return list(_stored(query.order_by(*order).limit(limit)))


@write
def extend_index(rows: int) -> int:
    """Put more rows into the index of the search; return how many are left."""
    return int(engine_of(bound()).search.extend(bound(), rows))


def page_after(guild: GuildId, row: int, limit: int = BATCH) -> list[StoredMessage]:
    """Return a page of the guild's messages after a row, oldest first."""
    query = _joined().where((Message.guild == guild) & (Message.id > row))
    return list(_stored(query.order_by(Message.id).limit(limit)))


def page_of_channel(
    channel: int, after: Moment | None = None, limit: int = BATCH
) -> list[StoredMessage]:
    """Return a page of the channel's messages after a moment, oldest first."""
    query = _joined().where(Message.channel == channel)
    if after is not None:
        query = query.where(_MOMENT > Tuple(*after))
    return list(_stored(query.order_by(Message.ts, Message.id).limit(limit)))


def with_files(rows: Sequence[int]) -> list[int]:
    """Return those of the messages that came with a file."""
    query = Attachment.select(Attachment.message).distinct()
    chosen = query.where(Attachment.message.in_(list(rows)[:BATCH]))
    return [row for (row,) in tuples(chosen)]


def attachments_of(rows: Sequence[int]) -> list[StoredAttachment]:
    """Return the files of those messages."""
    query = Attachment.select().where(Attachment.message.in_(list(rows)[:BATCH]))
    return all_of(StoredAttachment, query.order_by(Attachment.id))


def last_row() -> int:
    """Return the newest row number given out, of any guild."""
    found = statements.run(bound(), "SELECT last FROM row_numbers").fetchone()
    return int(found[0]) if found else 0


def _give_out(last: int) -> None:
    given = statements.run(bound(), "UPDATE row_numbers SET last = ?", (last,))
    if not given.rowcount:
        RowNumbers.create(last=last)


def neighbors(guild: GuildId, newest: int) -> list[tuple[str, str]]:
    """Return people's newest messages, each with the one before it in its channel.

    Messages that follow one of the same author are left out.
    """
    columns = (Message.channel, Message.member, Message.text)
    later: dict[int, tuple[int, str]] = {}
    found = []
    for channel, member, text in _newest_of_people(guild, newest, *columns):
        author, after = later.get(channel, (member, ""))
        if author != member:
            found.append((text, after))
        later[channel] = (member, text)
    return found


def bursts(guild: GuildId, newest: int, within_ms: int) -> tuple[int, int]:
    """Count people's newest messages: those with a follow-up by their author, and all.

    Args:
        within_ms: The time limit for the author's next message in the channel.
    """
    columns = (Message.channel, Message.member, Message.ts)
    later: dict[int, tuple[int, int]] = {}
    looked_at = followed = 0
    for channel, member, ts in _newest_of_people(guild, newest, *columns):
        author, at = later.get(channel, (0, 0))
        followed += author == member and 0 <= at - ts <= within_ms
        looked_at += 1
        later[channel] = (member, ts)
    return followed, looked_at


def _newest_of_people(guild: GuildId, limit: int, *columns: Field) -> list[Row]:
    """Return columns of people's newest messages, newest first."""
    query = Message.select(*columns).join(Member)
    people = (Message.guild == guild) & ~Member.is_bot
    return tuples(query.where(people).order_by(Message.id.desc()).limit(limit))


def guilds_after(row: int) -> set[GuildId]:
    """Return the guilds that have a message after that row."""
    any_there = Message.select(Message.id).where(Message.guild == Guild.id)
    having = Guild.select(Guild.id).where(fn.EXISTS(any_there))
    newer = Message.select(Message.guild).where(Message.id > row).distinct()
    return {guild for (guild,) in tuples(newer if row else having)}


def count(guild: GuildId) -> int:
    """Count the guild's messages."""
    chosen = Message.guild == guild
    number: int = Message.select(fn.COUNT(Message.id)).where(chosen).scalar()
    return number


def _joined() -> "ModelSelect[Message]":
    return (
        Message.select(
            Message.id, Message.guild, Message.channel, Channel.name, Message.member,
            Member.author, Member.name, Member.is_bot, Message.external, Message.ts,
            Message.text, Message.reply_to, Message.dropped,
        )
        .join(Channel)
        .switch(Message)
        .join(Member)
    )  # fmt: skip


def _stored(query: "ModelSelect[Message]") -> Iterator[StoredMessage]:
    return (StoredMessage(*row) for row in tuples(query))


def newest_texts(guild: GuildId, each: int) -> dict[int, list[str]]:
    """Return the newest learned texts of each channel, by its row."""
    found = {}
    rows = tuples(Channel.select(Channel.id).where(Channel.guild == guild))
    for (channel,) in rows:
        query = Message.select(Message.text).where(
            (Message.channel == channel) & Message.dropped.is_null()
        )
        newest = query.order_by(Message.ts.desc(), Message.id.desc()).limit(each)
        if texts := [text for (text,) in tuples(newest)]:
            found[channel] = texts
    return found
