"""The port of the owner's computer: its model, its health, and what may be changed."""

from collections.abc import Sequence

from app.core.errors import UsageError
from app.ipc import control
from app.ipc.control import Check, ModelEntry, StatusReply
from app.ipc.wire import Params
from app.service.app_context import AppContext
from app.service.doctor import check_all
from app.service.handlers.app import AppHandlers
from app.service.handlers.models import ModelHandlers
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
