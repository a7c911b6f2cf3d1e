"""The runner is killed while a reply is made; the reply comes all the same."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from app.cli.connect import CATALOGUE
from app.core.paths import Home, own_command
from app.ipc import control, endpoint
from app.ipc.child import Child
from app.ipc.peer import Peer
from tests import killing
from tests.cli.commands import mynah
from tests.runner import tiny

pytestmark = [pytest.mark.process, pytest.mark.llama]

LINES = "the cat sat on the mat\nthe dog sat on the sofa\na cat ate fish on the mat\n"


@asynccontextmanager
async def running(home: Home) -> AsyncIterator[Child]:
    child = Child(
        "bot", [*own_command(), "serve", "--stdio", "--home", str(home.root)], CATALOGUE
    )
    child.start()
    try:
        while child.state.name == "starting" or not home.endpoint_file.exists():
            assert child.state.name in ("starting", "running"), child.state.reason
            await sleep()
        yield child
    finally:
        await child.stop()


@pytest.fixture
async def bot(home: Home, tmp_path: Path):
    """A running bot with the echo model and a learned guild."""
    home.config_file.write_text('[model]\nname = "echo"\n', encoding="utf-8")
    async with running(home) as child:
        file = tmp_path / "lines.txt"
        file.write_text(LINES, encoding="utf-8")
        await child.call(control.Import("den", [str(file)]))
        yield child


async def sleep() -> None:
    await asyncio.sleep(0.05)


async def runner_pid(bot: Child, but_not: int = 0) -> int:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        model = (await bot.call(control.Status())).model
        if model.state == "ready" and model.pid != but_not:
            assert model.pid
            return model.pid
        await sleep()
    raise AssertionError(f"the runner is not ready: {model}")


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"


def say(**options) -> control.Say:
    text = "hello " * 200
    return control.Say("den", text, mode="llm", max_ms=30_000, **options)


async def test_the_reply_comes_from_the_chain_and_says_why(home, bot):
    first = await runner_pid(bot)
    assert (await bot.call(say())).provider == "local"
    # A runner that stands still has surely not written its last word.
    psutil.Process(first).suspend()
    asking = asyncio.create_task(bot.call(say()))
    await asyncio.sleep(0.5)
    assert not asking.done()
    killing.kill(first)
    reply = await asking
    assert reply.provider == "markov"
    assert reply.text
    failed = reply.rungs[0]
    assert (failed.provider, failed.outcome) == ("local", "failed")
    assert killing.KILLED in failed.reason
    second = await runner_pid(bot, but_not=first)
    assert second != first
    assert (await bot.call(say())).provider == "local"


async def test_cancelling_a_streaming_reply_ends_it(home, bot):
    pid = await runner_pid(bot)
    psutil.Process(pid).suspend()
    try:
        asking = asyncio.create_task(bot.call(say(stream=7)))
        await asyncio.sleep(0.3)
        assert (await bot.call(control.Cancel(7))).cancelled
        with pytest.raises(Exception, match="cancelled"):
            await asking
    finally:
        psutil.Process(pid).resume()
    assert (await bot.call(say())).provider == "local"


async def test_the_queue_is_shown_and_a_client_that_leaves_is_out_of_it(home, bot):
    pid = await runner_pid(bot)
    psutil.Process(pid).suspend()

    async def queue() -> int:
        return int((await bot.call(control.Status())).queue)

    try:
        peer = await endpoint.attach(home.endpoint_file, CATALOGUE)
        assert isinstance(peer, Peer)
        reading = asyncio.create_task(peer.run())
        asking = asyncio.create_task(peer.call(say()))
        while await queue() != 1:
            await sleep()
        peer.close()
        await asyncio.gather(asking, reading, return_exceptions=True)
        while await queue() != 0:
            await sleep()
    finally:
        psutil.Process(pid).resume()
    assert (await bot.call(say())).provider == "local"


async def test_a_watcher_hears_tokens_in_order_and_then_the_reply(home, bot):
    heard: list[object] = []
    await runner_pid(bot)
    peer = await endpoint.attach(home.endpoint_file, CATALOGUE, heard.append)
    assert isinstance(peer, Peer)
    reading = asyncio.create_task(peer.run())
    try:
        reply = await peer.call(
            control.Say("den", "one two three", mode="llm", stream=3)
        )
        pieces = [item.text for item in heard if isinstance(item, control.Token)]
        assert reply.provider == "local"
        assert "".join(pieces).strip() == reply.text
        assert len(pieces) > 1
        await peer.call(control.Subscribe())
        await bot.call(control.Say("den", "again", mode="markov"))
        for _ in range(100):
            if any(isinstance(item, control.ReplyMade) for item in heard):
                break
            await sleep()
        assert any(isinstance(item, control.ReplyMade) for item in heard)
    finally:
        peer.close()
        await reading


async def test_a_killed_parent_leaves_no_bot_and_no_runner(home, bot):
    pid = await runner_pid(bot)
    bot_pid = bot.pid
    assert bot_pid is not None
    killing.kill(bot_pid)
    until = time.monotonic() + 10
    while time.monotonic() < until and is_alive(pid):
        await sleep()
    assert not is_alive(pid)


async def test_a_command_frees_the_memory_until_the_next_reply(home, bot):
    old = await runner_pid(bot)
    told = mynah(home, "models", "unload").stdout
    assert "echo is unloaded; the next reply loads it again." in told
    assert (await bot.call(control.Status())).model.state == "idle"
    assert (await bot.call(say())).provider == "local"
    new = await runner_pid(bot, but_not=old)
    assert not is_alive(old)
    mynah(home, "models", "unload")
    assert "echo is loaded." in mynah(home, "models", "load").stdout
    assert await runner_pid(bot, but_not=new)


async def model_of(bot: Child) -> control.ModelEntry:
    found = (await bot.call(control.Models())).models
    return next(model for model in found if model.name == "mine")


async def test_a_model_killed_twice_is_set_aside_across_restarts(home):
    home.models.mkdir()
    tiny.write(home.models / "mine.gguf")
    settings = '[model]\nname = "mine"\ncontext = 512\n'
    home.config_file.write_text(settings, encoding="utf-8")
    async with running(home) as bot:
        first = await runner_pid(bot)
        killing.kill(first)
        killing.kill(await runner_pid(bot, but_not=first))
        while not (reason := (await model_of(bot)).set_aside):
            await sleep()
    assert "2 times" in reason and killing.KILLED in reason
    async with running(home) as bot:
        assert (await model_of(bot)).set_aside == reason
        model = (await bot.call(control.Status())).model
        assert (model.state, model.reason, model.pid) == (
            "crashed",
            reason,
            None,
        )
        listed, doctor = mynah(home, "models", "list"), mynah(home, "doctor")
        assert reason in listed.stdout and "models use mine" in listed.stdout
        assert reason in doctor.stdout and "models use mine" in doctor.stdout
        await bot.call(control.ModelUse("mine"))
        await runner_pid(bot)
        assert not (await model_of(bot)).set_aside
    async with running(home) as bot:
        await runner_pid(bot)
