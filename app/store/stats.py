"""Recent activity in some channels of a guild, and what was written, for members."""

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from peewee import Expression, ModelSelect, fn

from app.core.names import GuildId
from app.core.time_units import DAY_MS, HOUR_MS
from app.store import messages
from app.store.database import tuples
from app.store.feedback import SEEN
from app.store.rows import StoredMessage
from app.store.tables import Channel, Feedback, Member, Message, Reply

LATEST_MS = 1 << 53
"""A time after everything."""


class Taught(NamedTuple):
    """A member, with the number of their learned messages."""

    name: str
    messages: int


class Liked(NamedTuple):
    """A line of the bot, and its likes minus dislikes."""

    text: str
    likes: int
    reply: int
    """Its row."""


class Received(NamedTuple):
    """One reply: its duration, and likes minus dislikes."""

    milliseconds: float
    rating: int


def _channels(guild: GuildId, channels: Collection[str]) -> "ModelSelect[Channel]":
    """Return rows of the channels with those Discord ids."""
    chosen = (Channel.guild == guild) & Channel.discord_id.in_(list(channels))
    return Channel.select(Channel.id).where(chosen)


def _learned(since: int, until: int) -> Expression:
    """Select messages of members who did not opt out, learned between two times."""
    chosen: Expression = (
        (Message.ts >= since)
        & (Message.ts < until)
        & Message.dropped.is_null()
        & ~Member.is_bot
        & ~Member.has_opted_out
    )
    return chosen


def texts(
    guild: GuildId, channels: Collection[str], since: int, until: int, limit: int
) -> list[str]:
    """Return the newest texts written between two times."""
    # Without the channel index, the newest rows are read first, up to the limit; with
    # it, all rows of the channels would be read and sorted.
    here = (Message.channel + 0).in_(_channels(guild, channels))
    query = Message.select(Message.text).join(Member)
    query = query.where(here & _learned(since, until))
    return [text for (text,) in tuples(query.order_by(Message.id.desc()).limit(limit))]


def quotable(
    guild: GuildId, channels: Collection[int] | None, limit: int
) -> list[StoredMessage]:
    """Return the newest learned messages of members who did not opt out.

    Args:
        channels: Rows of the channels that may be told of; None for all.
    """
    chosen = (Message.guild == guild) & (Message.text != "") & _learned(0, LATEST_MS)
    if channels is not None:
        chosen &= (Message.channel + 0).in_(list(channels))
    query = Message.select(Message.id).join(Member).where(chosen)
    newest = query.order_by(Message.id.desc()).limit(limit)
    return messages.by_rows([row for (row,) in tuples(newest)])


def is_quotable(message: int) -> bool:
    """Tell if a message (row) is there, and its author did not opt out since."""
    query = Message.select(Message.id).join(Member)
    chosen = (Message.id == message) & _learned(0, LATEST_MS)
    return bool(query.where(chosen).exists())


def teachers(
    guild: GuildId, channels: Collection[str], since: int, until: int, limit: int
) -> list[Taught]:
    """Return the members with the most learned messages, the busiest first."""
    count = fn.COUNT(Message.id)
    here = Message.channel.in_(_channels(guild, channels)) & (Member.name != "")
    query = Message.select(Member.name, count).join(Member)
    query = query.where(here & _learned(since, until)).group_by(Member.id)
    query = query.order_by(count.desc(), Member.id).limit(limit)
    return [Taught(name, messages) for name, messages in tuples(query)]


def by_day(
    guild: GuildId, channels: Collection[str], since: int, days: int
) -> list[int]:
    """Count learned messages on each of that many days, starting at `since`."""
    day = ((Message.ts - since) / DAY_MS).cast("BIGINT")
    here = Message.channel.in_(_channels(guild, channels))
    query = Message.select(day, fn.COUNT(Message.id)).join(Member)
    learned = _learned(since, since + days * DAY_MS)
    found = dict(tuples(query.where(here & learned).group_by(day)))
    return [found.get(number, 0) for number in range(days)]


class Activity(NamedTuple):
    """Counts of the messages of some channels in a time."""

    hours: dict[int, int]
    """Messages by the hour since the epoch."""
    channels: list[tuple[str, int]]
    """(name, messages), the busiest first."""


