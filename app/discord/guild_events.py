"""The host behind the Discord client: the service's parts under Discord's ids."""

import time
from collections.abc import Collection
from random import Random

from app.discord.member_data import PrivacyHost
from app.discord.ports import MessagePlace
from app.discord.reply_service import RepliesHost
from app.service.app_context import AppContext
from app.service.weekly_stats import GuildWeek, week_of
from app.settings.effective import ResolvedSetting
from app.settings.schema import Config


class DiscordHost(RepliesHost, PrivacyHost):
    """Everything the client asks for, done by the parts of one home."""

    def __init__(self, context: AppContext, rng: Random) -> None:
        super().__init__(context)
        self._rng = rng

    async def settings(self, place: MessagePlace) -> Config:
        """Return the effective settings of a channel."""
        guild, channel = await self.rows_of(place)
        return await self._context.settings.of(guild, channel)

    async def explain_settings(self, place: MessagePlace) -> list[ResolvedSetting]:
        """Return every setting that can differ in a channel, with its origin."""
        guild, channel = await self.rows_of(place)
        explained = await self._context.settings.explain(guild, channel)
        return [one for one in explained if one.key.scope != "home"]

    async def week(self, guild: int, channels: Collection[int]) -> GuildWeek:
        """Return the last seven days of some channels."""
        row = await self.guild_row(guild)
        now_ms = int(time.time() * 1000)
        return await week_of(self._context.reader, row, channels, now_ms)

    async def change_setting(
        self,
        place: MessagePlace,
        name: str,
        text: str | None,
        *,
        channel_only: bool,
        agreed: bool = False,
    ) -> ResolvedSetting:
        """Set or reset a setting of the guild, or only of the channel."""
        guild, channel = await self.rows_of(place)
        scope = channel if channel_only else 0
        settings = self._context.settings
        await settings.change(name, text, guild, scope, agreed=agreed)
        explained = await settings.explain(guild, channel)
        return next(one for one in explained if one.key.name == name)
