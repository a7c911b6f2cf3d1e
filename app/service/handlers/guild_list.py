"""Pages of the learned guilds, with figures from a few queries."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.chat import feedback_weights
from app.core.files import size
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc.control import GuildFigures, Guilds, GuildsReply
from app.ipc.control.guilds import MOST_GUILDS
from app.service.app_context import AppContext
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
"""As many times as long as a slow count took, it is not counted again."""

AT_ONCE = 100
"""Guilds described in one go, for some milliseconds."""


@dataclass(frozen=True)
class _Ways:
    """A guild's settings, and the reason why a host may have nothing of it, if any."""

    config: Config
    refused: str


class GuildList:
    """Describes the learned guilds."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._known: Mapping[GuildId, GuildTotals] = {}
        self._known_until = 0.0

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
        context, reader = self._context, self._context.reader
        rows = [guild.id for guild in every]
        totals = await self._totals(rows)
        own = await reader.run(stored_settings.guilds_of_their_own)
        disk = await asyncio.to_thread(_sizes, context.home, rows)
        words = await self._words(rows, opens=opens)
        holders = await context.held.holders(every)
        alike: _Ways | None = None
        found = list[GuildFigures]()
        for place, guild in enumerate(every):
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)
            if guild.id in own:
                ways = await self._ways(guild.id)
            else:
                ways = alike = alike or await self._ways(guild.id)
            one = totals[guild.id]
            disliked = await self._disliked(guild.id) if one.is_rated else 0
            figures = self._figures(
                guild, one, ways, words[guild.id], disk[guild.id], disliked, holders
            )
            found.append(figures)
        return found

    async def _totals(self, rows: Sequence[GuildId]) -> Mapping[GuildId, GuildTotals]:
        """Return the figures from the database; those that take long are a bit old."""
        loop = asyncio.get_running_loop()
        if loop.time() >= self._known_until or not self._known.keys() >= set(rows):
            self._known, took = await self._context.reader.run(_counted, rows)
            rest = COUNT_REST * took if took > SLOW_COUNT else 0.0
            self._known_until = loop.time() + rest
        return self._known

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

    async def _disliked(self, guild: GuildId) -> int:
        votes = await self._context.reader.run(feedback.votes_by_source, guild)
        return len(feedback_weights.weights(votes))

    async def _ways(self, guild: GuildId) -> _Ways:
        config = await self._context.settings.of(guild)
        hosts = [*hosts_for(config), host_of(config, OPENAI)]
        address = next(one for one in hosts if one.has_address).address
        refused = await self._context.gate.refuses(address, "replies", [guild])
        return _Ways(config, refused or "")

    def _figures(
        self,
        guild: StoredGuild,
        totals: GuildTotals,
        ways: _Ways,
        words: int | None,
        disk: dict[str, int],
        disliked: int,
        holders: Mapping[GuildId, str],
    ) -> GuildFigures:
        reply, last = ways.config.reply, totals.last_reply
        learned = totals.learned
        listed = self._context.settings.home.bot.servers
        backlog = max(0, learned - totals.embeddings)
        return GuildFigures(
            row=guild.id,
            id=guild.discord_id,
            guild=guild.name,
            key=guild.discord_id or guild.name,
            messages=totals.messages,
            learned=learned,
            dropped={**totals.dropped},
            words=words,
            voice=state_of_voice(learned),
            embeddings=totals.embeddings,
            backlog=backlog if ways.config.memory.enabled else 0,
            bytes=disk,
            mode=reply.mode,
            provider=reply.provider,
            dial=reply.dial,
            join_in=ways.config.speak.join_in,
            shadow=reply.shadow,
            local_only=reply.local_only,
            refused=ways.refused,
            is_demo=guild.is_demo,
            is_listed=is_listed(listed, guild.discord_id),
            disliked=disliked,
            opted_out=totals.opted_out,
            last_reply=last / 1000 if last else None,
            holder=holders.get(guild.id, ""),
        )


def _counted(
    rows: Sequence[GuildId],
) -> tuple[Mapping[GuildId, GuildTotals], float]:
    """Return the figures of guilds, and the seconds of the processor for them."""
    began = time.thread_time()
    return guild_pages.totals(rows), time.thread_time() - began


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
