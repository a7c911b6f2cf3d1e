"""A guild's weekly figures, and the rows behind them."""

from collections.abc import Mapping
from typing import NamedTuple

from peewee import ModelSelect, fn

from app.core.names import GuildId
from app.core.time_units import DAY_MS, WEEK_MS
from app.store.database import tuples, write
from app.store.rows import PromptTurn, StoredMeterWeek, all_of
from app.store.tables import Channel, Feedback, Member, Message, MeterWeek, Reply

_MONDAY_MS = 4 * DAY_MS
"""The epoch began on a Thursday."""

MOST_MESSAGES = 20_000


class SentReply(NamedTuple):
    """One sent reply, with the fields for the figures."""

    text: str
    turns: list[PromptTurn]
    timings: dict[str, float]
    rating: int


def week_of(moment: int) -> int:
    """Return the Monday, 0:00 UTC, of a time's week; milliseconds."""
    return (moment - _MONDAY_MS) // WEEK_MS * WEEK_MS + _MONDAY_MS


def sent(guild: GuildId, start: int, end: int) -> list[SentReply]:
    """Return the replies sent between those times, oldest first."""
    query = (
        Reply.select(Reply.text, Reply.turns, Reply.timings, fn.SUM(Feedback.value))
        .left_outer_join(Feedback)
        .where(
            (Reply.guild == guild)
            & (Reply.state == "sent")
            & (Reply.created >= start)
            & (Reply.created < end)
        )
        .group_by(Reply.id)
        .order_by(Reply.id)
    )
    return [
        SentReply(text, [PromptTurn(*turn) for turn in turns], timings, rating or 0)
        for text, turns, timings, rating in tuples(query)
    ]


def guilds_with_replies(since: int) -> list[GuildId]:
    """Return the guilds with replies sent since a time."""
    sent = (Reply.state == "sent") & (Reply.created >= since)
    return [
        guild for (guild,) in tuples(Reply.select(Reply.guild).where(sent).distinct())
    ]


def weeks_with_replies(guild: GuildId, since: int) -> list[int]:
    """Return the weeks with sent replies, oldest first."""
    chosen = (Reply.guild == guild) & (Reply.state == "sent")
    query = Reply.select(Reply.created).where(chosen & (Reply.created >= since))
    return sorted({week_of(created) for (created,) in tuples(query)})


def said(guild: GuildId, start: int, end: int) -> list[str]:
    """Return texts by members between those times, without opted-out authors."""
    query = _of_members(guild).where((Message.ts >= start) & (Message.ts < end))
    return [text for (text,) in tuples(query.limit(MOST_MESSAGES))]


def said_before(guild: GuildId, end: int, limit: int) -> list[str]:
    """Return the newest texts by members before that time."""
    query = _of_members(guild).where(Message.ts < end)
    return [text for (text,) in tuples(query.order_by(Message.id.desc()).limit(limit))]


def _of_members(guild: GuildId) -> "ModelSelect[Message]":
    here = Channel.select(Channel.id).where(Channel.guild == guild)
    return (
        Message.select(Message.text)
        .join(Member)
        .where(
            Message.channel.in_(here)
            & Message.dropped.is_null()
            & ~Member.is_bot
            & ~Member.has_opted_out
        )
    )


@write
def put(guild: GuildId, start: int, figures: Mapping[str, object], made: int) -> None:
    """Store the figures of a week, replacing earlier ones."""
    same = (MeterWeek.guild == guild) & (MeterWeek.start == start)
    MeterWeek.delete().where(same).execute()
    MeterWeek.create(guild=guild, start=start, made=made, figures=dict(figures))


def weeks(guild: GuildId, limit: int) -> list[StoredMeterWeek]:
    """Return the newest weeks with figures, oldest first."""
    query = MeterWeek.select().where(MeterWeek.guild == guild)
    newest = query.order_by(MeterWeek.start.desc()).limit(limit)
    return all_of(StoredMeterWeek, newest)[::-1]
