"""The port of the owner's computer: its model, its health, and what may be changed."""

import asyncio
from collections.abc import Sequence

from app.core.errors import UsageError
from app.ipc import control
from app.ipc.control import Check, ModelEntry, StatusReply
from app.ipc.wire import Params
from app.service.app_context import AppContext
from app.service.doctor import check_all
from app.service.handlers.app import AppHandlers
from app.service.handlers.models import ModelHandlers
from app.settings import host_keys
from app.settings.host_names import OPENAI, names_in
from app.settings.hosts import hosts_of
from app.settings.owner_rules import check_owner


class StoredMachine:
    """Asks the handlers that the screens and commands ask."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._app = AppHandlers(context)
        self._models = ModelHandlers(context)

    async def status(self) -> StatusReply:
        """Return the state of model, cloud and replies."""
        return await self._app.status(NobodyAsks(), control.Status())

    async def checks(self, *, is_owner: bool) -> Sequence[Check]:
        """Look for common problems, as the check-up does."""
        check_owner(is_owner)
        troubles = self._context.troubles.every
        running = [Check("running", False, one.detail, one.hint) for one in troubles]
        return [*await check_all(self._context), *running]

    async def models(self) -> Sequence[ModelEntry]:
        """Return the language models that are on the computer."""
        found = await self._models.models(NobodyAsks(), control.Models())
        return [one for one in found.models if one.present and one.kind == "llm"]

    async def cloud_host(self) -> str:
        """Return the name of the host in the cloud that the owner set up.

        Hosts that replies come from go first, then those that have a key.
        """
        config = self._context.settings.home
        hosts = [one for one in hosts_of(config) if one.has_address]
        away = [one.name for one in hosts if one.address.is_cloud]
        used = [one for one in names_in(config) if one in away]
        if used:
            return used[0]
        for one in hosts:
            key = await asyncio.to_thread(host_keys.get, self._context.home, one)
            if one.name in away and key is not None:
                return one.name
        return next(iter(away), OPENAI)

    async def use_model(self, name: str, *, is_owner: bool) -> str:
        """Use a model of the list from the next reply on, in every server."""
        check_owner(is_owner)
        names = [one.name for one in await self.models()]
        if name not in names:
            known = ", ".join(names) or "none"
            raise UsageError(f"There is no model {name} here.", f"Present: {known}.")
        request = control.ModelUse(name)
        return (await self._models.model_use(NobodyAsks(), request)).name


class NobodyAsks:
    """An asker who wants no notifications."""

    async def notify(self, notification: Params) -> None:
        """Do nothing."""
