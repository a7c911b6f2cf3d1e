"""Time searches among many messages, without and with their index.

python -m tests.bench.bench_search --messages 1000000
"""

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

from app.core.names import GuildId
from app.service.search_keeper import SLICE
from app.service.words.guild_year import year_of
from app.store import authors, forgetting, guilds, members, messages
from app.store.database import Database
from app.store.search.occurrences import occurrences

SYLLABLES = "ba ko ri sen ta lu mo ne fi gra pel do shi wen ar ul ist ei qu ob".split()
CHANNELS, BATCH, PAGE = 20, 2000, 300


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--messages", type=int, default=100_000)
    count = asked.parse_args().messages
    with tempfile.TemporaryDirectory(prefix="mynah-") as folder:
        with Database(Path(folder) / "mynah.db") as database:
            database.call(authors.open_key, Path(folder) / "author.key")
            seconds = timed(lambda: fill(database, count))
            print(f"{count:,} messages stored in {seconds:.1f} s")
            print("by reading:")
            search(database)
            slices = list(indexed(database))
            print(
                f"indexed in {sum(slices):.1f} s, slices of {SLICE}:"
                f" median {1000 * sorted(slices)[len(slices) // 2]:.1f} ms,"
                f" longest {1000 * max(slices):.0f} ms"
            )
            print("with the index:")
            search(database)
            print("/origin:")
            trace(database)
            print(f"/wrapped: {1000 * timed(partial(wrap, database)):.0f} ms")
            rows = database.call(forgetting.rows_of_guild, GuildId(1))[:1000]
            seconds = timed(lambda: database.call(forgetting.delete, GuildId(1), rows))
            print(f"1,000 messages forgotten in {1000 * seconds:.0f} ms")
            print(f"written anew in {timed(database.compact):.1f} s")
    return 0


def fill(database: Database, count: int) -> None:
    """Store lines of words that are as frequent as words are."""
    rng = Random(1)
    words = [
        "".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(60_000)
    ]
    weights = list(itertools.accumulate(1 / n for n in range(1, len(words) + 1)))
    guild = database.call(guilds.ensure, "Harbour").id
    member = database.call(members.ensure, guild, "ann", "Ann").id
    places = [
        database.call(guilds.ensure_channel, guild, f"c{n}", f"{n + 1}").id
        for n in range(CHANNELS)
    ]
    for start in range(0, count, BATCH):
        lines = [
            messages.NewMessage(
                rng.choice(places),
                member,
                str(n),
                n * 1000,
                " ".join(rng.choices(words, cum_weights=weights, k=rng.randint(2, 18))),
            )
            for n in range(start, start + BATCH)
        ]
        database.call(messages.add_many, guild, lines)


def indexed(database: Database) -> Iterator[float]:
    """Fill the index; yield the seconds of each slice."""
    left = 1
    while left:
        began = time.perf_counter()
        left = database.call(messages.extend_index, SLICE)
        yield time.perf_counter() - began


def search(database: Database) -> None:
    for words in ("nowhere", "qudopel", "wenwen do", "shi", "zq", "ba", "e"):
        for place, channel in (("all", None), ("a channel", 3)):
            look = partial(
                messages.page, GuildId(1), channel=channel, containing=words, limit=PAGE
            )
            found = len(database.call(look))
            ms = 1000 * min(timed(partial(database.call, look)) for _ in range(3))
            print(f"  {words!r:12} in {place:9} {found:3} found {ms:6.0f} ms")


def trace(database: Database) -> None:
    for phrase in ("nowhere", "qudopel", "wenwen do", "bako", "shi"):
        look = partial(occurrences, GuildId(1), phrase, None)
        found = database.call(look).messages
        ms = 1000 * min(timed(partial(database.call, look)) for _ in range(3))
        print(f"  {phrase!r:12} {found:9,} found {ms:6.0f} ms")


def wrap(database: Database) -> None:
    """Count a year of all channels, which has every message."""
    channels = range(1, CHANNELS + 1)
    asyncio.run(year_of(database, GuildId(1), channels, 1970, 0.0))


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
