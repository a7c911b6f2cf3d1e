"""The bot answers before Discord's part of it is loaded, and loses nothing by that."""

import asyncio
import gc
from random import Random

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.discord.controller import DiscordController
from app.ipc import control
from app.serve import LateDiscord
from app.service.service import Service, open_service
from app.store import guilds

Withdrawn = list[tuple[int, list[tuple[str, str]]]]


@pytest.fixture
def withdrawn(monkeypatch: pytest.MonkeyPatch) -> Withdrawn:
    """What is to be deleted on Discord."""
    found: Withdrawn = []

    async def note(
        self: DiscordController, guild: GuildId, sent: list[tuple[str, str]]
    ) -> None:
        found.append((guild, sent))

    monkeypatch.setattr(DiscordController, "withdraw", note)
    return found


async def ask(service: Service, discord: LateDiscord) -> object:
    handler = discord.handlers[control.Reconnect.method]
    return await handler(None, control.Reconnect())  # type: ignore[arg-type]


async def test_a_request_waits_until_discord_is_loaded(home: Home):
    async with open_service(home, Random(1)) as service:
        discord = LateDiscord(service)
        assert service.app.discord() == control.DiscordStatus()
        asked = [asyncio.create_task(ask(service, discord)) for _ in range(2)]
        asked[0].cancel()
        answered = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(answered[0], asyncio.CancelledError)
        assert not isinstance(answered[1], BaseException)
        assert isinstance(service.app.discord.__self__, DiscordController)  # type: ignore[attr-defined]


async def test_what_was_loaded_is_not_looked_through_for_garbage(home: Home):
    gc.unfreeze()
    async with open_service(home, Random(1)) as service:
        await ask(service, LateDiscord(service))
        # Among it are the functions of each module, which is 20 ms of the loop's time.
        assert gc.get_freeze_count() > 100_000
        assert not any(one is LateDiscord for one in gc.get_objects())


async def test_what_is_forgotten_before_discord_is_loaded_is_deleted_there_too(
    home: Home, withdrawn: Withdrawn
):
    async with open_service(home, Random(1)) as service:
        LateDiscord(service)
        guild = (await service.context.database.run(guilds.ensure, "den", "70")).id
        told = service.context.forgetter.on_withdrawn
        assert told is not None
        await told(guild, [("5", "900")])
        assert withdrawn == [(guild, [("5", "900")])]
