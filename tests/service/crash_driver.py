"""Imports, hears, edits, forgets and rebuilds at random until it is killed.

Started as `python crash_driver.py HOME FILES SEED`; says "ready" when it works.
"""

import asyncio
import sys
from pathlib import Path
from random import Random

from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.service.home_lock import hold
from app.service.job_runner import JobRunner
from app.service.voices.voice_keeper import VoiceKeeper
from app.settings.schema import Config
from app.store import forgetting, guilds, snapshots
from app.store.database import Database


async def built_in(guild: GuildId) -> Config:
    return Config()


async def work(home: Home, files: list[Path], rng: Random) -> None:
    with Database(home.database) as database:
        learning = VoiceKeeper(
            home, database, built_in, JobRunner(home), scrub_seconds=0.05
        )
        await learning.start()
        guild = (await database.run(guilds.ensure, "Elsinore")).id
        print("ready", flush=True)
        importing = asyncio.create_task(import_all(learning, guild, files, rng))
        while True:
            await step(learning, database, guild, rng)
            if importing.done():
                importing.result()
                importing = asyncio.create_task(import_all(learning, guild, files, rng))


async def import_all(
    learning: VoiceKeeper, guild: GuildId, files: list[Path], rng: Random
) -> None:
    await learning.import_files(guild, [rng.choice(files)])
    await learning.rebuild(guild)


async def step(
    learning: VoiceKeeper, database: Database, guild: GuildId, rng: Random
) -> None:
    number = rng.randrange(10**9)
    text = f"zq{number}zq the ghost was here"
    record = Record("7", "Ann", text, f"live{number}", 5, channel="c", channel_id="9")
    heard = await learning.hear(guild, [record])
    rows = await database.run(forgetting.rows_of_guild, guild)
    chosen = rng.sample(rows, min(len(rows), rng.randrange(1, 40)))
    match rng.randrange(5):
        case 0:
            await learning.forgetter.forget(guild, chosen, wait=False)
        case 1:
            await learning.edit(guild, rng.choice(heard), f"zq{number + 1}zq edited")
        case 2:
            await learning.forgetter.forget(guild, chosen[:3], wait=True)
        case 3:
            kept = await database.run(snapshots.get, guild, "kept")
            if kept is not None and rng.random() < 0.5:
                await learning.roll_back(kept, (), kept.settings)
            else:
                await database.run(snapshots.take, guild, "kept", number, len(rows))
        case _:
            await asyncio.sleep(0.02)


if __name__ == "__main__":
    root, folder, seed = sys.argv[1:]
    paths = sorted(Path(folder).glob("*.jsonl"))
    home = Home(Path(root))
    with hold(home):
        asyncio.run(work(home, paths, Random(int(seed))))
