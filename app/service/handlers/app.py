"""Handlers for the program itself: state, use, health, its end."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime

from app import __version__
from app.core import secrets
from app.core.time_units import DAY_MS
from app.ipc import control
from app.ipc.wire import Done
from app.service.app_context import AppContext
from app.service.doctor import check_all
from app.service.events import Asker
from app.service.hosts.host_users import shown_host, without_consent
from app.settings import host_keys
from app.settings.consent import how_to_agree
from app.settings.hosts import hosts_of, needs_key
from app.store import overview, usage
from app.store.rows import StoredUsage

SLOW_COUNT = 0.05
"""Seconds from which counting what was said today takes too long for every question."""

COUNT_REST = 20.0
"""As many times as long as a slow count took, it is not counted again."""


class AppHandlers:
    """Answers what is asked of the program."""

    def __init__(
        self, context: AppContext, clock: Callable[[], float] = time.time
    ) -> None:
        self.asked_to_stop = asyncio.Event()
        self.discord: Callable[[], control.DiscordStatus] = control.DiscordStatus
        """State of the connection to Discord, set by the process that has one."""
        self._context = context
        self._clock = clock
        self._started = clock()
        self._counts: dict[str, int] = {}
        self._counted_since = -1
        self._counts_until = 0.0

    async def status(
        self, asker: Asker, request: control.Status
    ) -> control.StatusReply:
        """Return the state of everything."""
        context = self._context
        config = context.settings.home
        local = context.local.status()
        token = await asyncio.to_thread(secrets.get, context.home, "bot_token")
        key = await asyncio.to_thread(secrets.get, context.home, "openai_key")
        hosts = hosts_of(config)
        return control.StatusReply(
            version=__version__,
            name=config.bot.name,
            discord=self.discord(),
            model=local.model,
            cloud=await self._cloud(),
            mode=config.reply.mode,
            provider=config.reply.provider,
            hosts=[host.name for host in hosts],
            reaches={one.name: one.address.reach for one in hosts if one.has_address},
            dial=config.reply.dial,
            shards="" if context.held.shards.are_all else str(context.held.shards),
            free_shards=await context.held.free(),
            has_bot_token=token is not None,
            has_openai_key=key is not None,
            tokens_per_second=local.tokens_per_second,
            prompt_tokens_per_second=local.prompt_tokens_per_second,
            queue=local.queue + context.replier.waiting,
            today=await self._today(),
            month_cost=context.ledger.month(),
            monthly_budget=config.openai.monthly_budget,
            daily_budget=config.openai.daily_budget,
            uptime_seconds=self._clock() - self._started,
            events=list(context.events.events),
            troubles=context.troubles.every,
        )

    async def _cloud(self) -> control.CloudStatus:
        context = self._context
        host = await shown_host(context)
        key = await asyncio.to_thread(host_keys.get, context.home, host)
        told = control.CloudStatus(
            name=host.name,
            model=host.model,
            host=host.address.name,
            reach=host.address.reach,
            needs_key=needs_key(host.address),
            key_name=host.key_name,
            has_key=key is not None,
        )
        if trouble := context.providers.host(host.name).trouble:
            reason, hint = trouble.reason, trouble.hint
            return replace(told, state=trouble.kind, reason=reason, hint=hint)
        if names := await without_consent(context, host):
            reason = f"{names}: nobody has agreed to {told.host}."
            hint = f"Agree with `{how_to_agree('replies', host.name)}`."
            return replace(told, state="consent", reason=reason, hint=hint)
        return told

    async def _today(self) -> control.TodayCounts:
        day = datetime.fromtimestamp(self._clock(), UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        start = int(day.timestamp() * 1000)
        loop = asyncio.get_running_loop()
        if start != self._counted_since or loop.time() >= self._counts_until:
            began, self._counted_since = loop.time(), start
            self._counts = await self._context.reader.run(overview.since, start)
            took = loop.time() - began
            # Where much is said, counting takes its time, and the screens ask often.
            rest = COUNT_REST * took if took > SLOW_COUNT else 0.0
            self._counts_until = loop.time() + rest
        return control.TodayCounts(**self._counts, cost=self._context.ledger.today())

    async def subscribe(self, asker: Asker, request: control.Subscribe) -> Done:
        """Send every notification to this asker from now on."""
        self._context.events.watch(asker)
        return Done()

    async def shutdown(self, asker: Asker, request: control.Shutdown) -> Done:
        """End the bot after this answer."""
        asyncio.get_running_loop().call_later(0.05, self.asked_to_stop.set)
        return Done()

    async def usage(
        self, asker: Asker, request: control.UsageReport
    ) -> control.UsageReply:
        """Return the spending, and the data that left the machine."""
        context = self._context
        await context.ledger.flush()
        since = int(time.time() * 1000) - max(1, request.days) * DAY_MS
        days = await context.reader.run(usage.by_day, since)
        sent = await context.reader.run(usage.latest)
        budgets = context.settings.home.openai
        return control.UsageReply(
            days=[control.UsageDay(**asdict(day)) for day in days],
            sent=[_sent(row) for row in sent],
            today=context.ledger.today(),
            month=context.ledger.month(),
            daily_budget=budgets.daily_budget,
            monthly_budget=budgets.monthly_budget,
            prices_date=context.prices.date,
        )

    async def doctor(
        self, asker: Asker, request: control.Doctor
    ) -> control.DoctorReply:
        """Check for common problems."""
        found = await check_all(self._context)
        return control.DoctorReply([*found, *self._running()])

    def _running(self) -> list[control.Check]:
        """Return how the running bot is: its connection, and standing troubles."""
        discord, troubles = self.discord(), self._context.troubles.every
        found = [control.Check("running", False, t.detail, t.hint) for t in troubles]
        if discord.state == "online":
            detail = f"Connected as {discord.user}."
            return [control.Check("discord", True, detail, discord.hint), *found]
        if discord.state != "off":
            detail = discord.reason or f"The bot is {discord.state}."
            found.append(control.Check("discord", False, detail, discord.hint))
        return found


def _sent(row: StoredUsage) -> control.UsageCall:
    return control.UsageCall(
        at=row.created / 1000,
        host=row.host,
        bytes_sent=row.bytes_sent,
        reply=row.reply_id,
        guild=row.guild_id,
        model=row.model,
        cost=row.cost,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
    )
