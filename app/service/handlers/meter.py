"""Computes the meter, each guild's weekly figures, in the background."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from random import Random

from app.chat.prompt_settings import Mode, deadline_ms
from app.core.names import GuildId
from app.core.time_units import WEEK_MS
from app.ipc import control
from app.ipc.wire import build
from app.meter.advice import Advice, Tuned, advise
from app.meter.week import SpokenReply, Week, measure
from app.providers.base import Speed
from app.service.app_context import AppContext
from app.service.events import Asker
from app.settings.schema import Config
from app.store import guilds, meter
from app.store.meter import SentReply
from app.store.rows import StoredGuild
from app.voice.word_tokenizer import split

log = logging.getLogger(__name__)

KEPT_WEEKS = 12
FRESH_SECONDS = 24 * 3600.0
"""The figures of the present week are computed again when they are older."""

LOOK_SECONDS = 3600.0
PAUSE_SECONDS = 0.05
"""The pause after each guild, which is left to everything else."""

FIRST_LOOK_SECONDS = 120.0
"""The delay after the start, when the bot has better things to do."""

SAMPLED = 1500
"""The most members' messages to compare a week with, spread evenly."""

FEW = 50
"""The number below which earlier messages complete the week's."""

RECENT = 4
"""The number of turns that show a reply's topic."""

LEAST_RELEVANCE = 8
"""The number of replies below which closeness means nothing."""


class MeterHandlers:
    """Answers `Meter`, and computes the figures once a day."""

    def __init__(
        self, context: AppContext, now: Callable[[], float] = time.time
    ) -> None:
        """`now` is in seconds since the epoch."""
        self._context = context
        self._now = now
        self._rng = Random(0)
        self._warned: set[tuple[int, int]] = set()

    async def meter(self, asker: Asker, request: control.Meter) -> control.MeterReply:
        """Return the weeks of a guild, with advice."""
        guild = await self._context.guild(request.guild)
        if await self._context.held.holds(guild.id):
            await self._bring_up(guild, FRESH_SECONDS if not request.anew else 0.0)
        return await self._describe(guild, request.weeks)

    async def keep_up(self) -> None:
        """Compute the figures of the guilds where it spoke, forever."""
        await asyncio.sleep(FIRST_LOOK_SECONDS)
        while True:
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        context = self._context
        find = meter.guilds_with_replies
        spoke = await context.reader.run(find, self._first_week())
        for row in sorted(await context.held.among(spoke)):
            guild = await context.reader.run(guilds.get, row)
            if guild is not None:
                await self._bring_up(guild, FRESH_SECONDS)
                await self._warn(guild)
            await asyncio.sleep(PAUSE_SECONDS)

    def _first_week(self) -> int:
        this_week = meter.week_of(int(self._now() * 1000))
        return this_week - (KEPT_WEEKS - 1) * WEEK_MS

    async def _bring_up(self, guild: StoredGuild, fresh_seconds: float) -> None:
        """Compute the missing weeks, and the present one when it is old."""
        now_ms = int(self._now() * 1000)
        find = meter.weeks_with_replies
        wanted = await self._context.reader.run(find, guild.id, self._first_week())
        known = {
            row.start: row.made
            for row in await self._context.reader.run(meter.weeks, guild.id, KEPT_WEEKS)
        }
        for start in wanted:
            made = known.get(start, 0)
            is_over = made >= start + WEEK_MS
            if not is_over and now_ms - made >= fresh_seconds * 1000:
                week = await self._measure(guild.id, start)
                figures = week.as_json()
                await self._context.database.run(
                    meter.put, guild.id, start, figures, now_ms
                )

    async def _measure(self, guild: GuildId, start: int) -> Week:
        reader, end = self._context.reader, start + WEEK_MS
        sent = await reader.run(meter.sent, guild, start, end)
        members = await reader.run(meter.said, guild, start, end)
        if len(members) < FEW:
            members = await reader.run(meter.said_before, guild, end, SAMPLED)
        if len(members) > SAMPLED:
            members = self._rng.sample(members, SAMPLED)
        relevance = await self._relevance(sent)
        voice = await self._context.voices.voice(guild)
        said = [
            SpokenReply(
                reply.text, float(reply.timings.get("total", 0.0)), reply.rating
            )
            for reply in sent
        ]
        return await asyncio.to_thread(
            measure,
            said,
            members,
            split,
            voice.holds,
            voice.repeats,
            relevance,
            self._rng,
        )

    async def _relevance(self, sent: list[SentReply]) -> float | None:
        """Return the AUC of replies with a known conversation; None for too few."""
        pairs = [(reply.text, _texts(reply)) for reply in sent]
        known = [(text, turns) for text, turns in pairs if turns and text.strip()]
        if len(known) < LEAST_RELEVANCE:
            return None
        return await self._context.memory.relevance(known)

    async def _describe(self, guild: StoredGuild, limit: int) -> control.MeterReply:
        rows = await self._context.reader.run(meter.weeks, guild.id, limit)
        found = await self._advice(guild)
        return control.MeterReply(
            guild.name,
            [_metered(row.start, row.figures) for row in rows],
            [control.MeterAdvice(**vars(one)) for one in found],
        )

    async def _advice(self, guild: StoredGuild) -> list[Advice]:
        rows = await self._context.reader.run(meter.weeks, guild.id, KEPT_WEEKS)
        if not rows:
            return []
        *before, newest = [_week(row.figures) for row in rows]
        config = await self._context.settings.of(guild.id)
        return advise(newest, before, _tuned(config, self._context.local.speed))

    async def _warn(self, guild: StoredGuild) -> None:
        """Warn the owner of an alarm, once a week."""
        key = (guild.id, meter.week_of(int(self._now() * 1000)))
        alarms = [one for one in await self._advice(guild) if one.is_alarm]
        if alarms and key not in self._warned:
            self._warned.add(key)
            one = alarms[0]
            self._context.events.warn(f"{guild.name}: {one.finding}; {one.remedy}")


def _texts(reply: SentReply) -> list[str]:
    texts = [str(text) for _, text, *_ in reply.turns]
    return [text for text in texts[-RECENT:] if text.strip()]


def _week(figures: Mapping[str, object]) -> Week:
    """Return the stored figures; skip those of another version."""
    return build(Week, figures)


def _metered(start: int, figures: Mapping[str, object]) -> control.MeteredWeek:
    return control.MeteredWeek(start=start / 1000, **vars(_week(figures)))


def _tuned(config: Config, speed: Speed) -> Tuned:
    mode = config.reply.mode
    asked: Mode = "llm" if mode == "llm" else "hybrid"
    return Tuned(
        mode=mode,
        dial=config.reply.dial,
        max_words=config.reply.max_words,
        has_persona=bool(config.reply.persona),
        deadline_ms=deadline_ms(asked, config, speed),
    )
