"""Guilds and their channels."""

import time
from dataclasses import dataclass

from peewee import fn

from app.store import voice_changes
from app.store.database import tuples, write
from app.store.tables import Channel, Embedding, Guild, Message


@dataclass(frozen=True)
class GuildCounts:
    """The amount of data stored for one guild."""

    guild: int
    name: str
    messages: int
    learned: int
    members: int
    channels: int
    embeddings: int
    dropped: dict[str, int]
    """Messages kept only as context, by reason."""


def find(name: str) -> Guild | None:
    """Find the guild by Discord id, or else by name in any case."""
    found: Guild | None = Guild.get_or_none(Guild.discord_id == name)
    if found is None:
        found = Guild.get_or_none(Guild.name == name)
    if found is None:
        matching = fn.LOWER(Guild.name) == name.lower()
        found = Guild.select().where(matching).order_by(Guild.id).first()
    return found


def get(guild: int) -> Guild | None:
    """Return the guild in that row."""
    found: Guild | None = Guild.get_or_none(Guild.id == guild)
    return found


def every() -> list[Guild]:
    """Return all guilds, by name."""
    return list(Guild.select().order_by(Guild.name))


@write
def ensure(name: str, discord_id: str | None = None, *, is_demo: bool = False) -> Guild:
    """Return the guild by Discord id or name, created or renamed as needed.

    A Discord guild takes over a guild of the same name that was learned from files.
    """
    found: Guild | None = None
    if discord_id is None:
        found = find(name)
    else:
        found = Guild.get_or_none(Guild.discord_id == discord_id)
        if found is None:
            unclaimed = Guild.discord_id.is_null() & (Guild.name == name)
            found = Guild.get_or_none(unclaimed & ~Guild.is_demo)
    if found is None:
        made: Guild = Guild.create(
            name=name, discord_id=discord_id, joined=_now(), is_demo=is_demo
        )
        return made
    if discord_id is not None and (
        (found.name, found.discord_id, found.left) != (name, discord_id, None)
    ):
        found.name, found.discord_id, found.left = name, discord_id, None
        found.save()
    return found


@write
def set_left(guild: int, ts: int | None) -> None:
    """Note that the bot left the guild, or is back."""
    Guild.update(left=ts).where(Guild.id == guild).execute()


def left_before(ts: int) -> list[Guild]:
    """Return guilds that the bot left before that time."""
    return list(Guild.select().where(Guild.left < ts))


def counts(guild: int) -> GuildCounts:
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
    guild: int,
    name: str,
    discord_id: str | None = None,
    *,
    parent: int | None = None,
) -> Channel:
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
        return made
    parent = parent or found.parent_id
    # A missing parent says nothing: a thread stays under its channel.
    above = found.parent_id if parent is None else parent
    if discord_id is not None and (
        (found.name, found.discord_id, found.parent_id) != (name, discord_id, above)
    ):
        found.name, found.discord_id, found.parent = name, discord_id, above
        found.save()
    return found


def channels(guild: int) -> list[Channel]:
    """Return the guild's channels, by name."""
    here = Channel.guild == guild
    return list(Channel.select().where(here).order_by(Channel.name))


def get_channel(channel: int) -> Channel | None:
    """Return the channel in that row."""
    found: Channel | None = Channel.get_or_none(Channel.id == channel)
    return found


def find_channel(guild: int, name: str) -> Channel | None:
    """Find the guild's channel by Discord id, or else by name."""
    here = Channel.guild == guild
    found: Channel | None = Channel.get_or_none(here & (Channel.discord_id == name))
    return found or Channel.get_or_none(here & (Channel.name == name.lstrip("#")))


@write
def set_learning(channel: int, is_learning: bool) -> None:
    """Start or stop learning from this channel."""
    changed = Channel.update(is_learning=is_learning)
    changed.where(Channel.id == channel).execute()


def _now() -> int:
    return int(time.time() * 1000)
