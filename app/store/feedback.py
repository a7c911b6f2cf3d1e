"""Opinions of replies, each with the way it was given."""

import time
from collections.abc import Collection, Iterable
from typing import Literal, NamedTuple

from peewee import Expression, fn

from app.core.names import GuildId
from app.store.database import tuples, write
from app.store.rows import StoredFeedback, all_of
from app.store.tables import Feedback, Reply, ReplySource

Kind = Literal["thumb", "deleted", "again", "draft", "edited"]
"""A thumb or mark; the bot's message deleted; another one asked for; a draft sent as it
was or thrown away; a draft sent in other words."""


SEEN = ("sent", "replaced")
"""States of replies that people saw, so that their opinions count."""


class Vote(NamedTuple):
    """One opinion of one reply."""

    reply: int
    kind: str
    value: int
    """+1 or -1."""


class Rated(NamedTuple):
    """One opinion, with the mode of its reply."""

    vote: Vote
    mode: str
    dial: int
    provider: str


@write
def rate(
    reply: int, author: str, value: int, kind: Kind = "thumb", was: str = ""
) -> None:
    """Store +1 or -1 by one author (hash), or take it back with 0.

    Args:
        was: The reply's old words, if somebody replaced them. They are not kept for a
            reply that was forgotten meanwhile.
    """
    if was and not Reply.select().where((Reply.id == reply) & (Reply.text != "")):
        was = ""
    same = (Feedback.reply == reply) & (Feedback.author == author)
    Feedback.delete().where(same & (Feedback.kind == kind)).execute()
    if value:
        now = int(time.time() * 1000)
        Feedback.create(
            reply=reply, author=author, value=value, created=now, kind=kind, was=was
        )


@write
def take_back(reply: int, author: str, value: int) -> None:
    """Remove an author's (hash) thumb of that value, but not a later other one."""
    same = (Feedback.reply == reply) & (Feedback.author == author)
    thumb = (Feedback.kind == "thumb") & (Feedback.value == value)
    Feedback.delete().where(same & thumb).execute()


@write
def take_all_back(reply: int, value: int | None = None) -> None:
    """Remove what people's thumbs said on Discord: of one value, or all of them."""
    thumbs = (Feedback.reply == reply) & (Feedback.kind == "thumb")
    if value is not None:
        thumbs &= Feedback.value == value
    Feedback.delete().where(thumbs).execute()


def rating(reply: int) -> int:
    """Return likes minus dislikes."""
    query = Feedback.select(fn.SUM(Feedback.value))
    return query.where(Feedback.reply == reply).scalar() or 0


def of_reply(reply: int) -> list[StoredFeedback]:
    """Return all opinions of a reply, oldest first."""
    query = Feedback.select().where(Feedback.reply == reply)
    return all_of(StoredFeedback, query.order_by(Feedback.id))


def sources_of(reply: int) -> list[int]:
    """Return the messages that a reply took words from."""
    chosen = (ReplySource.reply == reply) & (ReplySource.words > 0)
    return [
        row for (row,) in tuples(ReplySource.select(ReplySource.message).where(chosen))
    ]


def votes_by_source(
    guild: GuildId, messages: Collection[int] | None = None
) -> dict[int, list[Vote]]:
    """Group the opinions of replies by the messages (rows) that they took words from.

    Args:
        messages: Only these; None means all messages of the guild with rated replies.
    """
    among = () if messages is None else (ReplySource.message.in_(list(messages)),)
    return _votes([guild], *among).get(guild, {})


def votes_by_guild(
    rows: Collection[GuildId],
) -> dict[GuildId, dict[int, list[Vote]]]:
    """Return `votes_by_source` of each of these guilds that has any, in one query."""
    return _votes(rows)


def _votes(
    guilds: Collection[GuildId], *among: Expression
) -> dict[GuildId, dict[int, list[Vote]]]:
    query = (
        Feedback.select(
            Reply.guild, ReplySource.message,
            Feedback.reply, Feedback.kind, Feedback.value,
        )
        .join(ReplySource, on=ReplySource.reply == Feedback.reply)
        .join(Reply, on=Reply.id == Feedback.reply)
        .where(Reply.guild.in_(list(guilds)), ReplySource.words > 0, *among)
    )  # fmt: skip
    found: dict[GuildId, dict[int, list[Vote]]] = {}
    for guild, message, *vote in tuples(query):
        found.setdefault(guild, {}).setdefault(message, []).append(Vote(*vote))
    return found


def newest(guild: GuildId, limit: int = 500) -> list[Rated]:
    """Return the newest opinions of a guild's replies, newest first."""
    query = (
        Feedback.select(
            Feedback.reply, Feedback.kind, Feedback.value,
            Reply.mode, Reply.dial, Reply.provider,
        )
        .join(Reply)
        .where(Reply.guild == guild)
        .order_by(Feedback.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [
        Rated(Vote(reply, kind, value), mode, dial, provider)
        for reply, kind, value, mode, dial, provider in tuples(query)
    ]


def by_author(guild: GuildId, author: str) -> list[dict[str, object]]:
    """Return an author's (hash) opinions of replies, for the export of their data."""
    query = Feedback.select(
        Feedback.reply, Feedback.kind, Feedback.value, Feedback.created
    ).join(Reply)
    mine = (Reply.guild == guild) & (Feedback.author == author)
    return [
        {"reply": reply, "kind": kind, "rating": value, "ts": created}
        for reply, kind, value, created in tuples(query.where(mine))
    ]


def forget_words(replies: Iterable[int]) -> None:
    """Remove the old words of drafts that were changed."""
    Feedback.update(was="").where(Feedback.reply.in_(list(replies))).execute()


def forget_author(guild: GuildId, author: str) -> None:
    """Delete an author's opinions of a guild's replies."""
    here = Reply.select(Reply.id).where(Reply.guild == guild)
    mine = (Feedback.author == author) & Feedback.reply.in_(here)
    Feedback.delete().where(mine).execute()
