"""Does at random what people and owners do, until it is killed.

Started as `python forgetting_driver.py STATE SEED`; says "ready" when it works. The
state is what Discord has and what the bot acknowledged, with the step under way.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

from app.core.paths import Home
from app.ipc import control
from app.service.home_lock import hold
from app.service.job_runner import JobRunner
from tests.service import forgetting_outputs as outputs
from tests.service.forgetting_world import World

WAYS = ("ban", "opt out", "owner", "moderator", "member")
STEPS = {
    "say": 12, "mention": 5, "edit": 3, "delete": 2, "forget": 1, "opt in": 1,
    "import": 1, "catch up": 1, "talk": 1, "sum up": 1, "remember": 2, "snapshot": 1,
    "roll back": 1, "channel": 1, "restart": 1, "hide": 1, "replace": 1, "tokens": 1,
}  # fmt: skip
"""What is done, and how often."""


Pending = tuple[str, int] | None
"""The step under way: its name, and the number that chooses in it."""


def write(path: Path, world: World, pending: Pending = None) -> None:
    """Keep outside the home what survives a kill."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps({"world": world.as_json(), "pending": pending}))
    os.replace(unfinished, path)


def read(
    path: Path, rng: Random, jobs: Callable[[Home], JobRunner]
) -> tuple[World, Pending]:
    known = json.loads(path.read_text("utf-8"))
    pending = known["pending"]
    world = World.from_json(known["world"], rng, jobs)
    return world, tuple(pending) if pending else None


async def act(world: World, step: str, number: int) -> None:
    """Do one step; the same number chooses the same."""
    guild = world.guilds[number % 2]
    place = world.places[number % len(world.places)]
    author = world.people[number // 7 % len(world.people)]
    there = [one for one in world.said.values() if one.is_there]
    which = there[number % len(there)] if there else None
    match step:
        case "say":
            for _ in range(1 + number % 6):
                await world.say(place, author)
        case "mention":
            await world.mention(place, author)
        case "edit" if which:
            await world.edit(which)
        case "delete" if which:
            here = [one for one in there if one.place == which.place]
            await world.delete(*here[: 1 + number % 3])
        case "forget":
            await world.forget_person(guild, author, WAYS[number % len(WAYS)])
        case "opt in":
            await world.opt_in(guild, author)
        case "channel":
            await world.forget_channel(place)
            await world.listen(place, True)
        case "import":
            await world.import_all(guild)
        case "hide":
            await world.hide(number, bool(number % 3))
        case "replace":
            await outputs.replace_by_file(world, guild)
        case _:
            await _act_as_owner(world, step, guild)


async def _act_as_owner(world: World, step: str, guild: int) -> None:
    match step:
        case "catch up":
            await world.catch_up()
        case "talk":
            await world.talk(guild)
        case "sum up":
            await world.sum_up()
        case "remember":
            await world.remember()
        case "tokens":
            await world.build_tokens(guild)
        case "snapshot":
            await world.ask(control.SnapshotTake(str(guild), "kept"))
        case "roll back":
            found = await world.ask(control.Snapshots(str(guild)))
            for kept in found.snapshots[:1]:
                await world.ask(control.SnapshotRestore(str(guild), kept.name))
        case "restart":
            await world.restart()


async def play(path: Path, rng: Random) -> None:
    world, _ = read(path, rng, JobRunner)
    with hold(world.home):
        await world.open()
        print("ready", flush=True)
        while True:
            (step,) = rng.choices(list(STEPS), weights=list(STEPS.values()))
            number = rng.randrange(10**6)
            write(path, world, (step, number))
            await act(world, step, number)
            write(path, world)


if __name__ == "__main__":
    asyncio.run(play(Path(sys.argv[1]), Random(int(sys.argv[2]))))
