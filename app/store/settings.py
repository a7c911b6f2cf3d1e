"""Settings of guilds and channels, and consents; the home's own are in config.toml."""

from collections.abc import Collection, Sequence

from app.core.names import GuildId
from app.store.database import tuples, write
from app.store.rows import OverrideValue
from app.store.tables import Channel, Consent, Guild, Setting


def of(guild: GuildId, channel: int = 0) -> dict[str, OverrideValue]:
    """Return the values set for a guild, or for one of its channels alone."""
    chosen = (Setting.guild == guild) & (Setting.channel == channel)
    return {row.name: row.value for row in Setting.select().where(chosen)}


def of_each(rows: Collection[GuildId]) -> dict[GuildId, dict[str, OverrideValue]]:
    """Return the values set for each of these guilds that has any."""
    found: dict[GuildId, dict[str, OverrideValue]] = {}
    chosen = Setting.guild.in_(list(rows)) & (Setting.channel == 0)
    query = Setting.select(Setting.guild, Setting.name, Setting.value).where(chosen)
    for guild, name, value in tuples(query):
        found.setdefault(guild, {})[name] = value
    return found


def guilds_of_their_own() -> set[GuildId]:
    """Return the guilds that have a setting or a consent of their own."""
    queries = Setting.select(Setting.guild), Consent.select(Consent.guild)
    found = {guild for query in queries for (guild,) in tuples(query.distinct())}
    return found - {None}


def guilds_with_hosts() -> set[GuildId]:
    """Return the guilds that set where replies come from, or have a consent."""
    chosen = Setting.name.in_(["reply.provider", "reply.local_only"])
    there = Setting.select(Setting.guild).where(chosen & (Setting.channel == 0))
    queries = there, Consent.select(Consent.guild)
    found = {guild for query in queries for (guild,) in tuples(query.distinct())}
    return found - {None}


def effective(guild: GuildId, channel: int = 0) -> dict[str, OverrideValue]:
    """Return the guild's values, overridden by the channel's.

    A thread has its channel's, beneath its own.
    """
    values = of(guild)
    found = Channel.get_or_none(Channel.id == channel) if channel else None
    if found is not None and found.parent_id is not None:
        values |= of(guild, found.parent_id)
    return values | (of(guild, channel) if channel else {})


def values_of(guild: GuildId, name: str) -> dict[int, OverrideValue]:
    """Return a guild's values of a setting by channel (row), 0 for the whole guild."""
    chosen = (Setting.guild == guild) & (Setting.name == name)
    return {row.channel: row.value for row in Setting.select().where(chosen)}


def servers_that_set(names: Sequence[str]) -> set[str]:
    """Return Discord's ids of the guilds that set one of these, or channels of them."""
    query = Guild.select(Guild.discord_id).join(Setting)
    chosen = Setting.name.in_(list(names)) & Guild.discord_id.is_null(False)
    return {discord_id for (discord_id,) in tuples(query.where(chosen).distinct())}


@write
def put(guild: GuildId, name: str, value: OverrideValue, channel: int = 0) -> None:
    """Store a value, or remove it with None."""
    same = (
        (Setting.guild == guild) & (Setting.channel == channel) & (Setting.name == name)
    )
    Setting.delete().where(same).execute()
    if value is not None:
        Setting.create(guild=guild, channel=channel, name=name, value=value)


def consents(guild: GuildId | None) -> set[tuple[str, str]]:
    """Return (purpose, origin) of each consent for a guild, or for every guild."""
    here = Consent.guild.is_null()
    if guild is not None:
        here |= Consent.guild == guild
    query = Consent.select(Consent.purpose, Consent.origin).where(here)
    return {(purpose, origin) for purpose, origin in tuples(query)}


def consents_of_each(
    rows: Collection[GuildId],
) -> dict[GuildId, set[tuple[str, str]]]:
    """Return what `consents` returns for each of these guilds."""
    everywhere = consents(None)
    found = {guild: set(everywhere) for guild in rows}
    query = Consent.select(Consent.guild, Consent.purpose, Consent.origin)
    for guild, *consent in tuples(query.where(Consent.guild.in_(list(rows)))):
        found[guild].add(tuple(consent))
    return found


@write
def withdraw_consents(guild: GuildId | None) -> list[tuple[str, str]]:
    """Delete the consents of one guild, or with None every one.

    Returns (purpose, origin) of each.
    """
    chosen = (
        Consent.select()
        if guild is None
        else Consent.select().where(Consent.guild == guild)
    )
    rows = list(chosen)
    Consent.delete().where(Consent.id.in_([row.id for row in rows])).execute()
    return sorted({(row.purpose, row.origin) for row in rows})


@write
def give_consent(guild: GuildId | None, purpose: str, origin: str, now: int) -> None:
    """Store a consent for one guild, or with None for every guild.

    Args:
        now: Milliseconds since the epoch.
    """
    if (purpose, origin) not in consents(guild):
        Consent.create(guild=guild, purpose=purpose, origin=origin, created=now)
