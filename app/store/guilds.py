"""Guilds and their channels."""

import time
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import NamedTuple

from peewee import Expression, fn

from app.core.names import MOST_NAMED, GuildId, is_same, some_of
from app.store import rows, voice_changes
from app.store.database import tuples, write
from app.store.rows import StoredChannel, StoredGuild
from app.store.tables import Channel, Embedding, Guild, Member, Message


class HeardChannel(NamedTuple):
    """A channel or thread of Discord, and how far it is stored."""

    id: int
    discord_id: str
    parent_id: int | None
    is_learning: bool
    is_private: bool | None
    learning_since: int | None
    newest: str | None
    """The external id of the newest message by a person."""


@dataclass(frozen=True)
class GuildCounts:
    """The amount of data stored for one guild."""

    guild: GuildId
    name: str
    messages: int
    learned: int
    members: int
    channels: int
    embeddings: int
    dropped: dict[str, int]
    """Messages kept only as context, by reason."""


def find(name: str) -> StoredGuild | None:
    """Find the guild by Discord id, or else by name in any case."""
    return rows.found(StoredGuild, _find(name))


def _find(name: str) -> Guild | None:
    found: Guild | None = Guild.get_or_none(Guild.discord_id == name)
    if found is None:
        found = Guild.get_or_none(Guild.name == name)
    if found is None:
        every = tuples(Guild.select(Guild.id, Guild.name).order_by(Guild.id))
        row = next((row for row, known in every if is_same(known, name)), None)
        found = Guild.get_or_none(Guild.id == row)
    return found


def get(guild: GuildId) -> StoredGuild | None:
    """Return the guild in that row."""
    return rows.found(StoredGuild, Guild.get_or_none(Guild.id == guild))


def every() -> list[StoredGuild]:
    """Return all guilds, by name."""
    names = [field.name for field in fields(StoredGuild)]
    columns = [getattr(Guild, name) for name in names]
    query = Guild.select(*columns).order_by(Guild.name)
    return [StoredGuild(*row) for row in tuples(query)]


def names_of(chosen: Collection[GuildId]) -> str:
    """Name some of the guilds; empty if there is none."""
    return _names(Guild.id.in_(list(chosen)))


def names_but(others: Collection[GuildId]) -> str:
    """Name some of all guilds but those; empty if there is none."""
    return _names(Guild.id.not_in(list(others)))


def _names(where: Expression) -> str:
    found = Guild.select(Guild.name).where(where).order_by(Guild.id).limit(MOST_NAMED)
    names = [name for (name,) in tuples(found)]
    is_cut = len(names) == MOST_NAMED
    return some_of(names, Guild.select().where(where).count() if is_cut else 0)


@write
def ensure(
    name: str, discord_id: str | None = None, *, is_demo: bool = False
) -> StoredGuild:
    """Return the guild by Discord id or name, created or renamed as needed.

    A Discord guild takes over the guild that was learned from its files: of its id, or
    of its name in any case.
    """
    found: Guild | None = None
    if discord_id is None:
        found = _find(name)
    else:
        found = Guild.get_or_none(Guild.discord_id == discord_id)
        if found is None:
            found = _learned_from_files(name, discord_id)
    if found is None:
        made: Guild = Guild.create(
            name=name, discord_id=discord_id, joined=_now(), is_demo=is_demo
        )
        return rows.stored(StoredGuild, made)
    if discord_id is not None and (
        (found.name, found.discord_id, found.left) != (name, discord_id, None)
    ):
        found.name, found.discord_id, found.left = name, discord_id, None
        found.save()
    return rows.stored(StoredGuild, found)


def _learned_from_files(name: str, discord_id: str) -> Guild | None:
    """Find the guild that files made of a Discord guild."""
    waiting = list(Guild.select().where(Guild.discord_id.is_null() & ~Guild.is_demo))
    claimed = [one for one in waiting if one.claimed == discord_id]
    named = [
        one
        for one in waiting
        if is_same(one.name, name) and not (one.claimed or "").isdigit()
    ]
    return next(iter(claimed + named), None)


def of_files(discord_id: str) -> StoredGuild | None:
    """Find the guild of that id, from Discord or as its files say."""
    chosen = (Guild.discord_id == discord_id) | (Guild.claimed == discord_id)
    return rows.found(StoredGuild, Guild.get_or_none(chosen))


def numbers() -> set[GuildId]:
    """Return the rows of all guilds."""
    return {guild for (guild,) in tuples(Guild.select(Guild.id))}


@write
def claim(guild: GuildId, claimed: str) -> None:
    """Note Discord's id, or else the name, that a guild's files give it."""
    Guild.update(claimed=claimed).where(Guild.id == guild).execute()


@write
def remove_empty(guild: GuildId) -> None:
    """Remove a guild that files made, if it has no message."""
    if not Message.select().where(Message.guild == guild).exists():
        Guild.delete().where((Guild.id == guild) & Guild.discord_id.is_null()).execute()


