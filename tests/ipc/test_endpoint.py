"""The door of a running bot opens to those who know the key, and to nobody else."""

import asyncio
import contextlib
import os
import socket
import sys
from contextlib import suppress

import pytest

from app.core.errors import AppError
from app.core.system import private
from app.ipc import control, endpoint
from app.ipc.endpoint import Door, Endpoint, attach
from app.ipc.peer import OtherVersionError
from app.ipc.wire import MAX_FRAME_BYTES, Catalogue, Done
from tests.ipc.children import CATALOGUE, Do, Said
from tests.tui.fake_bot import filled


def blank(kind):
    """A request of a kind with nothing in it."""
    return filled(kind, {})


async def echo(peer, request):
    return Said(request.argument)


@pytest.fixture
async def door(tmp_path):
    door = Door(tmp_path / "endpoint.json", CATALOGUE, {"do": echo})
    await door.open()
    yield door
    await door.close()


async def test_whoever_reads_the_file_is_served(door, tmp_path):
    peer = await attach(tmp_path / "endpoint.json", CATALOGUE)
    assert peer is not None
    run = asyncio.create_task(peer.run())
    assert await peer.call(Do("echo", "hi")) == Said("hi")
    peer.close()
    await run


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such limit")
async def test_without_descriptors_few_errors_are_told_and_then_it_serves_again(
    door, tmp_path
):
    import resource

    known = endpoint.read(tmp_path / "endpoint.json")
    assert known is not None
    errors: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: errors.append(context))
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_connection(("127.0.0.1", known.port)):
        highest = max(map(int, os.listdir("/proc/self/fd")))
        taken: list[int] = []
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 1, usual[1]))
        try:
            # Lower numbers may be free, and each would be given out.
            with contextlib.suppress(OSError):
                while True:
                    taken.append(os.dup(0))
            async with asyncio.timeout(15):
                while not errors:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.01)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
            for one in taken:
                os.close(one)
        assert len(errors) < 10
    peer = await attach(tmp_path / "endpoint.json", CATALOGUE)
    assert peer is not None
    peer.close()


@pytest.mark.parametrize("words", [b"", b"0" * 64 + b"\n", b'{"id":1,"method":"do"}\n'])
async def test_a_foreign_process_without_the_key_gets_nothing(door, tmp_path, words):
    known = endpoint.read(tmp_path / "endpoint.json")
    assert known is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", known.port)
    writer.write(words)
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()


async def test_no_other_computer_can_knock(tmp_path):
    """https://docs.python.org/3/library/asyncio-eventloop.html: 0.0.0.0 is all."""
    door = Door(tmp_path / "endpoint.json", CATALOGUE, {})
    await door.open()
    assert door._server is not None
    places = [socket.getsockname()[0] for socket in door._server.sockets]
    assert places == ["127.0.0.1"]
    await door.close()


async def test_a_caller_who_says_nothing_is_let_go(door, tmp_path, monkeypatch):
    monkeypatch.setattr(endpoint, "HANDSHAKE_SECONDS", 0.05)
    known = endpoint.read(tmp_path / "endpoint.json")
    assert known is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", known.port)
    assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()


async def test_a_frame_without_end_is_not_collected(door, tmp_path, monkeypatch):
    peer = await attach(tmp_path / "endpoint.json", CATALOGUE)
    assert peer is not None
    run = asyncio.create_task(peer.run())
    assert await peer.call(Do("echo", "hi")) == Said("hi")
    peer._writer.write(b"x" * (MAX_FRAME_BYTES + 65537))
    with suppress(ConnectionError):
        await peer._writer.drain()
    await asyncio.wait_for(run, 10)


async def test_each_door_has_a_key_of_its_own(tmp_path):
    doors = [Door(tmp_path / f"{number}.json", CATALOGUE, {}) for number in range(2)]
    first, second = [await door.open() for door in doors]
    assert first.key != second.key and len(bytes.fromhex(first.key)) >= 32
    for door in doors:
        await door.close()


async def test_only_the_owner_can_read_the_file(door, tmp_path):
    assert not private.is_open(tmp_path / "endpoint.json")


async def test_the_file_goes_away_with_the_bot(tmp_path):
    door = Door(tmp_path / "endpoint.json", CATALOGUE, {})
    await door.open()
    await door.close()
    assert await attach(tmp_path / "endpoint.json", CATALOGUE) is None


async def test_an_endpoint_whose_port_is_closed_is_stale(tmp_path):
    door = Door(tmp_path / "other.json", CATALOGUE, {})
    left = await door.open()
    await door.close()
    endpoint.write(tmp_path / "endpoint.json", left)
    assert await attach(tmp_path / "endpoint.json", CATALOGUE) is None


async def test_an_endpoint_whose_port_belongs_to_another_program_is_stale(tmp_path):
    async def stranger(reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n" * 10)
        writer.close()

    server = await asyncio.start_server(stranger, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    endpoint.write(tmp_path / "endpoint.json", Endpoint(port, "key", 1))
    assert await attach(tmp_path / "endpoint.json", CATALOGUE) is None
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"port":1}', '{"port":1,"x":2}'])
def test_a_file_that_makes_no_sense_is_no_endpoint(tmp_path, text):
    path = tmp_path / "endpoint.json"
    path.write_text(text)
    assert endpoint.read(path) is None


async def test_closing_the_door_hangs_up_on_everyone(door, tmp_path):
    peer = await attach(tmp_path / "endpoint.json", CATALOGUE)
    assert peer is not None
    run = asyncio.create_task(peer.run())
    await peer.call(Do("echo", "hi"))
    await door.close()
    await asyncio.wait_for(run, 5)


async def test_who_only_watches_is_refused_all_but_reading(tmp_path):
    """The bot itself refuses, whatever the screens of the caller offer."""
    asked = []

    async def note(peer, request):
        asked.append(request.method)
        return Done()

    catalogue = Catalogue(control.REQUESTS, control.NOTIFICATIONS)
    handlers = dict.fromkeys(catalogue.requests, note)
    door = Door(tmp_path / "endpoint.json", catalogue, handlers)
    await door.open()
    file = tmp_path / "endpoint.json"
    peer = await attach(file, catalogue, side=endpoint.WATCHER)
    assert peer is not None
    run = asyncio.create_task(peer.run())
    for kind in control.REQUESTS:
        with suppress(OtherVersionError):  # The reply of this bot is blank.
            if kind.only_reads:
                await peer.call(blank(kind))
                continue
            with pytest.raises(AppError, match="only watch"):
                await peer.call(blank(kind))
    assert set(asked) == {
        "status", "subscribe", "usage", "guilds", "phrases", "hosts", "models",
        "config_get", "snapshots", "snapshot_compare", "explain", "blind_results",
        "meter", "last_hour", "models_found", "lore", "lore_show", "persona_show",
        "features", "persona_cast", "hub",
    }  # fmt: skip
    peer.close()
    await run
    await door.close()
