"""The channels whose words may be said in a channel: those that its readers can see."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from app.core.names import GuildId
from app.store.database import bound, tuples, write
from app.store.tables import Channel, Guild


class Audience(NamedTuple):
    """The readers of a channel or thread."""

    channel: int
    """The channel that they can see; of a private thread itself, of others theirs."""
    above: int | None
    """The channel of a private thread, which its members can see as well."""
    is_private: bool
    """True if not everyone in the guild belongs to them."""
    is_age_restricted: bool

    def may_hear(self, said_to: "Audience") -> bool:
        """Tell if they may hear what was said to other readers."""
        if said_to.is_age_restricted and not self.is_age_restricted:
            return False
        if not said_to.is_private:
            return True
        return said_to.channel in (self.channel, self.above)


class ChannelFacts(NamedTuple):
    """The facts about a channel's readers, as far as Discord told them."""

    id: int
    parent: int | None
    """The channel of a thread."""
    is_private: bool
    is_age_restricted: bool


EVERYONE = Audience(0, None, is_private=False, is_age_restricted=False)
"""Hears what is public, and nothing else."""


_ON_DISCORD = Guild.select(Guild.id).where(Guild.discord_id.is_null(False))

_IS_UNKNOWN = (
    Channel.is_private.is_null()
    & Channel.discord_id.is_null(False)
    & Channel.guild.in_(_ON_DISCORD)
)
"""On Discord, which told nothing of its readers yet: it counts as private."""


def speakable_channels(guild: GuildId, channel: int | None) -> frozenset[int] | None:
    """Return the rows of a guild's channels whose words may be said in that channel.

    None means all of them, which is the usual case. Where no channel (row) is known,
    only what everyone can see may be said.
    """
    if not _has_secluded(guild):
        return None
    is_private = Channel.is_private | _IS_UNKNOWN
    columns = (Channel.id, Channel.parent, is_private, Channel.is_age_restricted)
    query = Channel.select(*columns).where(Channel.guild == guild)
    known = {row[0]: ChannelFacts(*row) for row in tuples(query)}
    here = known.get(channel) if channel is not None else None
    readers = audience_of(here, known) if here else EVERYONE
    found = frozenset(
        row
        for row, facts in known.items()
        if readers.may_hear(audience_of(facts, known))
    )
    return None if len(found) == len(known) else found


def public_channels(guild: GuildId) -> frozenset[int]:
    """Return the rows of channels and threads whose words everyone may hear."""
    found = speakable_channels(guild, None)
    if found is not None:
        return found
    every = Channel.select(Channel.id).where(Channel.guild == guild)
    return frozenset(row for (row,) in tuples(every))


def unknown_channels() -> list[tuple[str, str]]:
    """Return stored channels that Discord told nothing of yet, the newest first.

    Each is a server's id on Discord with the channel's.
    """
    query = Channel.select(Guild.discord_id, Channel.discord_id).join(Guild)
    found = tuples(query.where(_IS_UNKNOWN).order_by(Channel.id.desc()))
    return [(server, channel) for server, channel in found]


@write
def note_gone(guild: GuildId, discord_id: str) -> None:
    """Note that a channel is not on Discord any more; it was imported from a file."""
    gone = (Channel.guild == guild) & (Channel.discord_id == discord_id)
    Channel.update(is_private=False).where(gone & _IS_UNKNOWN).execute()


def audience_of(facts: ChannelFacts, channels: Mapping[int, ChannelFacts]) -> Audience:
    """Return the readers of a channel or thread, given the guild's channels."""
    parent = channels.get(facts.parent) if facts.parent is not None else None
    if parent is None:
        return Audience(facts.id, None, facts.is_private, facts.is_age_restricted)
    if facts.is_private:
        return Audience(facts.id, parent.id, True, parent.is_age_restricted)
    return Audience(parent.id, None, parent.is_private, parent.is_age_restricted)


def _has_secluded(guild: GuildId) -> bool:
    """Tell if any channel of the guild has other readers than everyone."""
    sql, values = _secluded(bound().param)
    return bound().execute_sql(sql, (guild, *values)).fetchone() is not None


@cache
def _secluded(mark: str) -> tuple[str, tuple[object, ...]]:
    """Return SQL and the values after the guild's row; each reply asks for it.

    Args:
        mark: Stands for a value in the SQL of the engine.
    """
    secluded = Channel.is_private | Channel.is_age_restricted | _IS_UNKNOWN
    query = Channel.select(Channel.id).where((Channel.guild == 0) & secluded).limit(1)
    sql, (_, *values) = query.sql()
    return sql, tuple(values)
