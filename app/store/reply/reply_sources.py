"""The messages that a reply drew on, whether they are there, and who may hear them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from app.store import audience, messages
from app.store.database import tuples
from app.store.statements import BATCH
from app.store.tables import Channel, Member, Message, Reply, ReplySource

Fields = Mapping[str, Any]
"""Columns of a reply with their new values."""


class SourceMessage(NamedTuple):
    """A source message of a reply, and the longest run of words taken from it."""

    message: int
    words: int = 0
    run: str = ""


def named(fields: Fields, sources: Sequence[SourceMessage]) -> set[int]:
    """The rows of all messages that a reply is to name."""
    found = {source.message for source in sources} | {*fields.get("recalled", ())}
    return found | {turn[2] for turn in fields.get("turns", ()) if turn[2] is not None}


def add_sources(reply: int, sources: Sequence[SourceMessage]) -> None:
    """Store the source messages of a reply."""
    rows = [{"reply": reply, **source._asdict()} for source in sources]
    if rows:
        ReplySource.insert_many(rows).execute()


def with_files(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Return (channel, message) on Discord of those messages that came with a file."""
    query = Message.select(Message.id, Channel.discord_id, Message.external)
    query = query.join(Channel).where(Message.id.in_(messages.with_files(rows)))
    places = {
        row: (int(channel), int(message))
        for row, channel, message in tuples(query)
        if channel is not None and message.isdigit()
    }
    return [places[row] for row in rows if row in places]


def went(row: Reply, named: set[int]) -> bool:
    """Tell if a message (by row) that a reply names changed or went."""
    if row.state == "claimed" and not named.isdisjoint(row.recalled):
        # While a reply is written, that is what changed meanwhile.
        return True
    return len(still_there(named)) < len(named)


def still_there(rows: Collection[int]) -> set[int]:
    """Those messages that are stored, of authors who did not opt out."""
    asked, found = list(rows), set[int]()
    for start in range(0, len(asked), BATCH):
        here = Message.id.in_(asked[start : start + BATCH])
        query = Message.select(Message.id).join(Member)
        query = query.where(here & ~Member.has_opted_out)
        found.update(row for (row,) in tuples(query))
    return found


def may_hear(row: Reply, sources: Sequence[int]) -> bool:
    """Tell if everyone in a reply's channel may hear those messages (by row)."""
    speakable = audience.speakable_channels(row.guild_id, row.channel_id)
    if speakable is None:
        return True
    for start in range(0, len(sources), BATCH):
        here = Message.id.in_(list(sources[start : start + BATCH]))
        query = Message.select(Message.channel).where(here).distinct()
        if any(channel not in speakable for (channel,) in tuples(query)):
            return False
    return True


def sources_of(reply: int) -> list[SourceMessage]:
    """Return the source messages of a reply, the longest run first."""
    columns = (ReplySource.message, ReplySource.words, ReplySource.run)
    query = ReplySource.select(*columns).where(ReplySource.reply == reply)
    longest = query.order_by(ReplySource.words.desc(), ReplySource.id)
    return [SourceMessage(*row) for row in tuples(longest)]


def source_channels(reply: int) -> set[str]:
    """Return Discord's ids of the channels that a reply drew on."""
    drawn = ReplySource.select(ReplySource.message).where(ReplySource.reply == reply)
    query = Message.select(Channel.discord_id).join(Channel).distinct()
    there = Message.id.in_(drawn) & Channel.discord_id.is_null(False)
    return {channel for (channel,) in tuples(query.where(there))}


def seen_sources(reply: int, channels: Sequence[str]) -> set[int]:
    """Return a reply's source messages from channels with these Discord ids."""
    drawn = ReplySource.select(ReplySource.message).where(ReplySource.reply == reply)
    query = Message.select(Message.id).join(Channel)
    there = Message.id.in_(drawn) & Channel.discord_id.in_(list(channels))
    return {row for (row,) in tuples(query.where(there))}
