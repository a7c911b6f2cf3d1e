"""How many files of the program work on one thing: `python -m tests.bench.bench_paths`.

Counted are the modules of `app` of which a function runs between a message on Discord
and its reply, for one `say` of the chain, for one change of a server's setting, and for
one import with its child; `--names` lists them.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from types import FrameType

import discord.http

from app.core import secrets
from app.core.paths import Home
from app.discord.controller import DiscordController
from app.ipc import control
from app.service.service import Service, open_service
from app.settings.config_file import save
from tests.asking import Nobody
from tests.discord.conftest import PACE
from tests.discord.real_host import LINES, listen, teach
from tests.discord.scene import Scene
from tests.discord_stand_in.server import TOKEN, DiscordStandIn

APP = str(Path(__file__).parents[2] / "app") + os.sep
SEEN = "MYNAH_BENCH_SEEN"
"""Names the file to which a child adds its modules."""

CHILD = """
import atexit, os, sys, threading
sys.path.insert(0, {root!r})
from tests.bench.bench_paths import _noted, note
seen = set()
_noted.append(seen)
sys.setprofile(note)
threading.setprofile(note)
def tell():
    sys.setprofile(None)
    with open(os.environ[{key!r}], "a") as file:
        file.write("".join(f"{{name}}\\n" for name in seen))
atexit.register(tell)
"""


_noted: list[set[str]] = []
"""Where the files go of which functions run now; none while nothing is watched."""


def note(frame: FrameType, event: str, argument: object) -> None:
    """A profile function that notes the files of `app` whose functions run."""
    code = frame.f_code
    if event == "call" and _noted and code.co_filename.startswith(APP):
        if code.co_name not in ("<module>", "<listcomp>"):
            _noted[-1].add(code.co_filename[len(APP) :])


@contextlib.contextmanager
def watched(seen: set[str]) -> Iterator[None]:
    """Note what runs until the block ends."""
    _noted.append(seen)
    try:
        yield
    finally:
        _noted.pop()


@asynccontextmanager
async def online(service: Service) -> AsyncIterator[tuple[DiscordStandIn, Scene]]:
    """A stand-in for Discord with a bot that has learned some lines there."""
    stand_in = DiscordStandIn()
    await stand_in.start()
    discord.http.Route.API_BASE_URL = stand_in.api_url
    scene = await Scene().enter(stand_in)
    secrets.put(service.context.home, "bot_token", TOKEN)
    calls = DiscordController(service.context, Random(7))
    calls._surroundings = replace(calls._surroundings, pace=PACE)
    running = asyncio.create_task(calls.run())
    try:
        await stand_in.wait_for(lambda: calls._state.name == "online")
        await listen(stand_in, scene)
        await teach(stand_in, service, scene)
        yield stand_in, scene
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await stand_in.stop()


async def reply(service: Service, seen: set[str]) -> None:
    async with online(service) as (stand_in, scene):
        call = f"{stand_in.bot.mention} what about the boats"
        await stand_in.say(scene.general, scene.ann, call)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await asyncio.sleep(0.5)
        with watched(seen):
            await stand_in.say(scene.general, scene.ben, call)
            await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)


async def ask(service: Service, seen: set[str], request: control.Say) -> None:
    await service.call(Nobody(), request)
    with watched(seen):
        await service.call(Nobody(), request)


async def measure(root: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    file = root / "lines.txt"
    file.write_text("\n".join(LINES * 20))
    children = root / "site"
    children.mkdir()
    start = CHILD.format(root=str(Path(APP).parent), key=SEEN)
    (children / "sitecustomize.py").write_text(start)
    seen_file = root / "seen"
    os.environ[SEEN], os.environ["PYTHONPATH"] = str(seen_file), str(children)
    async with open_service(fresh(root, "first"), Random(7)) as service:
        kept = found["an import, with its child"] = set()
        first = control.Import(guild="Elsinore", paths=[str(file)])
        with watched(kept):
            await service.call(Nobody(), first)
        while not seen_file.exists():  # noqa: ASYNC110 - the child notes its own late
            await asyncio.sleep(0.1)
        kept |= set(seen_file.read_text("utf-8").split())
        told = found["a say of the chain"] = set()
        say = control.Say(guild="Elsinore", text="the tide", mode="markov")
        await ask(service, told, say)
        changed = found["a change of a setting"] = set()
        change = control.ConfigSet(key="reply.dial", value="60", guild="Elsinore")
        await ask(service, changed, change)  # type: ignore[arg-type]
    async with open_service(fresh(root, "second"), Random(7)) as service:
        answered = found["a reply on Discord"] = set()
        await reply(service, answered)
    return found


def fresh(root: Path, name: str) -> Home:
    """A home that answers with the chain, and everybody at once."""
    home = Home(root / name).create()
    save(home.config_file, "reply.mode", "markov")
    save(home.config_file, "speak.user_cooldown_seconds", 0.0)
    return home


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", action="store_true")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    threading.setprofile(note)
    sys.setprofile(note)
    with tempfile.TemporaryDirectory() as directory:
        found = asyncio.run(measure(Path(directory)))
    for what, names in found.items():
        print(f"{what:28}{len(names):4} files")
        if arguments.names:
            print(*(f"  {name}" for name in sorted(names)), sep="\n")


if __name__ == "__main__":
    main()
