"""Pages of the learned guilds, with figures from a few queries."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.chat import feedback_weights
from app.core.files import size
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc.control import GuildFigures, Guilds, GuildsReply
from app.ipc.control.guilds import MOST_GUILDS
from app.service.app_context import AppContext
from app.settings.base_url import Address
from app.settings.host_names import OPENAI
from app.settings.hosts import host_of, hosts_for
from app.settings.schema import Config
from app.settings.speech_rules import is_listed
from app.store import feedback
from app.store import settings as stored_settings
from app.store.rows import StoredGuild
from app.store.search import guild_pages
from app.store.search.guild_pages import GuildTotals

MATURE = 2000
"""The number of messages from which a voice has plenty to say."""

MOST_OPENED = 50
"""The most guilds of a home whose voices are opened to count their words."""

SLOW_COUNT = 0.25
"""Seconds of the processor from which counting takes too long for every list."""

COUNT_REST = 20.0
"""As many times as long as a slow count took, it is not stored again."""

AT_ONCE = 100
"""Guilds described in one go, for some milliseconds."""


@dataclass(frozen=True)
class _Counts:
    """Figures of a guild from the database, and until when nobody counts again."""

    totals: GuildTotals
    disliked: int
    until: float = 0.0


@dataclass(frozen=True)
class _Ways:
    """A guild's settings, and the reason why a host may have nothing of it, if any."""

    config: Config
    refused: str


@dataclass(frozen=True)
class _Described:
    """All that the figures of one guild are made of."""

    guild: StoredGuild
    counts: _Counts
    ways: _Ways
    words: int | None
    disk: dict[str, int]
    holder: str


class GuildList:
    """Describes the learned guilds."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._counted: dict[GuildId, _Counts] = {}

    async def page(self, request: Guilds) -> GuildsReply:
        """Return the figures of the guilds that are asked for, by name."""
        run, limit = self._context.reader.run, min(request.limit, MOST_GUILDS)
        words, rows = request.words.strip(), request.rows[:MOST_GUILDS]
        found = await run(guild_pages.page, words, request.skip, limit)
        chosen = await run(guild_pages.listed, rows) if rows else found.guilds
        opens = found.all <= MOST_OPENED
        figures = await self._figures_of(chosen, opens=opens)
        return GuildsReply(figures, found.matching, found.all)

    async def _figures_of(
        self, every: Sequence[StoredGuild], *, opens: bool
    ) -> list[GuildFigures]:
        context = self._context
        rows = [guild.id for guild in every]
        counts = await self._counts_of(rows)
        own = await context.reader.run(stored_settings.guilds_of_their_own)
        disk = await asyncio.to_thread(_sizes, context.home, rows)
        words = await self._words(rows, opens=opens)
        holders = await context.held.holders(every)
        found = list[GuildFigures]()
        for start in range(0, len(every), AT_ONCE):
            await asyncio.sleep(0)
            some = every[start : start + AT_ONCE]
            ways = await self._ways([guild.id for guild in some], own)
            for guild in some:
                row, holder = guild.id, holders.get(guild.id, "")
                known = (counts[row], ways[row], words[row], disk[row], holder)
                found.append(self._figures(_Described(guild, *known)))
        return found

    async def _counts_of(self, rows: Sequence[GuildId]) -> Mapping[GuildId, _Counts]:
        """Return the figures from the database; those that take long are a bit old."""
        clock, never = asyncio.get_running_loop().time, _Counts(GuildTotals(), 0)
        now, known = clock(), self._counted
        old = [row for row in rows if known.get(row, never).until <= now]
        if old:
            found, took = await self._context.reader.run(_count, old)
            until = clock() + COUNT_REST * took if took > SLOW_COUNT else 0.0
            known |= {row: _Counts(*one, until) for row, one in found.items()}
        return known

    async def _words(
        self, rows: Sequence[GuildId], *, opens: bool
    ) -> dict[GuildId, int | None]:
        """Return the words of each voice; None of those that nobody has counted."""
        voices = self._context.voices
        if opens:
            held = await self._context.held.among(rows)
            return {
                row: (await voices.voice(row)).words if row in held else None
                for row in rows
            }
        return await asyncio.to_thread(voices.known_words, rows)

    async def _ways(
        self, rows: Sequence[GuildId], own: Collection[GuildId]
    ) -> dict[GuildId, _Ways]:
        """Return the settings of guilds; all without any of their own have the same."""
        settings = self._context.settings
        alike = [row for row in rows if row not in own]
        asked = [row for row in rows if row in own] + alike[:1]
        await settings.read_ahead(asked)
        configs = {row: await settings.of(row) for row in asked}
        addresses = {row: _first_address(config) for row, config in configs.items()}
        refused = await self._context.gate.refusals(addresses, "replies")
        ways = {row: _Ways(configs[row], refused.get(row, "")) for row in asked}
        return ways | {row: ways[alike[0]] for row in alike}

    def _figures(self, known: _Described) -> GuildFigures:
        guild, totals, config = known.guild, known.counts.totals, known.ways.config
        reply, last, learned = config.reply, totals.last_reply, totals.learned
        backlog = max(0, learned - totals.embeddings)
        listed = self._context.settings.home.bot.servers
        return GuildFigures(
            row=guild.id,
            id=guild.discord_id,
            guild=guild.name,
            key=guild.discord_id or guild.name,
            messages=totals.messages,
            learned=learned,
            dropped={**totals.dropped},
            words=known.words,
            voice=state_of_voice(learned),
            embeddings=totals.embeddings,
            backlog=backlog if config.memory.enabled else 0,
            bytes=known.disk,
            mode=reply.mode,
            provider=reply.provider,
            dial=reply.dial,
            join_in=config.speak.join_in,
            shadow=reply.shadow,
            local_only=reply.local_only,
            refused=known.ways.refused,
            is_demo=guild.is_demo,
            is_listed=is_listed(listed, guild.discord_id),
            disliked=known.counts.disliked,
            opted_out=totals.opted_out,
            last_reply=last / 1000 if last else None,
            holder=known.holder,
        )


def _first_address(config: Config) -> Address:
    hosts = [*hosts_for(config), host_of(config, OPENAI)]
    return next(one for one in hosts if one.has_address).address


def _count(
    rows: Sequence[GuildId],
) -> tuple[dict[GuildId, tuple[GuildTotals, int]], float]:
    """Return totals and disliked messages, and how long the processor took."""
    began = time.thread_time()
    votes = feedback.votes_by_guild(rows)
    disliked = {guild: len(feedback_weights.weights(of)) for guild, of in votes.items()}
    found = {
        guild: (totals, disliked.get(guild, 0))
        for guild, totals in guild_pages.totals(rows).items()
    }
    return found, time.thread_time() - began


def state_of_voice(learned: int) -> str:
    """Describe the state of a voice in words."""
    if not learned:
        return "empty"
    return "speaks well" if learned >= MATURE else "speaks, still learning"


def _sizes(home: Home, rows: Sequence[GuildId]) -> dict[GuildId, dict[str, int]]:
    """Return the bytes on disk of each guild by part."""
    # Few of many servers have files; small voices are in memory alone.
    nothing = {"voice": 0, "tokens": 0, "index": 0}
    return {
        row: {
            "voice": size(home.voice(row)),
            "tokens": size(home.guild(row) / "tokens"),
            "index": size(home.index(row)),
        }
        if home.guild(row).exists()
        else nothing
        for row in rows
    }
