"""Kills the bot while it hears, speaks and forgets, and checks the home each time."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

from tests.service.crash_loop import wait_for_orphans
from tests.service.forgetting_driver import act, read, write
from tests.service.forgetting_world import InlineJobs, World

DRIVER = Path(__file__).with_name("forgetting_driver.py")


async def loop(root: Path, kills: int, rng: Random, longest: float) -> list[str]:
    """Kill `kills` times; returns a line about each, raises on the first fault."""
    path = root / "state"
    world = World(root, rng)
    await world.open()
    for place in world.places:
        await world.listen(place, place.channel_name != "elsewhere")
    await world.end()
    write(path, world)
    said: list[str] = []
    for number in range(kills):
        seconds = rng.uniform(0.0, longest)
        is_early = rng.random() < 0.2
        seed = rng.randrange(10**6)
        await asyncio.to_thread(_run_and_kill, path, seed, seconds, is_early)
        step, counts = await check(path, rng)
        said.append(f"kill {number + 1} during {step or 'a pause'}: {counts}")
        print(said[-1], flush=True)
    return said


def _run_and_kill(path: Path, seed: int, seconds: float, is_early: bool) -> None:
    """Kill it so long after it works, or even before that."""
    driver = subprocess.Popen(
        [sys.executable, str(DRIVER), str(path), str(seed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    assert driver.stdout
    if not is_early and driver.stdout.readline() != b"ready\n":
        assert driver.stderr
        raise AssertionError(driver.stderr.read().decode())
    time.sleep(seconds)
    ended = driver.poll()
    driver.kill()
    _, errors = driver.communicate()
    assert ended is None, f"the driver ended by itself: {errors.decode()}"


async def check(path: Path, rng: Random) -> tuple[str, str]:
    """Start as the bot does, finish the step that was cut off, and compare."""
    world, pending = read(path, rng, InlineJobs)
    await asyncio.to_thread(wait_for_orphans, world.home)
    await world.open()
    step = pending[0] if pending else ""
    try:
        if pending:
            await act(world, *pending)
        await world.check()
        counts = world.counts()
    finally:
        await world.end()
    write(path, world)
    kept, gone = counts["messages kept"], counts["messages gone"]
    return step, f"{kept:,} messages kept, {gone:,} gone"
