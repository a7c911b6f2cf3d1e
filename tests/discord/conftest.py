"""A stand-in for Discord, and the real client connected to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import discord.http
import pytest

from app.core.paths import Home
from app.core.state_file import StateFile
from app.core.supervisor import Supervisor
from app.discord.connection import DiscordLink
from app.discord.controller import ports_of
from app.discord.surroundings import ConnectionState, Pace, Surroundings
from app.service import token_check
from app.service.service import Service, open_service
from app.settings.config_file import save
from app.settings.speech_sections import BotSettings
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import TOKEN, DiscordStandIn

PACE = Pace(
    between_identifies=0.0,
    heartbeat_timeout=60.0,
    guild_ready_timeout=0.05,
    first_retry=0.05,
    longest_retry=0.2,
    between_compared=0.0,
    for_proxy=1.0,
)


@pytest.fixture
async def stand_in(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordStandIn]:
    """A running stand-in; at the end nothing the bot sent could have pinged anyone."""
    server = DiscordStandIn()
    await server.start()
    monkeypatch.setattr(discord.http.Route, "API_BASE_URL", server.api_url)
    monkeypatch.setattr(token_check, "API_URL", server.api_url.format(API_VERSION=10))
    yield server
    await server.stop()
    assert server.outbox.violations == []


class Running:
    """A link that runs in the background, with every state it was in."""

    def __init__(self, stand_in: DiscordStandIn, surroundings: Surroundings) -> None:
        self.stand_in = stand_in
        self.surroundings = surroundings
        self.states: list[ConnectionState] = []
        self.waits: list[float] = []
        self.shown: list[str] = []
        """What the supervisor showed to the owner."""

    @asynccontextmanager
    async def connected(self, token: str = TOKEN) -> AsyncIterator[DiscordLink]:
        """Run until the block ends; the bot is online and goes on when it begins."""
        async with self.started(token) as link:
            await self.stand_in.wait_for(lambda: link.state.name == "online")
            await self.stand_in.wait_for(
                lambda: link.client is not None and link.client.is_ready()
            )
            yield link

    @asynccontextmanager
    async def started(self, token: str = TOKEN) -> AsyncIterator[DiscordLink]:
        """Run until the block ends."""
        link = DiscordLink(token, self.surroundings, self.states.append, self._sleep)
        task = asyncio.create_task(link.run())
        try:
            yield link
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(min(seconds, 0.1))


@pytest.fixture
def host() -> MemoryHost:
    return MemoryHost()


Start = Callable[..., Running]


@pytest.fixture
def start(stand_in: DiscordStandIn, home: Home, host: MemoryHost) -> Start:
    """Makes a bot for the stand-in; keywords change its bot settings."""

    def make(
        pace: Pace = PACE, clock: Callable[[], float] = time.time, **settings: Any
    ) -> Running:
        chosen = BotSettings(**settings)
        state = StateFile(home.root / "discord.json")
        shown: list[str] = []
        supervisor = Supervisor(shown.append)
        around = Surroundings(
            host.ports, lambda: chosen, state, clock, pace=pace, supervisor=supervisor
        )
        running = Running(stand_in, around)
        running.shown = shown
        return running

    return make


@pytest.fixture
async def scene(stand_in: DiscordStandIn) -> Scene:
    return await Scene().enter(stand_in)


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    """The parts of a home that answers with the chain, and everybody at once."""
    save(home.config_file, "reply.mode", "markov")
    save(home.config_file, "speak.user_cooldown_seconds", 0.0)
    async with open_service(home, Random(7)) as opened:
        yield opened


@pytest.fixture
def running(stand_in: DiscordStandIn, home: Home, service: Service) -> Running:
    """A bot with the real ports."""
    ports = ports_of(service.context, Random(7))
    state = service.context.discord_state
    settings = service.context.settings
    around = Surroundings(ports, lambda: settings.home.bot, state, pace=PACE)
    return Running(stand_in, around)
