"""Handlers for the features of a server: their costs, and what they stored."""

from app.core.errors import UsageError
from app.core.names import GuildId
from app.ipc import control
from app.service.app_context import AppContext
from app.service.events import Asker
from app.store import overview
from app.store.given import cleared

VECTORS, CHARACTERS, PICTURES = "memory.enabled", "speak.webhooks", "context.pictures"


class FeatureHandlers:
    """Answers the requests about features."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def features(
        self, asker: Asker, request: control.Features
    ) -> control.FeaturesReply:
        """Tell what each feature stored, and what it cost lately."""
        guild = await self._context.guild(request.guild)
        parts = await self._context.reader.run(overview.stored_parts, guild.id)
        costs = await self._costs(guild.id)
        return control.FeaturesReply(
            [control.StoredAmount(name, *part) for name, part in parts.items()], costs
        )

    async def _costs(self, guild: GuildId) -> list[control.MeasuredCost]:
        """Return what is known of costs, from replies, other uses and memory."""
        of_replies = await self._context.reader.run(overview.feature_costs, guild)
        times, memory = self._context.parts.times(guild), self._memory(guild)
        costs = []
        for name in sorted({*of_replies, *times, *memory}):
            known, ms = of_replies.get(name), None
            if known and known.ms is not None:
                ms = known.ms
            elif name in times:
                ms = times[name].ms
            tokens, replies = (known.tokens, known.replies) if known else (None, 0)
            held = memory.get(name)
            costs.append(control.MeasuredCost(name, replies, tokens, ms, held))
        return costs

    def _memory(self, guild: GuildId) -> dict[str, int]:
        """Return the bytes of what is open, and the most that children took."""
        context = self._context
        found = dict(context.senses.memory)
        if eyes := context.local.sight_bytes:
            found[PICTURES] = found.get(PICTURES, 0) + eyes
        held = {
            "context.lore": context.lorebooks.bytes_of(guild),
            VECTORS: context.memory.bytes_of(guild),
            CHARACTERS: context.cast.bytes_of(guild),
        }
        return found | {name: size for name, size in held.items() if size}

    async def feature_clear(
        self, asker: Asker, request: control.FeatureClear
    ) -> control.FeatureClearReply:
        """Delete what a feature stored, then out of every file of the home.

        Raises:
            UsageError: If it stores nothing, or another process holds the server.
        """
        context, name = self._context, request.setting
        guild = (await context.guild(request.guild)).id
        await context.held.require(guild)
        if name == VECTORS:
            count = await context.memory.drop(guild)
        elif name == CHARACTERS:
            count = await self._dismiss_all(guild)
        elif name in cleared.CLEARED:
            count = await context.database.run(cleared.CLEARED[name], guild)
        else:
            raise UsageError(f"{name} switches nothing that is stored.")
        await context.lorebooks.look_again(guild)
        complete = await context.forgetter.scrub(guild)
        return control.FeatureClearReply(name, count, complete)

    async def _dismiss_all(self, guild: GuildId) -> int:
        """Delete the characters with their lore; their webhooks go with them."""
        cast = self._context.cast
        there = await cast.of(guild)
        for one in there:
            await cast.remove(guild, one.name)
        await self._context.database.run(cleared.characters, guild)
        return len(there)
