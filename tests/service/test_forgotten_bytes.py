"""No byte of what was forgotten stays in the database's files, pages' gaps included."""

from random import Random

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.service.service import Service, open_service
from app.store import forgetting, guilds, messages
from tests.home_files import files_with

pytestmark = pytest.mark.process

PHRASE = "quizzical zanzibar platypus"


async def fill(service: Service) -> GuildId:
    """Learn lines of two people, and edit some, so that SQLite moves rows about."""
    rng, voices = Random(1), service.context.voices
    guild = (await service.context.database.run(guilds.ensure, "Harbour")).id
    for number in range(300):
        who = rng.choice(["11", "12"])
        text = f"{PHRASE if who == '11' else 'a plain line'} {number} "
        text += "w " * rng.randrange(4, 200)
        line = Record(who, "Ann", text, str(number), 5, None, "general", "7")
        await voices.hear(guild, [line])
    rows = await service.context.database.run(forgetting.rows_of_guild, guild)
    for row in rng.sample(rows, 150):
        stored = await service.context.database.run(messages.get, row)
        assert stored is not None
        longer = stored.text + " y" * rng.randrange(1, 900)
        await voices.edit(guild, row, longer)
    return guild


async def test_copies_that_sqlite_left_in_the_gaps_of_pages_go_too(home: Home) -> None:
    async with open_service(home, Random(1)) as service:
        guild = await fill(service)
        assert files_with(home.root, PHRASE)
        done = await service.context.forgetter.forget_author(guild, "11")
        assert done.complete
        assert files_with(home.root, PHRASE) == []
    assert files_with(home.root, PHRASE) == []
