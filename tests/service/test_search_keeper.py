"""The index of the search follows the messages beside all other work."""

import asyncio
from collections.abc import AsyncIterator
from random import Random

import pytest

from app.core.paths import Home
from app.ipc.control import Progress
from app.service import search_keeper
from app.service.search_keeper import SearchKeeper
from app.service.service import Service, open_service
from app.store import guilds, members, messages
from app.store.database import bound

pytestmark = pytest.mark.process


@pytest.fixture
async def opened(home: Home) -> AsyncIterator[Service]:
    async with open_service(home, Random(1)) as service:
        await service.context.database.run(_fill, 3 * search_keeper.SLICE)
        yield service


def _fill(count: int) -> None:
    guild = guilds.ensure("Harbour").id
    channel = guilds.ensure_channel(guild, "general").id
    member = members.ensure(guild, "ann", "Ann").id
    lines = [
        messages.NewMessage(channel, member, str(n), n, f"ship {n} of the fleet")
        for n in range(count)
    ]
    messages.add_many(guild, lines)


def _left() -> int:
    rows = bound().execute_sql("SELECT last - indexed FROM row_numbers")
    return int(rows.fetchone()[0])


async def test_every_message_comes_into_the_index_and_the_screens_see_how_far(
    opened: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_keeper, "MANY", search_keeper.SLICE)
    monkeypatch.setattr(search_keeper, "TELL_SECONDS", -1.0)
    told: list[Progress] = []
    monkeypatch.setattr(opened.context.events, "tell", told.append)
    await SearchKeeper(opened.context).catch_up()
    assert await opened.context.database.run(_left) == 0
    assert {one.work for one in told} == {"index"}
    assert [one.finished for one in told] == [False, False, True]
    assert [one.done for one in told] == sorted(one.done for one in told)


async def test_a_job_goes_first_and_the_index_follows_it(
    opened: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_keeper, "LOOK_SECONDS", 0.0)
    jobs = opened.context.jobs
    async with jobs._turn:
        work = asyncio.create_task(SearchKeeper(opened.context).catch_up())
        await asyncio.wait({work}, timeout=0.05)
        left = await opened.context.database.run(_left)
        assert left == 3 * search_keeper.SLICE
    await work
    assert await opened.context.database.run(_left) == 0
