"""Asking a service of this process, as a screen or a command would."""

from typing import TypeVar

from app.core.names import GuildId
from app.ipc.wire import Request
from app.service.service import Service
from app.settings.schema import Config

R = TypeVar("R")


class Nobody:
    """An asker that needs no notifications."""

    async def notify(self, notification: object) -> None:
        pass


async def ask(service: Service, request: Request[R]) -> R:
    return await service.call(Nobody(), request)


async def built_in(guild: GuildId) -> Config:
    """The settings of a guild that has none of its own."""
    return Config()