@write
def set_left(guild: GuildId, ts: int | None) -> None:
    """Note that the bot left the guild, or is back."""
    Guild.update(left=ts).where(Guild.id == guild).execute()


def left_before(ts: int) -> list[StoredGuild]:
    """Return guilds that the bot left before that time."""
    return rows.all_of(StoredGuild, Guild.select().where(Guild.left < ts))


def counts(guild: GuildId) -> GuildCounts:
    """Count the guild's data; reads all of its messages."""
    row = Guild.get_by_id(guild)
    here = Message.guild == guild
    by_reason = (
        Message.select(Message.dropped, fn.COUNT(Message.id))
        .where(here)
        .group_by(Message.dropped)
    )
    reasons: dict[str | None, int] = {
        reason: number for reason, number in tuples(by_reason)
    }
    learned = reasons.pop(None, 0)
    if voice_changes.gaps(guild):
        inside = Message.select(fn.COUNT(Message.id)).where(
            voice_changes.belongs(guild)
        )
        reasons["rolled back"] = learned - inside.scalar()
        learned -= reasons["rolled back"]
    return GuildCounts(
        guild=guild,
        name=row.name,
        messages=learned + sum(reasons.values()),
        learned=learned,
        members=Message.select(Message.member).where(here).distinct().count(),
        channels=Channel.select().where(Channel.guild == guild).count(),
        embeddings=Embedding.select().where(Embedding.guild == guild).count(),
        dropped={str(reason): count for reason, count in reasons.items()},
    )


@write
def ensure_channel(
    guild: GuildId,
    name: str,
    discord_id: str | None = None,
    *,
    parent: int | None = None,
) -> StoredChannel:
    """Return the channel by Discord id or name, created or renamed as needed."""
    here = Channel.guild == guild
    unclaimed = here & (Channel.name == name) & Channel.discord_id.is_null()
    found: Channel | None = None
    if discord_id is not None:
        found = Channel.get_or_none(here & (Channel.discord_id == discord_id))
        found = found or Channel.get_or_none(unclaimed)
    else:
        found = Channel.get_or_none(here & (Channel.name == name))
    if found is None:
        made: Channel = Channel.create(
            guild=guild, name=name, discord_id=discord_id, parent=parent
        )
        return rows.stored(StoredChannel, made)
    parent = parent or found.parent_id
    # A missing parent says nothing: a thread stays under its channel.
    above = found.parent_id if parent is None else parent
    if discord_id is not None and (
        (found.name, found.discord_id, found.parent_id) != (name, discord_id, above)
    ):
        found.name, found.discord_id, found.parent = name, discord_id, above
        found.save()
    return rows.stored(StoredChannel, found)


def channels(guild: GuildId) -> list[StoredChannel]:
    """Return the guild's channels, by name."""
    query = Channel.select().where(Channel.guild == guild).order_by(Channel.name)
    return rows.all_of(StoredChannel, query)


def heard_channels(servers: Collection[str]) -> list[HeardChannel]:
    """Return channels and threads of Discord's servers that may be learned from."""
    newest = (
        Message.select(Message.external)
        .join(Member)
        .where((Message.channel == Channel.id) & ~Member.is_bot)
        .order_by(Message.ts.desc(), Message.id.desc())
        .limit(1)
    )
    columns = (Channel.id, Channel.discord_id, Channel.parent, Channel.is_learning)
    facts = (Channel.is_private, Channel.learning_since, newest)
    is_heard = Channel.is_learning | Channel.parent.is_null(False)
    query = Channel.select(*columns, *facts)
    query = query.where(is_heard & Channel.discord_id.is_null(False))
    there = Guild.select(Guild.id).where(Guild.discord_id.in_(list(servers)))
    query = query.where(Channel.guild.in_(there))
    return [HeardChannel(*row) for row in tuples(query)]


def servers_with(channel: str) -> list[str]:
    """Return Discord's ids of the servers of which that channel is stored."""
    query = Guild.select(Guild.discord_id).join(Channel)
    there = (Channel.discord_id == channel) & Guild.discord_id.is_null(False)
    return [server for (server,) in tuples(query.where(there))]


def get_channel(channel: int) -> StoredChannel | None:
    """Return the channel in that row."""
    return rows.found(StoredChannel, Channel.get_or_none(Channel.id == channel))


def find_channel(guild: GuildId, name: str) -> StoredChannel | None:
    """Find the guild's channel by Discord id, or else by name."""
    here = Channel.guild == guild
    row: Channel | None = Channel.get_or_none(here & (Channel.discord_id == name))
    row = row or Channel.get_or_none(here & (Channel.name == name.lstrip("#")))
    return rows.found(StoredChannel, row)


@write
def set_learning(channel: int, is_learning: bool) -> None:
    """Start or stop learning from this channel, with what is written from now on."""
    changed = Channel.update(is_learning=is_learning, learning_since=_now())
    is_news = Channel.is_learning != is_learning
    changed.where((Channel.id == channel) & is_news).execute()


def _now() -> int:
    return int(time.time() * 1000)
