"""The bot on a Discord that others wrote: SimCord, in an environment of its own.

`python -m venv DIR && DIR/bin/pip install simcord==3.2.1`, then
`MYNAH_SIMCORD=DIR/bin/python pytest tests/discord/test_simcord.py`.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import discord.http
import pytest

from app.core.state_file import StateFile
from app.core.supervisor import Supervisor
from app.discord.connection import DiscordLink
from app.discord.controller import ports_of
from app.discord.surroundings import Surroundings
from app.service.service import Service
from app.store import guilds
from tests.discord.conftest import PACE
from tests.discord.real_host import LINES, count, eventually, stored

PYTHON = os.environ.get("MYNAH_SIMCORD", "")
WIRE = Path(__file__).parents[1] / "simcord_wire.py"

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not PYTHON, reason="MYNAH_SIMCORD names no Python with SimCord"),
]


class SimCord:
    """The program with SimCord, as a test talks to it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.about: dict[str, Any] = {}
        self.seen: list[dict[str, Any]] = []

    async def read(self) -> None:
        """Note what it tells, until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            if "api" in told:
                self.about = told
            else:
                self.seen.append(told)

    def ask(self, **wish: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wish).encode() + b"\n")

    def messages(self, author: int) -> list[dict[str, Any]]:
        """The messages of an author, in order."""
        made = [
            one["data"] for one in self.seen if one.get("event") == "MESSAGE_CREATE"
        ]
        return [one for one in made if one["author"]["id"] == str(author)]

    @property
    def refused(self) -> list[str]:
        return [one["refused"] for one in self.seen if "refused" in one]


@pytest.fixture
async def simcord(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SimCord]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        PYTHON, str(WIRE), stdin=pipe, stdout=pipe, limit=1 << 24
    )
    found = SimCord(process)
    reading = asyncio.create_task(found.read())
    await until(lambda: bool(found.about))
    monkeypatch.setattr(discord.http.Route, "API_BASE_URL", found.about["api"])
    yield found
    process.kill()
    await process.wait()
    await reading


async def until(is_so: Any) -> None:
    async def asked() -> bool:
        return bool(is_so())

    await eventually(asked)


async def test_it_connects_learns_answers_and_forgets_on_another_discord(
    simcord: SimCord, service: Service
) -> None:
    about, context = simcord.about, service.context
    shown = list[str]()
    around = Surroundings(
        ports_of(context, Random(3)),
        lambda: context.settings.home.bot,
        StateFile(context.home.discord_file),
        pace=PACE,
        supervisor=Supervisor(shown.append),
    )
    link = DiscordLink("token", around, lambda state: None)
    running = asyncio.create_task(link.run())
    try:
        await until(lambda: link.state.name == "online")
        guild = await context.database.run(guilds.find, str(about["guild"]))
        assert guild is not None and guild.name == "Harbour"
        channel = await context.database.run(
            guilds.ensure_channel, guild.id, "general", str(about["channel"])
        )
        await context.database.run(guilds.set_learning, channel.id, True)
        for line in LINES:
            simcord.ask(say=line)

        async def is_learned() -> bool:
            return await count(service) == len(LINES)

        await eventually(is_learned)
        simcord.ask(say=f"<@{about['bot']}> what about the boats?")
        await until(lambda: bool(simcord.messages(about["bot"])))
        first = simcord.messages(about["person"])[0]["id"]
        simcord.ask(edit=[int(first), "the owls of the harbour sleep by day"])

        async def is_edited() -> bool:
            return (await stored(service)).get(first, "").startswith("the owls")

        await eventually(is_edited)
        simcord.ask(delete=int(first))

        async def is_gone() -> bool:
            return first not in await stored(service)

        await eventually(is_gone)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    (said,) = simcord.messages(about["bot"])
    call = simcord.messages(about["person"])[len(LINES)]
    assert said["message_reference"]["message_id"] == call["id"]
    assert shown == [] and simcord.refused == []
