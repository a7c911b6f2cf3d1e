"""The screens, the real service behind its door, and the books of a model host."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest
from textual.pilot import Pilot

from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.ipc.endpoint import Door
from app.ipc.wire import Catalogue
from app.service.service import Service, open_service
from app.store import guilds, usage
from app.tui import format
from app.tui.app import MynahApp
from app.tui.base import MynahScreen
from app.tui.panes import cost_question
from app.tui.widgets.bubbles import SpokenLine
from app.tui.widgets.dial import Dial
from app.tui.widgets.feed import Feed
from tests.asking import ask
from tests.openai_stand_in import CLOUD, REPLY, StandIn, running
from tests.tui.terminal import settle, text_of

SECRET = "the treasure is under the oak"
NAMES = ("A locked den", "B open hall")
CATALOGUE = Catalogue(control.REQUESTS, control.NOTIFICATIONS)


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with running(StandIn()) as server:
        yield server


@pytest.fixture
async def service(home: Home, stand_in: StandIn) -> AsyncIterator[Service]:
    """Two learned servers: one is locked, one agreed to the stand-in in the cloud."""
    home.config_file.write_text(
        f'[openai]\nbase_url = "{stand_in.cloud_url}"\n'
        "[reply]\nhybrid_seconds = 120.0\nllm_seconds = 120.0\n"
        "[memory]\nenabled = false\n",
        encoding="utf-8",
    )
    async with open_service(home, Random(1)) as service:
        for number, name in enumerate(NAMES):
            row = await service.context.database.run(guilds.ensure, name)
            records = [
                Record("1", "ann", f"the cat number {n} sat on mat {n % 4}",
                       f"{number}-{n}", n, None, "c", f"c{number}")
                for n in range(30)
            ]  # fmt: skip
            await service.context.voices.hear(row.id, records)
        await ask(service, control.ConfigSet("reply.local_only", "on", NAMES[0]))
        for name in NAMES:
            agreed = control.ConfigSet("reply.provider", "openai", name, agreed=True)
            await ask(service, agreed)
        yield service


@asynccontextmanager
async def on_screen(service: Service, screen: str) -> AsyncIterator[Pilot[int]]:
    """The screens, attached to the service as to any running bot."""
    home = service.context.home
    door = Door(home.endpoint_file, CATALOGUE, service.handlers)
    await door.open()
    app = MynahApp(home)
    try:
        async with app.run_test(size=(140, 44)) as pilot:
            await settle(pilot)
            app.action_go(screen)
            await settle(pilot)
            yield pilot
    finally:
        await door.close()


async def go(pilot: Pilot[int], screen: str) -> None:
    assert isinstance(pilot.app, MynahApp)
    pilot.app.action_go(screen)
    await settle(pilot)


async def say(pilot: Pilot[int], text: str) -> None:
    await pilot.press(*text, "enter")
    await settle(pilot)


async def test_what_was_said_to_a_locked_server_is_in_no_request_of_another(
    service: Service, stand_in: StandIn
):
    async with on_screen(service, "playground") as pilot:
        await say(pilot, SECRET)
        assert SECRET in text_of(pilot)
        await pilot.press("ctrl+g", "down", "enter", "ctrl+l")
        await settle(pilot)
        assert SECRET not in text_of(pilot)
        await say(pilot, "hello")
        assert REPLY in text_of(pilot)
        await say(pilot, "and what else")
        sent = "\n".join(served.everything for served in stand_in.served)
        assert "hello" in sent and REPLY in sent
        assert SECRET not in sent
        await pilot.press("ctrl+g", "enter")
        await settle(pilot)
        assert SECRET in text_of(pilot) and REPLY not in text_of(pilot)
        shown = [line for line in pilot.app.screen.query(SpokenLine) if line.display]
        assert len(shown) == 2


async def test_a_talk_that_mixes_servers_is_kept_here_whoever_asks(
    service: Service, stand_in: StandIn
):
    locked, hall = NAMES
    request = control.Say(
        hall, "hello", mode="llm", provider="openai",
        turns=[["you", SECRET], ["Mynah", "aha"]], turn_guilds=[locked, hall],
    )  # fmt: skip
    said = await ask(service, request)
    assert said.provider == "markov"
    assert "locked to this computer" in said.rungs[0].reason
    assert not stand_in.served
    alone = control.Say(hall, "hello", mode="llm", turns=[["you", "well"]])
    assert (await ask(service, alone)).provider == "openai"


async def test_the_server_screen_and_its_dial_ask_no_host_for_money(
    service: Service, stand_in: StandIn
):
    async with on_screen(service, "guild") as pilot:
        await pilot.press("ctrl+g", "down", "enter")
        await settle(pilot)
        assert NAMES[1] in text_of(pilot)
        assert "Sample answers, made here" in text_of(pilot)
        assert "by markov" in text_of(pilot)
        dial = pilot.app.screen.query_one(Dial)
        for _ in range(3):
            dial.action_turn(5)
            await pilot.pause(0.5)
            await settle(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert not stand_in.served
        await pilot.press("c")
        assert CLOUD in text_of(pilot) and "It costs" in text_of(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert not stand_in.served
        await pilot.press("c", "y")
        await settle(pilot)
        assert len(stand_in.served) == 3
        assert f"by openai at {CLOUD} (in the cloud)" in text_of(pilot)
        dial.action_turn(5)
        await pilot.pause(0.5)
        await settle(pilot)
        assert len(stand_in.served) == 3
        assert "Sample answers, made here" in text_of(pilot)


@pytest.mark.parametrize(
    ("provider", "place"),
    [("local, pc", format.where("here")), ("pc, local", "by gpu.lan")],
)
def test_samples_that_cost_nothing_are_made_at_the_first_place_in_the_order(
    provider: str, place: str
):
    cloud = control.CloudStatus(name="pc", host="gpu.lan", reach="own")
    app = SimpleNamespace(status=control.StatusReply(cloud=cloud))
    guild = cast(control.GuildFigures, SimpleNamespace(provider=provider))
    screen = cast(MynahScreen, SimpleNamespace(app=app))
    told = cost_question.origin(screen, guild, is_free=True)
    assert told.startswith(place)


async def test_each_server_asks_its_own_first_host_and_is_warned_where_that_is(
    service: Service, stand_in: StandIn
):
    """The one that the status is about, which other servers use, is not asked."""
    host = control.HostAdd("groq", stand_in.url_at("groq.example"), "m")
    await ask(service, host)
    await ask(
        service, control.ConfigSet("reply.provider", "groq", NAMES[1], agreed=True)
    )
    async with on_screen(service, "guild") as pilot:
        await pilot.press("ctrl+g", "down", "enter")
        await settle(pilot)
        await pilot.press("c")
        assert "Ask groq, in the cloud, for 3 samples?" in text_of(pilot)
        await pilot.press("y")
        await settle(pilot)
        assert "by groq at groq.example (in the cloud)" in text_of(pilot)
        await pilot.press(*["right_square_bracket"] * 7)
        await settle(pilot)
        await pilot.press("c")
        assert "Ask groq, in the cloud, for two replies?" in text_of(pilot)
        await pilot.press("y")
        await settle(pilot)
        assert len(stand_in.served) == 5
        assert {one.body["model"] for one in stand_in.served} == {"m"}
        await go(pilot, "playground")
        await pilot.press("ctrl+l", "ctrl+l")
        await settle(pilot)
        assert "groq, in the cloud" in text_of(pilot)
        assert "locked to this computer" in text_of(pilot)


async def test_a_blind_test_asks_no_host_for_money_unless_told(
    service: Service, stand_in: StandIn
):
    texts = iter(f"line number {n} of the cloud" for n in range(99))
    stand_in.reply = lambda body: next(texts)
    async with on_screen(service, "guild") as pilot:
        await pilot.press("ctrl+g", "down", "enter")
        await pilot.press(*["right_square_bracket"] * 7)
        await settle(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert not stand_in.served
        await pilot.press("c", "y")
        await settle(pilot)
        assert "Which one is better?" in text_of(pilot)
        assert len(stand_in.served) == 2


async def test_looking_at_every_screen_and_the_check_up_cost_nothing(
    service: Service, stand_in: StandIn
):
    screens = ("home", "playground", "conversations", "guild", "learn", "models")
    async with on_screen(service, "home") as pilot:
        for name in (*screens, "usage", "settings", "logs", "help"):
            await go(pilot, name)
            await pilot.pause(0.6)
        await go(pilot, "settings")
        await pilot.press("c")
        await settle(pilot)
        assert f"{CLOUD}:" in text_of(pilot)
    assert not stand_in.served and not stand_in.tunings.log
    assert await service.context.database.run(usage.by_day, 0) == []


async def test_another_address_keeps_replies_here_until_the_new_host_is_agreed_to(
    service: Service, stand_in: StandIn
):
    other = stand_in.url_at("other.example")
    await ask(service, control.ConfigSet("openai.base_url", other))
    async with on_screen(service, "playground") as pilot:
        await pilot.press("ctrl+g", "down", "enter", "ctrl+l")
        await settle(pilot)
        page = text_of(pilot)
        assert "nobody has agreed" in page and "other.example" in page
        assert "reply.provider on Server (4)" in page
        await say(pilot, "hello")
        assert not stand_in.served
        await go(pilot, "guild")
        await pilot.press("ctrl+g", "down", "enter", "right_square_bracket")
        await settle(pilot)
        await _choose_openai(pilot)
        assert "other.example" in text_of(pilot)
        assert "I agree" in text_of(pilot)
        await pilot.press("y")
        await settle(pilot)
        await go(pilot, "playground")
        await say(pilot, "hello")
        assert len(stand_in.served) == 1


async def test_a_consent_is_withdrawn_on_usage(service: Service, stand_in: StandIn):
    settings = service.context.settings
    address = settings.home.openai.address

    async def withdraw(pilot: Pilot[int], *answers: str) -> None:
        await go(pilot, "usage")
        await pilot.press("w")
        await settle(pilot)
        await pilot.press("home", "down", "w")
        await settle(pilot)
        assert NAMES[1] in text_of(pilot) and "tuning" in text_of(pilot)
        for answer in answers:
            await pilot.press(answer)
            await settle(pilot)

    async with on_screen(service, "playground") as pilot:
        await withdraw(pilot, "n")
        assert await settings.has_agreed(GuildId(2), "replies", address)
        await withdraw(pilot, "y")
        assert not await settings.has_agreed(GuildId(2), "replies", address)
        assert "until you agree" in text_of(pilot)
        await pilot.press("escape")
        await settings.agree(None, "replies")
        await withdraw(pilot, "y", "y")
        assert not await settings.has_agreed(GuildId(2), "replies", address)
    assert not stand_in.served


async def _choose_openai(pilot: Pilot[int]) -> None:
    feed = pilot.app.screen.query_one("#settings-list", Feed)
    names = [item.key.name for item in feed.items]
    feed.cursor = names.index("reply.provider")
    feed.focus()
    await pilot.press("enter")
    await settle(pilot)
    await pilot.press("end", "enter")
    await settle(pilot)


async def test_a_server_on_this_computer_is_no_cloud_on_any_screen(
    service: Service, stand_in: StandIn
):
    await ask(service, control.ConfigSet("openai.base_url", stand_in.base_url))
    async with on_screen(service, "playground") as pilot:
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert f"127.0.0.1:{stand_in.port}, here" in text_of(pilot)
        await say(pilot, "hello")
        assert "by openai at 127.0.0.1 (here)" in text_of(pilot)
        await go(pilot, "models")
        page = text_of(pilot)
        assert f"127.0.0.1:{stand_in.port}, here" in page and "API key yet" not in page
        await go(pilot, "usage")
        await pilot.press(*["right_square_bracket"] * 3)
        await settle(pilot)
        assert "Nothing has left this computer" in text_of(pilot)
    assert len(stand_in.served) == 1
