"""Has the owner's own hosts load models, and this process load the way to hosts."""

import asyncio
from contextlib import suppress

from app.core.errors import AppError
from app.service.app_context import AppContext
from app.service.hosts.host_users import models_in_use
from app.settings.hosts import host_of

LOOK_SECONDS = 2.0
"""The longest time until a change of host or model counts."""

Wanted = tuple[str, str, str]
"""A host's name, its address, and a model there."""


class HostWarmer:
    """Loads both at start, and after a change of host, model or server."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._known: set[Wanted] = set()
        self._seen: int | None = None
        """The changes of settings that the last look knew."""
        self._loads: set[asyncio.Task[None]] = set()

    async def keep_up(self) -> None:
        """Look for models that replies need after a change, for ever."""
        while True:
            changes = self._context.settings.changes
            if changes != self._seen:
                await self.look()
                self._seen = changes
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Begin to load what is newly needed."""
        used = await models_in_use(self._context)
        for name in {name for name, _ in used}:
            # The first reply need not wait for it, nor anything else beside that.
            provider = self._context.providers.host(name)
            await asyncio.to_thread(provider.prepare)
        wanted = self._wanted(used)
        for name, _, model in wanted - self._known:
            load = asyncio.create_task(self._load(name, model))
            self._loads.add(load)
            load.add_done_callback(self._loads.discard)
        self._known = wanted

    async def _load(self, name: str, model: str) -> None:
        # If the host is off, the next reply says so; when it is on, that reply loads.
        with suppress(AppError):
            await self._context.providers.host(name).warm(model)

    def _wanted(self, used: set[tuple[str, str]]) -> set[Wanted]:
        home = self._context.settings.home
        found: set[Wanted] = set()
        for name, model in used:
            # An address that is none is the check-up's matter.
            with suppress(AppError):
                address = host_of(home, name).address
                if not address.is_cloud:
                    found.add((name, address.url, model))
        return found
