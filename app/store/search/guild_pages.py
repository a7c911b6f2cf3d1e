"""Finds guilds by their names, a page at a time, and counts what is stored of each."""

import operator
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from functools import reduce
from types import MappingProxyType
from typing import NamedTuple

from peewee import SQL, Expression, Field, ModelSelect, fn

from app.core.names import MOST_NAMED, GuildId, some_of
from app.store.database import tuples
from app.store.rows import StoredGuild
from app.store.tables import (
    Embedding,
    Guild,
    Member,
    Message,
    Reply,
    VoiceGap,
)
from app.store.voice_changes import belongs

_HAS_MESSAGES = fn.EXISTS(Message.select(Message.id).where(Message.guild == Guild.id))
_IS_LISTED = (Guild.discord_id.is_null(False) & Guild.left.is_null()) | _HAS_MESSAGES
"""One of files alone, or that the bot has left, is listed while it has messages."""


class GuildPage(NamedTuple):
    """Some listed guilds by name, with the number that match and that of all."""

    guilds: list[StoredGuild]
    matching: int
    all: int


def page(words: str, skip: int, limit: int) -> GuildPage:
    """Return a page of the listed guilds with these words in their names, or as id."""
    query = _listed().where(_is_named(words)) if words else _listed()
    every = _count(_IS_LISTED)
    matching = _count(_IS_LISTED & _is_named(words)) if words else every
    found = query.offset(skip).limit(limit)
    return GuildPage([StoredGuild(*row) for row in tuples(found)], matching, every)


def listed(rows: Sequence[GuildId]) -> list[StoredGuild]:
    """Return those of the guilds in these rows that are listed, by name."""
    found = _listed().where(Guild.id.in_(list(rows)))
    return [StoredGuild(*row) for row in tuples(found)]


def names(rows: Collection[GuildId]) -> dict[GuildId, str]:
    """Return the names of the guilds in these rows."""
    query = Guild.select(Guild.id, Guild.name).where(Guild.id.in_(list(rows)))
    return dict(tuples(query))


def learned() -> str:
    """Name some guilds that have messages; empty if there is none."""
    query = Guild.select(Guild.name).where(_HAS_MESSAGES).order_by(Guild.id)
    names = [name for (name,) in tuples(query.limit(MOST_NAMED))]
    return some_of(names, query.count())


def largest() -> list[GuildId]:
    """Return the guilds that have messages, the one with the most first."""
    query = Message.select(Message.guild).group_by(Message.guild)
    return [guild for (guild,) in tuples(query.order_by(fn.COUNT(Message.id).desc()))]


def _listed() -> "ModelSelect[Guild]":
    columns = [getattr(Guild, field.name) for field in fields(StoredGuild)]
    return Guild.select(*columns).where(_IS_LISTED).order_by(Guild.name, Guild.id)


def _count(chosen: Expression) -> int:
    return int(Guild.select().where(chosen).count())


def _is_named(words: str) -> Expression:
    # SQLite ignores the case of ASCII alone.
    forms = {words, words.lower(), words.upper(), words.title()}
    is_named = reduce(operator.or_, (Guild.name.contains(form) for form in forms))
    return is_named | (Guild.discord_id == words)


class GuildTotals(NamedTuple):
    """One guild's figures in a list of guilds."""

    messages: int = 0
    dropped: Mapping[str, int] = MappingProxyType({})
    """Messages that are not learned, by reason."""
    embeddings: int = 0
    opted_out: int = 0
    last_reply: int | None = None
    """Milliseconds since the epoch."""

    @property
    def learned(self) -> int:
        return self.messages - sum(self.dropped.values())


def totals(rows: Sequence[GuildId]) -> dict[GuildId, GuildTotals]:
    """Return the figures of these guilds, in one query for each figure."""
    some = list(rows)
    messages = _by_guild(Message, some)
    embeddings = _by_guild(Embedding, some)
    opted_out = _by_guild(Member, some, Member.has_opted_out)
    last = _last_replies(some)
    dropped = _dropped(some)
    gaps = VoiceGap.select(VoiceGap.guild).where(VoiceGap.guild.in_(some)).distinct()
    for (guild,) in tuples(gaps):
        learned = messages.get(guild, 0) - sum(dropped.get(guild, {}).values())
        inside = Message.select(fn.COUNT(Message.id)).where(belongs(guild)).scalar()
        dropped.setdefault(guild, {})["rolled back"] = learned - inside
    return {
        guild: GuildTotals(
            messages.get(guild, 0),
            dropped.get(guild, {}),
            embeddings.get(guild, 0),
            opted_out.get(guild, 0),
            last.get(guild),
        )
        for guild in some
    }


def _dropped(rows: Sequence[GuildId]) -> dict[GuildId, dict[str, int]]:
    """Return the numbers of messages that are not learned, by guild and reason."""
    found: dict[GuildId, dict[str, int]] = {}
    query = Message.select(Message.guild, Message.dropped, fn.COUNT(Message.id))
    query = query.where(Message.guild.in_(rows) & Message.dropped.is_null(False))
    for guild, reason, count in tuples(query.group_by(Message.guild, Message.dropped)):
        found.setdefault(guild, {})[reason] = count
    return found


def _last_replies(rows: Sequence[GuildId]) -> dict[GuildId, int]:
    """Return the time of each guild's last reply; it reads no other reply."""
    newest = Reply.select(fn.MAX(Reply.id)).where(Reply.guild.in_(rows))
    last = Reply.id.in_(newest.group_by(Reply.guild))
    return dict(tuples(Reply.select(Reply.guild, Reply.created).where(last)))


def _by_guild(
    table: type[Message] | type[Embedding] | type[Member],
    rows: Sequence[GuildId],
    *chosen: Field,
) -> dict[GuildId, int]:
    # Guild by guild, SQLite counts ten million messages twice as fast as in groups.
    here = table.select(fn.COUNT(SQL("*"))).where(table.guild == Guild.id, *chosen)
    return dict(tuples(Guild.select(Guild.id, here).where(Guild.id.in_(rows))))
