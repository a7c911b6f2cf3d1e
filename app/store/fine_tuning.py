"""Tuning data: messages that members agreed to share, and opinions of replies."""

from collections.abc import Sequence
from typing import NamedTuple

from peewee import JOIN, fn

from app.core.names import GuildId
from app.store import audience
from app.store.database import tuples
from app.store.tables import (
    Channel,
    Comparison,
    Feedback,
    Member,
    Message,
    Reply,
    ReplySource,
)


class TuningLine(NamedTuple):
    """A message, with the facts that decide whether it may be shared."""

    guild: GuildId
    channel: int
    author: str
    """Hash of the author's id."""
    text: str
    ts: int
    agreed: bool


class JudgedReply(NamedTuple):
    """A reply, with the turns before it and its opinions."""

    turns: list[list[object]]
    text: str
    rating: int
    drawn: frozenset[int] = frozenset()
    """Rows of the messages that it drew on."""


def open_channels(guild: GuildId, names: Sequence[str]) -> list[int]:
    """Return rows of the channels with those names or Discord ids, with threads.

    The tuned model speaks everywhere, so it learns what everyone may hear.
    """
    wanted = list(names)
    named = Channel.name.in_(wanted) | Channel.discord_id.in_(wanted)
    query = Channel.select(Channel.id).where((Channel.guild == guild) & named)
    rows = [row for (row,) in tuples(query)]
    threads = Channel.select(Channel.id).where(Channel.parent.in_(rows))
    rows += [row for (row,) in tuples(threads) if row not in rows]
    speakable = audience.speakable_channels(guild, None)
    return [row for row in rows if speakable is None or row in speakable]


def lines(channel: int) -> list[TuningLine]:
    """Return all messages of a channel, oldest first."""
    agreed = (
        Member.allows_tuning
        & ~Member.has_opted_out
        & ~Member.is_bot
        & Message.dropped.is_null()
    )
    query = (
        Message.select(
            Message.guild,
            Message.channel,
            Member.author,
            Message.text,
            Message.ts,
            agreed,
        )
        .join(Member)
        .where(Message.channel == channel)
        .order_by(Message.ts, Message.id)
    )
    return [
        TuningLine(guild, place, author, text, ts, bool(is_agreed))
        for guild, place, author, text, ts, is_agreed in tuples(query)
    ]


def judged(guild: GuildId) -> list[JudgedReply]:
    """Return replies that were rated, reworded, or chosen in a blind test."""
    rating = fn.SUM(Feedback.value)
    query = (
        Reply.select(Reply.id, Reply.turns, Reply.recalled, Reply.text, rating)
        .join(Feedback, JOIN.LEFT_OUTER)
        .where((Reply.guild == guild) & (Reply.text != ""))
        # A summary tells nobody whose words are in it.
        .where(Reply.summary_of.is_null())
        .group_by(Reply.id)
        .order_by(Reply.id)
    )
    votes, before = _votes(guild), _before_edits(guild)
    chosen = []
    for row, turns, recalled, text, value in tuples(query):
        total = (value or 0) + votes.get(row, 0)
        if row not in before and not total:
            continue
        sources = ReplySource.select(ReplySource.message)
        drawn = {one for (one,) in tuples(sources.where(ReplySource.reply == row))}
        drawn |= set(recalled)
        if row in before:
            chosen.append(JudgedReply(turns, before[row], -1, frozenset(drawn)))
            total = max(total, 1)
        chosen.append(JudgedReply(turns, text, total, frozenset(drawn)))
    return chosen


def _before_edits(guild: GuildId) -> dict[int, str]:
    """Return the old words of replies that somebody reworded."""
    query = Feedback.select(Feedback.reply, Feedback.was).join(Reply)
    edited = (Reply.guild == guild) & (Feedback.kind == "edited") & (Feedback.was != "")
    return dict(tuples(query.where(edited)))


def _votes(guild: GuildId) -> dict[int, int]:
    """Return +1 for each time a reply was preferred, and -1 when the other was."""
    votes: dict[int, int] = {}
    query = Comparison.select(Comparison.first, Comparison.second, Comparison.won)
    for first, second, won in tuples(query.where(Comparison.guild == guild)):
        if won:
            better, worse = (first, second) if won == 1 else (second, first)
            votes[better] = votes.get(better, 0) + 1
            votes[worse] = votes.get(worse, 0) - 1
    return votes
