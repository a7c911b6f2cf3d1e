"""Totals of replies and messages for the charts and lists of the screens."""

from collections.abc import Sequence
from typing import NamedTuple

from peewee import ColumnBase, Expression, fn

from app.core.names import GuildId
from app.store import comparisons, embeddings, rows
from app.store.database import bound, tuples
from app.store.engines import engine_of
from app.store.given import characters, facts
from app.store.rows import StoredReply
from app.store.tables import (
    Channel,
    Conversation,
    ConversationLink,
    LoreEntry,
    Member,
    Message,
    Reply,
)

MADE = ("made", "sent", "replaced", "draft")
"""States of a reply that has a text."""


class Bucket(NamedTuple):
    """The replies of one provider in one time span."""

    start: int
    """Milliseconds since the epoch."""
    provider: str
    replies: int
    milliseconds: float
    """Mean time of a reply."""
    cost: float


class ChannelActivity(NamedTuple):
    """One channel of a guild, for a list."""

    channel: int
    name: str
    messages: int
    is_learning: bool
    key: str
    """Its name in requests: Discord's id, or its own name."""
    guild: GuildId


def replies_over_time(
    since: int, step: int, guild: GuildId | None = None
) -> list[Bucket]:
    """Count replies since a time, by provider and span of `step` milliseconds."""
    start = (Reply.created / step).cast("BIGINT") * step
    total = Reply.timings["total"].as_float()
    sums = (fn.COUNT(Reply.id), fn.AVG(total), fn.SUM(Reply.cost))
    query = Reply.select(start, Reply.provider, *sums)
    query = query.where((Reply.created >= since) & Reply.state.in_(MADE))
    if guild is not None:
        query = query.where(Reply.guild == guild)
    found = tuples(query.group_by(start, Reply.provider).order_by(start))
    return [
        Bucket(start, provider, replies, milliseconds or 0.0, cost or 0.0)
        for start, provider, replies, milliseconds, cost in found
    ]


class StoredPart(NamedTuple):
    """The things that one feature stored for a guild."""

    number: int
    bytes: int


def stored_parts(guild: GuildId) -> dict[str, StoredPart]:
    """Return what features stored for a guild, by the setting that switches each."""
    summed = (Conversation.guild == guild) & (Conversation.summary != "")
    agreed = (Member.guild == guild) & Member.allows_voice
    room = embeddings.room(guild)
    return {
        "context.lore": _part(
            LoreEntry,
            LoreEntry.guild == guild,
            LoreEntry.name.concat(LoreEntry.text).concat(LoreEntry.words),
        ),
        "context.summary": _part(Conversation, summed, Conversation.summary),
        "memory.enabled": StoredPart(room.vectors, room.vectors * room.vector_bytes),
        "memory.people": StoredPart(*facts.count(guild)),
        "games.whosaid": StoredPart(comparisons.guesses(guild), 0),
        "speak.webhooks": StoredPart(
            len(characters.cast(guild)), characters.picture_bytes(guild)
        ),
        "speak.imitate": StoredPart(Member.select().where(agreed).count(), 0),
    }


class FeatureCost(NamedTuple):
    """The means of a feature over the newest replies that it had a part in."""

    replies: int
    """Their number among the newest `COUNTED`; one that it gave nothing is none."""
    tokens: int | None
    """Of the prompt; None where nobody counted them."""
    ms: float | None
    """Milliseconds; None where nobody measured them."""


COUNTED = 100
_MEASURED = {
    "context.lore": ("lore", "lore"),
    "context.summary": ("summary", ""),
    "memory.enabled": ("recalled", "recall"),
    "memory.people": ("people", "people"),
    "context.pictures": ("", "pictures"),
    "speak.aloud": ("", "aloud"),
}
"""The part of a prompt, and the stage of a reply, by the setting of a feature."""


