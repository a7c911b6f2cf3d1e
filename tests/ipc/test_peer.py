"""Two peers over a real socket: calls, errors, order, concurrency and loss."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import ClassVar

import pytest

from app.core.errors import ConfigError
from app.ipc.peer import (
    OtherVersionError,
    Peer,
    PeerGoneError,
    RemoteError,
    handlers_of,
)
from app.ipc.wire import MAX_FRAME_BYTES, Catalogue, Done, Params, Request


@dataclass(frozen=True)
class AskReply:
    text: str


@dataclass(frozen=True)
class Ask(Request[AskReply]):
    method: ClassVar[str] = "ask"
    text: str


@dataclass(frozen=True)
class Import(Request[Done]):
    method: ClassVar[str] = "import"


@dataclass(frozen=True)
class Told:
    method: ClassVar[str] = "told"
    number: int


CATALOGUE = Catalogue([Ask, Import], [Told])


class Link:
    """Both ends, and what the asker was told."""

    asker: Peer
    answerer: Peer

    def __init__(self):
        self.told: list[Params] = []


@asynccontextmanager
async def linked(handlers):
    link = Link()
    left, right = socket.socketpair()
    near = await asyncio.open_connection(sock=left, limit=MAX_FRAME_BYTES)
    far = await asyncio.open_connection(sock=right, limit=MAX_FRAME_BYTES)
    link.asker = Peer(*near, CATALOGUE, None, link.told.append)
    link.answerer = Peer(*far, CATALOGUE, handlers)
    runs = [asyncio.create_task(peer.run()) for peer in (link.asker, link.answerer)]
    try:
        yield link
    finally:
        link.asker.close()
        link.answerer.close()
        await asyncio.gather(*runs)
        for _, writer in (near, far):
            with suppress(ConnectionError):
                await writer.wait_closed()


async def echo(peer, request):
    return AskReply(request.text)


async def test_a_call_brings_the_reply():
    async with linked({"ask": echo}) as link:
        assert await link.asker.call(Ask("hello")) == AskReply("hello")


async def test_a_reply_of_another_version_says_so_and_what_to_do():
    async def older(peer, request):
        return Done()

    async with linked({"ask": older}) as link:
        with pytest.raises(OtherVersionError, match="of another version .ask:") as told:
            await link.asker.call(Ask("hello"))
    assert told.value.hint == "Stop it and start this one."


async def test_calls_are_served_side_by_side():
    second = asyncio.Event()

    async def handler(peer, request):
        if request.text == "first":
            await second.wait()
        second.set()
        return AskReply(request.text)

    async with linked({"ask": handler}) as link:
        first = asyncio.create_task(link.asker.call(Ask("first")))
        assert await link.asker.call(Ask("second")) == AskReply("second")
        assert await first == AskReply("first")


async def test_notifications_arrive_in_order_and_before_the_reply():
    async def handler(peer, request):
        for number in range(100):
            await peer.notify(Told(number))
        return AskReply("")

    async with linked({"ask": handler}) as link:
        await link.asker.call(Ask(""))
        assert [told.number for told in link.told] == list(range(100))


async def test_an_owner_error_arrives_as_itself_with_its_hint():
    async def handler(peer, request):
        raise ConfigError("No such key.", "Try another.")

    async with linked({"ask": handler}) as link:
        with pytest.raises(ConfigError) as caught:
            await link.asker.call(Ask(""))
    assert caught.value.hint == "Try another."


async def test_a_bug_of_a_handler_is_told_and_the_link_goes_on(caplog):
    async def handler(peer, request):
        return AskReply(f"{1 / int(request.text)}")

    async with linked({"ask": handler}) as link:
        with pytest.raises(RemoteError, match="ZeroDivisionError"):
            await link.asker.call(Ask("0"))
        assert await link.asker.call(Ask("2")) == AskReply("0.5")
    assert "ask failed" in caplog.text


async def test_a_reply_too_long_for_the_wire_is_a_failure_and_not_silence():
    async def handler(peer, request):
        return AskReply("x" * MAX_FRAME_BYTES)

    async with linked({"ask": handler}) as link:
        with pytest.raises(RemoteError, match="too long"):
            await link.asker.call(Ask(""))


async def test_a_request_without_a_handler_is_refused():
    async with linked({}) as link:
        with pytest.raises(RemoteError, match="ask is not served"):
            await link.asker.call(Ask(""))


async def test_when_the_other_side_goes_away_calls_fail_and_handlers_are_cancelled():
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def handler(peer, request):
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with linked({"ask": handler}) as link:
        call = asyncio.create_task(link.asker.call(Ask("")))
        await begun.wait()
        link.asker.close()
        with pytest.raises(PeerGoneError):
            await call
        await asyncio.wait_for(cancelled.wait(), 5)
        with pytest.raises(PeerGoneError):
            await link.asker.call(Ask("again"))


async def test_a_line_that_is_no_frame_does_not_end_the_link(caplog):
    async with linked({"ask": echo}) as link:
        link.asker._writer.write(b"Segmentation fault\n")
        assert await link.asker.call(Ask("still here")) == AskReply("still here")
    assert "cannot read a frame" in caplog.text


async def test_a_line_longer_than_a_frame_ends_the_link(caplog):
    async with linked({"ask": echo}) as link:
        writer = link.asker._writer
        writer.write(b"x" * (2 * MAX_FRAME_BYTES))
        with pytest.raises(PeerGoneError):
            await link.asker.call(Ask("hello"))
    assert "longer than" in caplog.text


async def test_a_cancelled_call_leaves_the_link_usable():
    never = asyncio.Event()

    async def handler(peer, request):
        if request.text == "wait":
            await never.wait()
        return AskReply(request.text)

    async with linked({"ask": handler}) as link:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(link.asker.call(Ask("wait")), 0.05)
        assert await link.asker.call(Ask("go on")) == AskReply("go on")


async def test_a_slow_reader_holds_the_writer_back():
    async with linked({}) as link:
        answerer, blocked = link.answerer, Told(0)
        link.asker._on_notification = lambda told: None
        link.asker._reader._transport.pause_reading()
        text = asyncio.create_task(_tell(answerer, blocked, 400_000))
        done, _ = await asyncio.wait([text], timeout=0.5)
        assert not done
        link.asker._reader._transport.resume_reading()
        await asyncio.wait_for(text, 60)


async def _tell(peer, told, times):
    for _ in range(times):
        await peer.notify(told)


async def test_a_service_without_a_method_for_a_request_is_found_at_once():
    class Service:
        async def ask(self, peer, request): ...
        async def import_(self, peer, request): ...

    assert handlers_of(Service(), [Ask, Import]).keys() == {"ask", "import"}
    with pytest.raises(AttributeError):
        handlers_of(object(), [Ask])
