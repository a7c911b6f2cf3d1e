"""The host behind the Discord client: the service's parts under Discord's ids."""

import time
from collections.abc import Collection
from random import Random

from app.bot.discord_host_privacy import PrivacyHost
from app.bot.discord_host_replies import RepliesHost
from app.bot.host import Place
from app.bot.parts import Parts
from app.bot.settings import Explained
from app.bot.week import Week, week_of
from app.config import Config


class DiscordHost(RepliesHost, PrivacyHost):
    """Everything the client asks for, done by the parts of one home."""

    def __init__(self, parts: Parts, rng: Random) -> None:
        super().__init__(parts)
        self._rng = rng

    async def settings(self, place: Place) -> Config:
        """The settings that hold in a channel."""
        guild, channel = await self.rows_of(place)
        return await self._parts.settings.of(guild, channel)

    async def explain_settings(self, place: Place) -> list[Explained]:
        """Every setting that can differ in a channel, with its origin."""
        guild, channel = await self.rows_of(place)
        explained = await self._parts.settings.explain(guild, channel)
        return [one for one in explained if one.key.scope != "home"]

    async def week(self, guild: int, channels: Collection[int]) -> Week:
        """The last seven days of some channels."""
        row = await self.guild_row(guild)
        now_ms = int(time.time() * 1000)
        return await week_of(self._parts.reader, row, channels, now_ms)

    async def change_setting(
        self,
        place: Place,
        name: str,
        text: str | None,
        *,
        channel_only: bool,
        agreed: bool = False,
    ) -> Explained:
        """Set or reset a setting of the guild, or of the channel alone."""
        guild, channel = await self.rows_of(place)
        scope = channel if channel_only else 0
        settings = self._parts.settings
        await settings.change(name, text, guild, scope, agreed=agreed)
        explained = await settings.explain(guild, channel)
        return next(one for one in explained if one.key.name == name)
