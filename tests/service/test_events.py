"""Whoever works behind new messages asks the database for them only when told."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app.importers.records import Record
from app.service import events, memory_keeper, search_keeper, summaries
from app.service.search_keeper import SearchKeeper
from app.service.service import Service
from app.service.words import people_keeper
from app.service.words.people_keeper import PeopleKeeper
from app.store import guilds
from app.store.database import Database
from tests.discord.real_host import eventually

Work = Coroutine[Any, Any, None]

WORKS: dict[str, Callable[[Service], Work]] = {
    "last_row": lambda service: service.context.memory._keep_up_vectors(),
    "long_ones": lambda service: service.context.memory.keep_up(),
    "extend_index": lambda service: SearchKeeper(service.context).keep_up(),
    "_behind": lambda service: PeopleKeeper(service.context).keep_up(),
}
"""The work by what it asks the database first."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is asked of the database, while everybody looks without a pause."""
    monkeypatch.setattr(events, "UNTOLD_SECONDS", 1e9)
    for module in (memory_keeper, people_keeper, search_keeper, summaries):
        monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    counted, plain = Counter[str](), Database.submit

    def submit(database: Database, function: Any, *args: Any, **kwargs: Any) -> Any:
        counted[getattr(function, "__name__", "")] += 1
        return plain(database, function, *args, **kwargs)

    monkeypatch.setattr(Database, "submit", submit)
    return counted


@pytest.mark.parametrize("what", WORKS)
async def test_nobody_asks_for_new_messages_before_there_are_some(
    service: Service, asked: Counter[str], what: str
) -> None:
    run, voices = service.context.database.run, service.context.voices
    den = (await run(guilds.ensure, "den")).id
    await run(guilds.ensure_channel, den, "general", "7")

    def count() -> int:
        return asked.total() - asked["numbers"]

    async def rests() -> bool:
        """Tell if nothing was asked while all could go on, but something before."""
        before = count()
        for _ in range(100):
            await asyncio.sleep(0)
        await run(guilds.numbers)
        return bool(asked[what]) and count() == before

    work = asyncio.create_task(WORKS[what](service))
    await eventually(rests)
    for _ in range(20):
        assert await rests()
    at_rest = asked[what]
    line = Record("ann", "Ann", "the tide is out", id="1", ts=1, channel_id="7")
    await voices.hear(den, [line])

    async def is_asked() -> bool:
        return asked[what] > at_rest

    await eventually(is_asked)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
