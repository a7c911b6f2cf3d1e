"""The ledger of tokens, costs and data that left the machine."""

import time
from dataclasses import asdict, dataclass

from peewee import Expression, fn

from app.core.names import GuildId
from app.core.time_units import DAY_MS
from app.store import rows
from app.store.database import tuples, write
from app.store.rows import StoredUsage, all_of
from app.store.tables import Guild, Usage


@dataclass(frozen=True)
class UsageEntry:
    """One call of a provider."""

    provider: str
    model: str
    guild: GuildId | None = None
    reply: int | None = None
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0
    """US dollars."""
    bytes_sent: int = 0
    host: str = ""
    reach: str = "cloud"
    """Its place: here, own or cloud."""


@dataclass(frozen=True)
class DayUse:
    """The totals of one day, guild, provider and model."""

    day: str
    """ISO date, UTC."""
    guild: str | None
    provider: str
    model: str
    host: str
    calls: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: float
    bytes_sent: int
    reach: str
    """Its place: here, own or cloud; only to the cloud did bytes leave."""


@dataclass(frozen=True)
class SentRequest:
    """One request that left the computer."""

    at: int
    """Milliseconds since the epoch."""
    host: str
    guild: str | None
    model: str
    bytes_sent: int
    cost: float


@write
def add(entry: UsageEntry, now: int | None = None) -> int:
    """Write one entry; `now` is in milliseconds."""
    created = int(time.time() * 1000) if now is None else now
    row: Usage = Usage.create(created=created, **asdict(entry))
    return int(row.id)


def spent(since: int, guild: GuildId | None = None) -> float:
    """Return US dollars spent since that time, by one guild or by all."""
    query = Usage.select(fn.SUM(Usage.cost)).where(Usage.created >= since)
    if guild is not None:
        query = query.where(Usage.guild == guild)
    return float(query.scalar() or 0.0)


def spent_by_guild(since: int) -> dict[int | None, float]:
    """Return US dollars spent since that time, by guild."""
    query = Usage.select(Usage.guild, fn.SUM(Usage.cost))
    query = query.where(Usage.created >= since).group_by(Usage.guild)
    return {guild: float(cost or 0.0) for guild, cost in tuples(query)}


def tokens_by_provider(since: int) -> dict[str, int]:
    """Return the tokens since that time, by provider."""
    tokens = fn.SUM(Usage.prompt_tokens + Usage.completion_tokens)
    query = Usage.select(Usage.provider, tokens)
    query = query.where(Usage.created >= since).group_by(Usage.provider)
    return {provider: int(count or 0) for provider, count in tuples(query)}


def _left() -> Expression:
    """Return the condition for requests to a host that is not the owner's."""
    return (Usage.bytes_sent > 0) & (Usage.reach == "cloud")


def latest(limit: int = 50) -> list[StoredUsage]:
    """Return the newest requests that left the machine, newest first."""
    query = Usage.select().where(_left()).order_by(Usage.id.desc())
    return all_of(StoredUsage, query.limit(limit))


def sent_requests(limit: int = 500) -> list[SentRequest]:
    """Return the newest requests that left the machine, newest first."""
    columns = (Usage.created, Usage.host, Guild.name, Usage.model)
    query = Usage.select(*columns, Usage.bytes_sent, Usage.cost)
    query = query.left_outer_join(Guild).where(_left())
    rows = tuples(query.order_by(Usage.id.desc()).limit(limit))
    return [SentRequest(*row) for row in rows]


def of_reply(reply: int) -> StoredUsage | None:
    """Return the newest request that was made for a reply."""
    query = Usage.select().where(Usage.reply == reply).order_by(Usage.id.desc())
    return rows.found(StoredUsage, query.first())


def by_day(since: int) -> list[DayUse]:
    """Return the totals by day, guild, provider and model, newest day first."""
    day = (Usage.created / DAY_MS).cast("BIGINT")
    named = (Usage.guild, Guild.name)
    groups = (day, *named, Usage.provider, Usage.model, Usage.host, Usage.reach)
    sums = (
        fn.COUNT(Usage.id),
        fn.SUM(Usage.prompt_tokens),
        fn.SUM(Usage.cached_tokens),
        fn.SUM(Usage.completion_tokens),
        fn.SUM(Usage.cost),
        fn.SUM(Usage.bytes_sent),
        Usage.reach,
    )
    columns = (day, Guild.name, Usage.provider, Usage.model, Usage.host, *sums)
    query = (
        Usage.select(*columns)
        .left_outer_join(Guild)
        .where(Usage.created >= since)
        .group_by(*groups)
        .order_by(
            day.desc(), Guild.name.asc(nulls="FIRST"), Usage.provider, Usage.model
        )
    )
    return [DayUse(_date(row[0]), *row[1:]) for row in tuples(query)]


def _date(day: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(day * DAY_MS / 1000))
