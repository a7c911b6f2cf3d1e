"""Kills the bot's learning at random moments, and checks what is left each time."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psutil

from app.core.names import GuildId
from app.core.paths import Home
from app.service.job_runner import JobRunner
from app.service.voices.voice_keeper import VoiceKeeper
from app.store import guilds, voice_changes
from app.store.database import Database, tuples
from app.store.tables import Message
from tests.asking import built_in
from tests.home_files import matches_in

DRIVER = Path(__file__).with_name("crash_driver.py")
MARK = re.compile(r"zq[0-9]+zq")


def write_files(folder: Path, rng: Random, count: int = 4, rows: int = 3000) -> None:
    """Export files whose messages are each known by a mark."""
    folder.mkdir()
    for number in range(count):
        with (folder / f"{number}.jsonl").open("w") as file:
            for row in range(rows):
                words = rng.choices(["the", "king", "ghost", "was", "here"], k=5)
                text = f"zq{number}{row}zq {' '.join(words)}"
                line = {"id": f"{number}-{row}", "channel": "c", "author": "a"}
                file.write(json.dumps(line | {"text": text}) + "\n")


async def loop(root: Path, kills: int, rng: Random, longest: float) -> list[str]:
    """Kill `kills` times; returns a line about each, raises on the first fault."""
    files = root / "files"
    write_files(files, rng)
    home = Home(root / "home").create()
    said: list[str] = []
    for number in range(kills):
        waited = rng.uniform(0.0, longest)
        await asyncio.to_thread(
            _run_and_kill, home, files, rng.randrange(10**6), waited
        )
        said.append(f"kill {number + 1} after {waited:.2f} s: {await check(home)}")
    return said


def _run_and_kill(home: Home, files: Path, seed: int, seconds: float) -> None:
    command = [sys.executable, str(DRIVER), str(home.root), str(files), str(seed)]
    driver = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    assert driver.stdout and driver.stderr
    if driver.stdout.readline().strip() != b"ready":
        driver.kill()
        raise AssertionError(driver.stderr.read().decode())
    time.sleep(seconds)
    ended = driver.poll()
    driver.kill()
    _, errors = driver.communicate()
    assert ended is None, f"the driver ended by itself: {errors.decode()}"


async def check(home: Home) -> str:
    """Start as the bot does, and compare voice, files and database.

    Raises:
        AssertionError: If anything differs.
    """
    await asyncio.to_thread(wait_for_orphans, home)
    with Database(home.database) as database:
        assert await asyncio.to_thread(database.is_sound)
        learning = VoiceKeeper(
            home, database, built_in, JobRunner(home), scrub_seconds=0.0
        )
        guild = (await database.run(guilds.ensure, "Elsinore")).id
        changes = await database.run(voice_changes.changes, guild)
        await learning.start()
        voice = await learning.voice(guild)
        rows = await database.run(_learnable, guild)
        # After a rollback it speaks from the newest until its files are built anew.
        if voice_changes.ALL not in changes:
            assert voice.messages == len(rows), (voice.messages, len(rows))
        while learning._voices._tasks:
            await asyncio.gather(*learning._voices._tasks)
        assert voice.messages == len(rows), (voice.messages, len(rows))
        texts = await database.run(_texts)
        kept = {mark for text in texts for mark in MARK.findall(text)}
        await learning.close()
        stale = matches_in(home.root, MARK.pattern) - kept
        assert not stale, f"{len(stale)} forgotten marks are still on disk"
        assert voice.forget(rows) == len(rows)
    return f"{len(rows):,} messages as the database says"


def _learnable(guild: GuildId) -> list[int]:
    return [row for row, _, _ in voice_changes.learnable_page(guild)]


def _texts() -> list[str]:
    return [text for (text,) in tuples(Message.select(Message.text))]


def wait_for_orphans(home: Home) -> None:
    """A job ends when the bot's end of its pipe is gone; give it the moment."""
    deadline = time.monotonic() + 10
    while jobs := _jobs(home):
        if time.monotonic() > deadline:
            for job in jobs:
                job.kill()
            raise AssertionError("a job outlives the bot by ten seconds")
        time.sleep(0.05)


def _jobs(home: Home) -> list[psutil.Process]:
    words = {"job", str(home.root)}
    every = psutil.process_iter(["cmdline"])
    return [one for one in every if words <= {*(one.info["cmdline"] or ())}]