def activity(
    guild: GuildId, channels: Collection[str], since: int, until: int
) -> Activity:
    """Count learned messages of a time by hour and by channel, in one reading."""
    hour = (Message.ts / HOUR_MS).cast("INTEGER")
    query = Message.select(Message.channel, hour, fn.COUNT(Message.id))
    query = query.where(_by_members(guild, channels, since, until))
    hours, places = Counter[int](), Counter[int]()
    for place, at, count in tuples(query.group_by(Message.channel, hour)):
        hours[at] += count
        places[place] += count
    names = Channel.select(Channel.id, Channel.name).where(Channel.guild == guild)
    known = dict(tuples(names))
    most = sorted(places, key=lambda place: (-places[place], place))
    return Activity(dict(hours), [(known[one], places[one]) for one in most])


def writers(guild: GuildId, channels: Collection[str], since: int, until: int) -> int:
    """Count the members who wrote in a time."""
    query = Message.select(fn.COUNT(Message.member.distinct()))
    chosen = _by_members(guild, channels, since, until)
    return int(query.where(chosen).scalar() or 0)


def _by_members(
    guild: GuildId, channels: Collection[str], since: int, until: int
) -> Expression:
    """Select as `_learned` does, in channels; without a look at each one's member."""
    left_out = Member.is_bot | Member.has_opted_out
    others = Member.select(Member.id).where((Member.guild == guild) & left_out)
    here = Message.channel.in_(_channels(guild, channels))
    in_time = (Message.ts >= since) & (Message.ts < until)
    chosen: Expression = (
        here & in_time & Message.dropped.is_null() & Message.member.not_in(others)
    )
    return chosen


def _seen_between(
    guild: GuildId, channels: Collection[str], since: int, until: int
) -> Expression:
    """Select the bot's replies that people saw in a time."""
    here = Reply.channel.in_(_channels(guild, channels)) & Reply.state.in_(SEEN)
    chosen: Expression = here & (Reply.created >= since) & (Reply.created < until)
    return chosen


def replies_between(
    guild: GuildId, channels: Collection[str], since: int, until: int
) -> int:
    """Count the bot's replies that people saw in a time."""
    query = Reply.select(fn.COUNT(Reply.id))
    return int(query.where(_seen_between(guild, channels, since, until)).scalar() or 0)


def most_liked(
    guild: GuildId, channels: Collection[str], since: int, until: int
) -> Liked | None:
    """Return the bot's line of a time that people liked most, if they liked any."""
    rating = fn.SUM(Feedback.value)
    seen = _seen_between(guild, channels, since, until) & (Reply.text != "")
    query = Reply.select(Reply.text, rating, Reply.id).join(Feedback).where(seen)
    query = query.where(Feedback.kind == "thumb").group_by(Reply.id)
    best = query.order_by(rating.desc(), Reply.id.desc()).limit(1)
    found = [Liked(*row) for row in tuples(best) if row[1] > 0]
    return found[0] if found else None


def received(guild: GuildId, channels: Collection[str], since: int) -> list[Received]:
    """Return the replies sent in those channels since a time."""
    here = _channels(guild, channels)
    total = Reply.timings["total"].as_float()
    query = (
        Reply.select(total, fn.SUM(Feedback.value))
        .left_outer_join(Feedback)
        .where(
            Reply.channel.in_(here) & Reply.state.in_(SEEN) & (Reply.created >= since)
        )
        .group_by(Reply.id)
    )
    return [Received(ms or 0.0, rating or 0) for ms, rating in tuples(query)]


class Mark(NamedTuple):
    """A place in a talk: a time, and the row of the message there."""

    ts: int
    row: int = 0


def last_words(channel: int, author: str) -> Mark | None:
    """Return the newest message of an author (hash) in a channel.

    It is perhaps under a name that the author writes under through a proxy.
    """
    query = Message.select(Message.ts, Message.id).join(Member)
    mine = (Member.author == author) | (Member.account == author)
    theirs = (Message.channel == channel) & mine
    row = query.where(theirs).order_by(Message.ts.desc(), Message.id.desc()).first()
    return Mark(int(row.ts), int(row.id)) if row else None


def written_since(channel: int, since: Mark, limit: int) -> list[StoredMessage]:
    """Return the newest words of people in a channel after a mark, oldest first.

    Left out is what the owner does not want learned, and people who opted out.
    """
    query = Message.select(Message.id).join(Member)
    is_later = Message.ts > since.ts
    is_later |= (Message.ts == since.ts) & (Message.id > since.row)
    chosen = (Message.channel == channel) & is_later & (Message.text != "")
    chosen &= Message.dropped.is_null() & ~Member.is_bot & ~Member.has_opted_out
    newest = query.where(chosen).order_by(Message.ts.desc(), Message.id.desc())
    rows = [row for (row,) in tuples(newest.limit(limit))]
    return sorted(messages.by_rows(rows), key=lambda one: (one.ts, one.id))
