"""Connects to the bot: a running one's endpoint, or a child process."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.core.errors import AppError, UsageError
from app.core.paths import Home
from app.ipc import control, endpoint
from app.ipc.peer import handlers_of
from app.ipc.wire import Catalogue
from app.tui.app import MynahApp
from app.tui.bot_link import BotLink
from app.tui.bot_ports import LinkState
from tests.tui.fake_bot import filled


class Ear:
    """Remembers what the link tells."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.states: list[LinkState] = []
        self._queue: asyncio.Queue[LinkState] = asyncio.Queue()

    def on_notification(self, notification: Any) -> None:
        self.heard.append(notification)

    def on_link_state(self, state: LinkState) -> None:
        self.states.append(state)
        self._queue.put_nowait(state)

    async def until(self, name: str) -> LinkState:
        """Wait for a state that was not waited for yet."""
        while (state := await self._queue.get()).name != name:
            pass
        return state


class Service:
    """A few handlers of a running bot; it is asked for more than it serves."""

    async def status(self, peer: Any, request: control.Status) -> Any:
        await peer.notify(control.Log("info", "bot\x1b[2J", "a\x9bb", 1.0))
        return control.StatusReply("1.0", name="My\x1b[31mnah")

    async def guilds(self, peer: Any, request: control.Guilds) -> Any:
        row = {"guild": "a\x1bb", "key": "a\x1bb"}
        return filled(control.GuildsReply, {"guilds": [row]})

    async def forget(self, peer: Any, request: control.Forget) -> Any:
        raise UsageError("No \x1b such thing.", "Look\x07 at `mynah demo`.")

    async def doctor(self, peer: Any, request: control.Doctor) -> Any:
        raise ZeroDivisionError("a \x1b bug")


SERVED = (control.Status, control.Guilds, control.Forget, control.Doctor)


@pytest.fixture
async def door(home: Home) -> AsyncIterator[endpoint.Door]:
    catalogue = Catalogue(control.REQUESTS, control.NOTIFICATIONS)
    handlers = handlers_of(Service(), SERVED)
    opened = endpoint.Door(home.endpoint_file, catalogue, handlers)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def link(home: Home, door: endpoint.Door) -> AsyncIterator[BotLink]:
    made = BotLink(home, MynahApp(home).remedy)
    yield made
    await made.close()


async def test_it_attaches_to_a_running_bot_and_leaves_it_running(
    home: Home, link: BotLink
):
    ear = Ear()
    link.listen(ear)
    await link.start()
    assert [state.name for state in ear.states] == ["starting", "attached"]
    await link.close()
    other = BotLink(home)
    await other.start()
    assert other.state.name == "attached"
    await other.close()


async def test_all_that_comes_in_is_safe_to_show(link: BotLink):
    ear = Ear()
    link.listen(ear)
    await link.start()
    assert await link.call(control.Status()) == control.StatusReply(
        "1.0", name="My␛[31mnah"
    )
    assert ear.heard == [control.Log("info", "bot␛[2J", "a\ufffdb", 1.0)]
    with pytest.raises(UsageError) as raised:
        await link.call(control.Forget("x"))
    assert (raised.value.message, raised.value.hint) == (
        "No ␛ such thing.",
        "Look␇ at w on Home (1).",
    )


async def test_a_bug_of_the_bot_is_a_sentence(link: BotLink):
    await link.start()
    with pytest.raises(AppError) as raised:
        await link.call(control.Doctor())
    assert "failed on this request" in raised.value.message
    assert "\x1b" not in raised.value.message


async def test_a_request_the_bot_does_not_serve_says_that_it_is_another_version(
    link: BotLink,
):
    await link.start()
    with pytest.raises(AppError, match="does not know this request"):
        await link.call(control.Models())


async def test_the_end_of_the_watched_bot_is_told(link: BotLink, door: endpoint.Door):
    ear = Ear()
    link.listen(ear)
    await link.start()
    await door.close()
    async with asyncio.timeout(10):
        assert "has ended" in (await ear.until("stopped")).reason
    with pytest.raises(AppError, match="not running"):
        await link.call(control.Status())


async def test_a_guild_keeps_what_requests_call_it_by(link: BotLink):
    await link.start()
    (guild,) = (await link.call(control.Guilds())).guilds
    assert (guild.key, guild.guild) == ("a\x1bb", "a␛b")


@pytest.mark.process
async def test_without_a_running_bot_it_starts_one_and_ends_it_again(home: Home):
    ear = Ear()
    link = BotLink(home)
    link.listen(ear)
    await link.start()
    async with asyncio.timeout(60):
        await ear.until("running")
        status = await link.call(control.Status())
    assert status.name == "Mynah"
    await link.stop()
    assert ear.states[-1].name == "stopped"
    assert not home.endpoint_file.exists()


async def test_the_screens_attach_again_when_the_bot_returns(home: Home):
    catalogue = Catalogue(control.REQUESTS, control.NOTIFICATIONS)
    handlers = handlers_of(Service(), SERVED)
    for is_watching in (True, False):
        first = endpoint.Door(home.endpoint_file, catalogue, handlers)
        await first.open()
        ear, link = Ear(), BotLink(home, is_watching=is_watching)
        link.listen(ear)
        await link.start()
        await first.close()
        again = endpoint.Door(home.endpoint_file, catalogue, handlers)
        async with asyncio.timeout(20):
            await ear.until("stopped")
            await again.open()
            await ear.until("attached")
            assert (await link.call(control.Status())).version == "1.0"
        await link.close()
        await again.close()


async def test_who_watches_starts_no_bot_and_attaches_when_one_comes(home: Home):
    ear, link = Ear(), BotLink(home, is_watching=True)
    link.listen(ear)
    await link.start()
    assert "attach as soon as one does" in (await ear.until("stopped")).reason
    with pytest.raises(AppError, match="only watch"):
        await link.stop()
    catalogue = Catalogue(control.REQUESTS, control.NOTIFICATIONS)
    door = endpoint.Door(home.endpoint_file, catalogue, handlers_of(Service(), SERVED))
    await door.open()
    async with asyncio.timeout(20):
        await ear.until("attached")
    with pytest.raises(AppError, match="only watch"):
        await link.call(control.Forget("x"))
    await link.close()
    await door.close()
