"""The models of the owner's hosts are loaded before the first reply needs them."""

import asyncio
from random import Random

import pytest

from app.core.paths import Home
from app.ipc import control
from app.providers.openai import provider
from app.service.hosts import host_warmer
from app.service.hosts.host_warmer import HostWarmer
from app.service.service import Service, open_service
from app.store import guilds
from tests.asking import ask
from tests.openai_stand_in import StandIn, running


@pytest.fixture
async def stand_in():
    async with running(StandIn(load_seconds=0.3)) as server:
        yield server


@pytest.fixture
async def bot(home: Home, stand_in: StandIn):
    home.config_file.write_text(
        f'[openai]\nbase_url = "{stand_in.base_url}"\nmodel = "small"\n'
        '[reply]\nprovider = "openai"\n[memory]\nenabled = false\n',
        encoding="utf-8",
    )
    async with open_service(home, Random(1)) as service:
        await service.context.database.run(guilds.ensure, "den")
        yield service


async def loaded(warmer: HostWarmer, stand_in: StandIn, model: str) -> None:
    await warmer.look()
    await asyncio.gather(*warmer._loads)
    assert stand_in.loaded == model


async def test_models_are_loaded_at_start_and_after_every_change(
    bot: Service, stand_in: StandIn
):
    warmer = HostWarmer(bot.context)
    await loaded(warmer, stand_in, "small")
    await ask(bot, control.ConfigSet("openai.model", "large"))
    await loaded(warmer, stand_in, "large")
    await ask(bot, control.ConfigSet("openai.model", "own", "den"))
    await loaded(warmer, stand_in, "own")
    asked = len(stand_in.served)
    await warmer.look()
    assert len(stand_in.served) == asked and not stand_in.aborted
    assert all("Hi" in one.everything for one in stand_in.served)


async def test_the_way_to_a_host_is_loaded_before_a_reply_needs_it_and_only_then(
    bot: Service, monkeypatch: pytest.MonkeyPatch
):
    loads = list[int]()
    monkeypatch.setattr(provider, "load", lambda: loads.append(1))
    await ask(bot, control.ConfigSet("reply.provider", "local"))
    await HostWarmer(bot.context).look()
    assert not loads
    await ask(bot, control.ConfigSet("openai.base_url", "http://far.example/v1/"))
    await ask(bot, control.ConfigSet("reply.provider", "openai", agreed=True))
    warmer = HostWarmer(bot.context)
    await warmer.look()
    assert loads and not warmer._loads


async def test_nothing_is_loaded_that_no_server_uses(bot: Service, stand_in: StandIn):
    await ask(bot, control.ConfigSet("reply.provider", "local"))
    warmer = HostWarmer(bot.context)
    await warmer.look()
    await ask(bot, control.ConfigSet("openai.base_url", stand_in.cloud_url))
    await ask(bot, control.ConfigSet("reply.provider", "openai", agreed=True))
    await warmer.look()
    await asyncio.sleep(0.05)
    assert not stand_in.served


async def test_the_check_up_says_how_long_the_first_word_takes(
    bot: Service, stand_in: StandIn
):
    stand_in.models = ("small",)
    told = await ask(bot, control.Doctor())
    (check,) = [check for check in told.checks if check.name == "cloud"]
    assert check.ok and "First word after 0." in check.detail
    assert stand_in.loaded == "small"


async def test_a_command_waits_for_the_load(bot: Service, stand_in: StandIn):
    request = control.Say("den", "anyone?", mode="llm")
    await bot.prepare(request)
    said = await ask(bot, request)
    assert said.provider == "openai" and not stand_in.aborted


async def test_only_a_change_is_a_reason_to_look_again(
    bot: Service, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
):
    asked: list[object] = []
    run = bot.context.database.run

    async def counted(*query):
        asked.append(query)
        return await run(*query)

    async def all_loaded(model: str) -> None:
        for _ in range(1000):
            if stand_in.loaded == model:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{model} is not loaded")

    monkeypatch.setattr(host_warmer, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(bot.context.database, "run", counted)
    keeping = asyncio.create_task(HostWarmer(bot.context).keep_up())
    await all_loaded("small")
    before = len(asked)
    await asyncio.sleep(0.05)
    assert len(asked) == before
    await ask(bot, control.ConfigSet("openai.model", "own", "den"))
    await all_loaded("own")
    keeping.cancel()
