"""Has the owner's own hosts load models before replies need them."""

import asyncio
from contextlib import suppress

from app.core.errors import AppError
from app.service.app_context import AppContext
from app.service.hosts.host_users import users

LOOK_SECONDS = 2.0
"""The longest time until a change of host or model counts."""

Wanted = tuple[str, str]
"""An address and a model."""


class HostWarmer:
    """Loads models at start, and after a change of host, model or server."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._known: set[Wanted] = set()
        self._loads: set[asyncio.Task[None]] = set()

    async def keep_up(self) -> None:
        """Look for models that replies now need, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Begin to load what is newly needed."""
        wanted = await self._wanted()
        for _, model in wanted - self._known:
            load = asyncio.create_task(self._load(model))
            self._loads.add(load)
            load.add_done_callback(self._loads.discard)
        self._known = wanted

    async def _load(self, model: str) -> None:
        # If the host is off, the next reply says so; when it is on, that reply loads.
        with suppress(AppError):
            await self._context.cloud.warm(model)

    async def _wanted(self) -> set[Wanted]:
        settings = self._context.settings
        address = settings.home.openai.address
        if address.is_cloud:
            return set()
        configs = [await settings.of(guild.id) for guild in await users(self._context)]
        if settings.home.reply.provider == "openai":
            configs.append(settings.home)
        return {(address.url, config.openai.model) for config in configs}
