"""Asking a service of this process, as a screen or a command would."""

from typing import Any

from app.service.app_context import Json
from app.service.service import Service
from app.settings.schema import Config


class Nobody:
    """An asker that needs no notifications."""

    async def notify(self, notification: object) -> None:
        pass


async def ask(service: Service, request: Any) -> Json:
    return await service.call(Nobody(), request)


async def built_in(guild: int) -> Config:
    """The settings of a guild that has none of its own."""
    return Config()