def feature_costs(guild: GuildId) -> dict[str, FeatureCost]:
    """Return what features cost lately, those that had a part in replies."""
    here = (Reply.guild == guild) & Reply.state.in_(MADE)
    query = Reply.select(Reply.filled, Reply.timings, Reply.imitates).where(here)
    newest = tuples(query.order_by(Reply.id.desc()).limit(COUNTED))
    found = {}
    for name, (part, stage) in _MEASURED.items():
        tokens = [filled[part] for filled, *_ in newest if filled.get(part)]
        times = [timings[stage] for _, timings, _ in newest if timings.get(stage)]
        replies = len(tokens) if part else len(times)
        found[name] = _mean(replies, tokens, times)
    like = [timings.get("total", 0.0) for _, timings, who in newest if who]
    found["speak.imitate"] = _mean(len(like), [], like)
    return {name: cost for name, cost in found.items() if cost.tokens or cost.ms}


def _mean(replies: int, tokens: Sequence[int], times: Sequence[float]) -> FeatureCost:
    return FeatureCost(
        replies,
        round(sum(tokens) / len(tokens)) if tokens else None,
        sum(times) / len(times) if times else None,
    )


def _part(
    table: type[LoreEntry] | type[Conversation], chosen: Expression, text: ColumnBase
) -> StoredPart:
    size = fn.COALESCE(fn.SUM(engine_of(bound()).octets(text)), 0)
    ((count, written),) = tuples(table.select(fn.COUNT(table.id), size).where(chosen))
    return StoredPart(count, written)


OUTCOMES = {
    "sent": ("sent", "replaced"),
    "tried here": ("made",),
    "drafts": ("draft", "rejected"),
    "silent": ("silent",),
    "not delivered": ("stopped", "refused", "failed"),
}
"""The states of a reply by the word for them."""


def outcomes_over_time(since: int, step: int) -> list[tuple[int, str, int]]:
    """Count replies since a time, by span of `step` milliseconds and outcome."""
    start = (Reply.created / step).cast("BIGINT") * step
    query = Reply.select(start, Reply.state, fn.COUNT(Reply.id))
    query = query.where(Reply.created >= since).group_by(start, Reply.state)
    words = {state: word for word, states in OUTCOMES.items() for state in states}
    return [
        (at, words[state], count)
        for at, state, count in tuples(query.order_by(start))
        if state in words
    ]


def since(start: int) -> dict[str, int]:
    """Count messages and replies since a time."""
    # Asked every second; channel by channel, the index leads to the new ones alone.
    new = (Message.channel == Channel.id) & (Message.ts >= start)
    heard = Channel.select(fn.SUM(Message.select(fn.COUNT(Message.id)).where(new)))
    chosen = (Reply.created >= start) & Reply.state.in_(MADE)
    made = Reply.select(fn.COUNT(Reply.id)).where(chosen).scalar()
    return {"messages": heard.scalar() or 0, "replies": made}


def channels_by_activity(rows: Sequence[GuildId]) -> list[ChannelActivity]:
    """Return the channels of these guilds, the most recently active first."""
    newest = fn.MAX(Message.id)
    query = (
        Channel.select(
            Channel.id,
            Channel.name,
            fn.COUNT(Message.id),
            Channel.is_learning,
            Channel.discord_id,
            Channel.guild,
        )
        .left_outer_join(Message, on=Message.channel == Channel.id)
        .where(Channel.guild.in_(list(rows)))
        .group_by(Channel.id)
        .order_by(newest.desc(nulls="LAST"))
    )
    return [
        ChannelActivity(channel, name, messages, is_learning, number or name, guild)
        for channel, name, messages, is_learning, number, guild in tuples(query)
    ]


def drafts(guild: GuildId | None = None) -> list[StoredReply]:
    """Return the shadow drafts that wait for the owner, oldest first."""
    query = Reply.select().where(Reply.state == "draft")
    if guild is not None:
        query = query.where(Reply.guild == guild)
    return [rows.reply(row) for row in query.order_by(Reply.id)]


def opted_out(guild: GuildId) -> int:
    """Count the members who opted out."""
    chosen = (Member.guild == guild) & Member.has_opted_out
    number: int = Member.select(fn.COUNT(Member.id)).where(chosen).scalar()
    return number


def conversations(messages: list[int]) -> dict[int, int]:
    """Return the conversation of each message, if known."""
    query = ConversationLink.select(
        ConversationLink.message, ConversationLink.conversation
    ).where(ConversationLink.message.in_(messages))
    return dict(tuples(query))
