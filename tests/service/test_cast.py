"""The characters of a server, which are called by their names."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from app.core.errors import ConfigError, UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc import control
from app.service.given import cast as casts
from app.service.given.cast import Cast
from app.service.service import Service, open_service
from app.settings.schema import Config
from app.store import guilds
from app.store.database import Database
from tests.discord.test_controller import NOBODY
from tests.service.cards import V1, V2, packed

GENERAL, PIER = 1, 2


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    async with open_service(home, Random(1)) as opened:
        yield opened


@pytest.fixture
def guild(service: Service) -> GuildId:
    return service.context.database.call(guilds.ensure, "den").id


@pytest.fixture
def cast(service: Service) -> Cast:
    return service.context.cast


async def called(cast: Cast, guild: GuildId, channel: int, text: str) -> str:
    found = await cast.called(guild, channel, text)
    return found.name if found else ""


async def test_a_name_calls_its_character_where_it_speaks(
    cast: Cast, guild: GuildId
) -> None:
    await cast.take_card(guild, packed(V2), dial=30)
    await cast.take_card(guild, packed(V1), PIER)
    assert await called(cast, guild, GENERAL, "CAPTAIN BRINE, ahoy") == "Captain Brine"
    assert await called(cast, guild, GENERAL, "is marla here?") == ""
    assert await called(cast, guild, PIER, "is marla here?") == "Marla"
    assert await called(cast, guild, PIER, "marlas and captains") == ""
    plain = Config()
    there = await cast.waking(plain, guild, PIER)
    assert there.speak.wake_words == ["Captain Brine", "Marla"]
    elsewhere = guild_after(guild)
    assert await cast.waking(plain, elsewhere, PIER) is plain
    await cast.take_card(guild, packed(V1), GENERAL)
    assert await called(cast, guild, GENERAL, "is marla here?") == "Marla"
    assert await called(cast, guild, PIER, "is marla here?") == "Marla"


def guild_after(guild: GuildId) -> GuildId:
    return GuildId(guild + 1)


async def test_a_server_without_characters_costs_no_trip_to_the_database(
    cast: Cast, guild: GuildId, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    run = Database.run

    async def counted(self: Database, function: object, *args: object) -> object:
        asked.append(function)
        return await run(self, function, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "run", counted)
    await cast.waking(Config(), guild, GENERAL)
    assert await called(cast, guild, GENERAL, "Marla?") == "" and asked == []
    await cast.take_card(guild, packed(V1))
    await called(cast, guild, GENERAL, "Marla?")
    asked.clear()
    assert await called(cast, guild, GENERAL, "Marla?") == "Marla" and asked == []


async def test_lore_stays_with_its_character_and_goes_with_it(
    service: Service, cast: Cast, guild: GuildId, tmp_path: Path
) -> None:
    async def books() -> set[str]:
        return {one.book for one in await service.context.lorebooks.entries(guild)}

    await cast.take_card(guild, packed(V2))
    await cast.take_card(guild, packed(V1))
    (tmp_path / "own.json").write_bytes(packed({"name": "Wick", "first_mes": "Hm."}))
    own = control.PersonaImport("den", str(tmp_path / "own.json"))
    await service.call(NOBODY, own)
    assert await books() == {"Captain Brine", "Marla", "Wick"}
    await cast.remove(guild, "marla")
    assert await books() == {"Captain Brine", "Wick"}
    await service.call(NOBODY, control.Forget("den", everything=True))
    assert await books() == set() and await cast.of(guild) == []


async def test_requests_add_list_and_dismiss(
    service: Service, guild: GuildId, tmp_path: Path
) -> None:
    service.context.database.call(guilds.ensure_channel, guild, "pier", "7")
    file = tmp_path / "marla.json"
    file.write_bytes(packed(V1))
    add = control.PersonaAdd("den", str(file), "pier", 30)
    assert (await service.call(NOBODY, add)).name == "Marla"
    (shown,) = (await service.call(NOBODY, control.PersonaCast("den"))).characters
    assert (shown.name, shown.dial, shown.channels) == ("Marla", 30, ["pier"])
    with pytest.raises(ConfigError, match=r"reply\.dial"):
        await service.call(NOBODY, control.PersonaAdd("den", str(file), dial=130))
    with pytest.raises(UsageError, match="no character 'Ida'"):
        await service.call(NOBODY, control.PersonaDismiss("den", "Ida"))
    left = await service.call(NOBODY, control.PersonaDismiss("den", "MARLA"))
    assert left.characters == []


async def test_a_full_cast_takes_a_newer_card_but_no_other_character(
    cast: Cast, guild: GuildId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(casts, "MOST_CHARACTERS", 1)
    await cast.take_card(guild, packed(V1))
    await cast.take_card(guild, packed(V1), dial=5)
    with pytest.raises(UsageError, match="at most 1 characters"):
        await cast.take_card(guild, packed(V2))
    assert [one.dial for one in await cast.of(guild)] == [5]
