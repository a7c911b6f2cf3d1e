"""The live ledger of cloud requests, and the budgets based on it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from app.core.names import GuildId
from app.providers.cost_record import Spent
from app.settings.hosts import Host
from app.settings.schema import Config
from app.store import usage
from app.store.database import Database

log = logging.getLogger(__name__)

WARN_AT = 0.8
"""The share of a budget at which its owner is warned."""

Budgets = tuple[float, float]
"""US dollars per day and per month; 0 means no limit."""

Sums = defaultdict[tuple[str, int | None], float]
"""US dollars by day or month, and server; None stands for all servers."""

Tokens = defaultdict[tuple[str, str], int]
"""Tokens by day and provider."""


class Ledger:
    """Records spending, and says when a budget is used up."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], float],
        warn: Callable[[str], None] = log.warning,
    ) -> None:
        """`now` is in seconds since the epoch; `warn` notifies the owner."""
        self._database = database
        self._now = now
        self._warn = warn
        self._sums: Sums = defaultdict(float)
        self._tokens: Tokens = defaultdict(int)
        self._warned: set[tuple[str, int | None]] = set()
        self._writing: set[asyncio.Future[int]] = set()
        self._meanwhile: list[Spent] | None = None
        """Spent while the costs are read again."""

    def load(self) -> None:
        """Read the costs of today and this month so far."""
        self._sums, self._tokens = self._database.call(_read, self._starts())

    async def refresh(self) -> None:
        """Read the costs again, as other processes spend as well."""
        # The database's thread keeps the order: rows of what was spent so far are
        # read, and those of what is spent from here on are not.
        meanwhile = self._meanwhile = list[Spent]()
        try:
            read = self._database.run(_read, self._starts())
            self._sums, self._tokens = await read
        finally:
            self._meanwhile = None
        for entry in meanwhile:
            self._count(entry)

    def spent(self, entry: Spent) -> None:
        """Record one request; the row is written in the background."""
        self._count(entry)
        if self._meanwhile is not None:
            self._meanwhile.append(entry)
        row = usage.UsageEntry(
            entry.provider,
            entry.model,
            entry.guild or None,
            entry.reply,
            entry.prompt_tokens,
            entry.cached_tokens,
            entry.completion_tokens,
            entry.cost,
            entry.bytes_sent,
            entry.host,
            entry.reach,
        )
        now = int(self._now() * 1000)
        written = asyncio.wrap_future(self._database.submit(usage.add, row, now))
        self._writing.add(written)
        written.add_done_callback(self._writing.discard)

    def _count(self, entry: Spent) -> None:
        for period in self._starts():
            self._sums[period, entry.guild] += entry.cost
            self._sums[period, None] += entry.cost
        day = next(iter(self._starts()))
        self._tokens[day, entry.provider] += (
            entry.prompt_tokens + entry.completion_tokens
        )

    async def flush(self) -> None:
        """Wait until everything is written."""
        await asyncio.gather(*self._writing)

    def today(self, guild: GuildId | None = None) -> float:
        """Return US dollars spent since midnight, UTC, by one guild or all."""
        return self._sums[next(iter(self._starts())), guild]

    def month(self, guild: GuildId | None = None) -> float:
        """Return US dollars spent since the first of the month, UTC."""
        return self._sums[list(self._starts())[1], guild]

    def refuses(self, guild: GuildId, own: Budgets | None, home: Budgets) -> str | None:
        """Return why nothing may be spent for a guild now, or None.

        Args:
            own: The guild's own budgets, if it has any.
            home: The budgets that all guilds share.
        """
        for whose, name, budgets in ((guild, "this server", own), (None, "all", home)):
            if budgets is None:
                continue
            for period, budget in zip(self._starts(), budgets, strict=True):
                if budget <= 0:
                    continue
                spent = self._sums[period, whose]
                span = "day" if len(period) == 10 else "month"
                if spent >= budget:
                    return f"the budget of the {span} for {name} is used up"
                if spent >= budget * WARN_AT and (period, whose) not in self._warned:
                    self._warned.add((period, whose))
                    self._warn(
                        f"{spent / budget:.0%} of the {span}'s budget for {name} is"
                        f" spent (${spent:.2f} of ${budget:.2f})"
                    )
        return None

    def refuses_host(
        self, guild: GuildId, config: Config, home: Config, host: Host
    ) -> str | None:
        """Return why a host in the cloud may write nothing for a guild now, or None.

        Args:
            config: The guild's settings.
            home: The home's, whose budgets all guilds share.
        """
        if not (host.has_address and host.address.is_cloud):
            return None
        if reason := self.refuses_tokens(host.name, host.daily_tokens):
            return reason
        own = (config.openai.daily_budget, config.openai.monthly_budget)
        shared = (home.openai.daily_budget, home.openai.monthly_budget)
        return self.refuses(guild, None if own == shared else own, shared)

    def tokens_today(self, provider: str) -> int:
        """Return the tokens that a provider took since midnight, UTC."""
        return self._tokens[next(iter(self._starts())), provider]

    def refuses_tokens(self, provider: str, most: int) -> str | None:
        """Return that a provider's tokens of the day are used up, or None."""
        if most <= 0 or self.tokens_today(provider) < most:
            return None
        return f"the {most:,} tokens of the day for {provider} are used up"

    def _starts(self) -> dict[str, int]:
        """Return the present day and month by name, with their start in ms."""
        now = datetime.fromtimestamp(self._now(), UTC)
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        month = day.replace(day=1)
        return {
            day.strftime("%Y-%m-%d"): int(day.timestamp() * 1000),
            month.strftime("%Y-%m"): int(month.timestamp() * 1000),
        }


def _read(starts: Mapping[str, int]) -> tuple[Sums, Tokens]:
    """Read what was spent in the day and the month that start then."""
    sums: Sums = defaultdict(float)
    for period, start in starts.items():
        for guild, cost in usage.spent_by_guild(start).items():
            sums[period, guild] += cost
            sums[period, None] += cost
    day, start = next(iter(starts.items()))
    tokens = usage.tokens_by_provider(start)
    return sums, defaultdict(int, {(day, one): n for one, n in tokens.items()})
