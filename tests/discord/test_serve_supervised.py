"""`mynah serve` keeps its background work alive, and its connection."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app import serve
from app.cli.connect import connect
from app.core import secrets, supervisor
from app.core.paths import Home
from app.discord.controller import DiscordController
from app.ipc import control
from app.service import logs
from app.service.service import Service
from app.settings.config_file import save
from tests.asking import Nobody
from tests.discord.conftest import PACE
from tests.discord.scene import Scene
from tests.discord_stand_in.server import TOKEN, WAIT_SECONDS, DiscordStandIn
from tests.discord_stand_in.world import Guild
from tests.service.test_metrics import body_of, free_port, is_open


@asynccontextmanager
async def serving(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Service, DiscordController]]:
    """The whole bot in this process, with its parts."""
    parts: list[tuple[Service, DiscordController]] = []

    class Calls(DiscordController):
        def __init__(self, context, rng):
            super().__init__(context, rng)
            object.__setattr__(self._surroundings, "pace", PACE)

    async def tell_state(service: Service, told: asyncio.Event) -> None:
        told.set()
        # Discord's part loads behind.
        while service.app.discord is control.DiscordStatus:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        parts.append((service, service.app.discord.__self__))  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    monkeypatch.setattr(serve, "_controller", lambda: Calls)
    monkeypatch.setattr(serve, "_tell_state", tell_state)
    root = logging.getLogger()
    before = list(root.handlers)
    monkeypatch.setattr(logs, "set_up", lambda *made: root.handlers.extend(made))
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    running = asyncio.ensure_future(serve._serve(home, None))
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while not parts:  # noqa: ASYNC110 - nobody tells when it is up
                await asyncio.sleep(0.01)
        yield parts[0]
    finally:
        await end(home)
        await running
        asyncio.get_running_loop().set_exception_handler(None)
        for handler in root.handlers[len(before) :]:
            handler.close()
        root.handlers[:] = before


async def end(home: Home) -> None:
    """Ask the bot in this process to end; Windows has no signal for that."""
    if os.name != "nt":
        os.kill(os.getpid(), signal.SIGTERM)
        return
    async with connect(home) as bot:
        await bot.call(control.Shutdown())


async def test_memory_that_breaks_is_started_again_and_the_owner_is_told(
    stand_in: DiscordStandIn,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save(home.config_file, "reply.mode", "markov")
    breaks = iter([True] * 3)

    async def keep_up(keeper: object) -> None:
        if next(breaks, False):
            raise ZeroDivisionError("memory broke")
        again.set()
        await asyncio.Event().wait()

    again = asyncio.Event()
    monkeypatch.setattr("app.service.memory_keeper.MemoryKeeper.keep_up", keep_up)
    async with serving(home, monkeypatch) as (service, _):
        await asyncio.wait_for(again.wait(), 15)
        told = [one.text for one in service.context.events.events]
    shown = [one for one in told if "Memory failed: ZeroDivisionError" in one]
    assert len(shown) == 1, "shown once, and logged each time"
    written = home.log_file.read_text(encoding="utf-8")
    assert written.count("ZeroDivisionError: memory broke") == 3
    assert written.count("Traceback") == 3


async def test_the_connection_outlives_an_error_and_reconnect_makes_a_new_one(
    stand_in: DiscordStandIn,
    home: Home,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save(home.config_file, "reply.mode", "markov")
    secrets.put(home, "bot_token", TOKEN)
    stand_in.gateway.broken_readies = 1
    plain, fails = secrets.get, iter([True])

    def get(where: Home, name: secrets.SecretName) -> str | None:
        if name == "bot_token" and next(fails, False):
            raise PermissionError("the keyring is closed")
        return plain(where, name)

    monkeypatch.setattr(secrets, "get", get)
    async with serving(home, monkeypatch) as (service, calls):
        await stand_in.wait_for(lambda: calls.state().state == "online")
        before = len(stand_in.gateway.identifies)
        await calls.reconnect(Nobody(), control.Reconnect())
        await stand_in.wait_for(lambda: len(stand_in.gateway.identifies) == before + 1)
        await stand_in.wait_for(lambda: calls.state().state == "online")
        status = await service.app.status(Nobody(), control.Status())
        told = [one.text for one in service.context.events.events]
    assert status.discord.state == "online"
    assert any("PermissionError" in one for one in told)
    assert any("KeyError" in one for one in told)


async def test_the_figures_tell_each_shards_connection(
    stand_in: DiscordStandIn,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in.gateway.required_shards = 2
    for number in range(4):
        await stand_in.add_guild(Guild(f"Guild {number}", id=(number + 1) << 22))
    port = free_port()
    save(home.config_file, "reply.mode", "markov")
    save(home.config_file, "metrics.port", port)
    secrets.put(home, "bot_token", TOKEN)
    async with serving(home, monkeypatch) as (service, calls):
        await stand_in.wait_for(lambda: calls.state().state == "online")
        await stand_in.wait_for(lambda: is_open(port))
        told = await body_of(service, f"http://127.0.0.1:{port}/metrics")
    assert 'mynah_discord_state{mynah_discord_state="online"} 1.0' in told
    for shard in range(2):
        assert f'mynah_shard_up{{shard="{shard}"}} 1.0' in told
    assert not is_open(port)


async def test_the_log_is_for_programs_where_the_owner_wants_that(
    stand_in: DiscordStandIn,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    save(home.config_file, "log.format", "json")
    async with serving(home, monkeypatch):
        pass
    lines = home.log_file.read_text(encoding="utf-8").splitlines()
    messages = [json.loads(line)["message"] for line in lines]
    assert "Mynah stops" in messages


async def test_a_connection_that_fell_silent_is_not_told_as_online(
    stand_in: DiscordStandIn,
    home: Home,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save(home.config_file, "reply.mode", "markov")
    secrets.put(home, "bot_token", TOKEN)
    async with serving(home, monkeypatch) as (service, calls):
        await stand_in.wait_for(lambda: calls.state().state == "online")
        # A real silence takes two minutes; the next heartbeat is due in 41 seconds.
        object.__setattr__(calls._surroundings.pace, "silence", 0.2)
        try:
            await stand_in.wait_for(lambda: calls.state().state == "connecting")
            status = await service.app.status(Nobody(), control.Status())
        finally:
            object.__setattr__(calls._surroundings.pace, "silence", 120.0)
    assert status.discord.reason == "Nothing comes from Discord."
