"""Whatever happens to the model's process, status, screens, doctor and log agree."""

import asyncio
import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from random import Random

import pytest

from app.core.errors import ProviderError, UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc import control
from app.providers.base import Completion, Prompt, Turn
from app.providers.local import runner_supervisor
from app.providers.local.crash_log import MOST_CRASHES
from app.service.service import Service, open_service
from app.tui.health import Health, model_trouble
from tests import killing
from tests.asking import Nobody, ask
from tests.runner import tiny

pytestmark = [pytest.mark.process, pytest.mark.llama]

PAGE = Path(__file__).parents[2] / "app" / "README.md"
ROW = re.compile(r"^\| (a model [^|]+?) \| `(\w+)` \| ([^|]+?) \| ([^|]+?) \|$", re.M)
STEPS = 10
LONG = 30.0


def written() -> dict[str, tuple[str, str, str]]:
    """Return the page's rows: state, the screens' words, and whether a check fails."""
    return {what: (state, *told) for what, state, *told in ROW.findall(read_page())}


def read_page() -> str:
    return PAGE.read_text(encoding="utf-8").partition("## States")[2]


class Driven:
    """A bot with a real runner of a tiny model, and what must be said of it."""

    def __init__(self, service: Service, file: Path) -> None:
        self.service, self.file = service, file
        self.local = service.context.local
        self.keeper = self.local._keeper
        self.deaths = 0
        self.row = "a model that nobody needed yet"
        self.told = ""
        """What the newest event must contain."""

    @property
    def actions(self) -> list[Callable[[], Awaitable[None]]]:
        """Return what can happen now."""
        if not self.file.exists():
            return [self.put_back, self.need]
        if self.local.pid and self.local.status().model.state == "ready":
            return [self.die, self.die, self.rest, self.free, self.take_away]
        return [self.need, self.ask_again, self.take_away]

    async def take_away(self) -> None:
        self.file.rename(self.file.with_suffix(".away"))
        self.row, self.told = "a model without its file", ""

    async def put_back(self) -> None:
        self.file.with_suffix(".away").rename(self.file)
        self.told = ""
        if self.deaths >= MOST_CRASHES:
            self.row = "a model whose process died twice"
        else:
            self.row = "a model that nobody needed yet"
            await self.need()

    async def need(self) -> None:
        """Somebody asks for a reply."""
        self.told = ""
        was_idle = self.local.status().model.state == "idle"
        self.local.start()
        if was_idle:
            is_read = written()["a model that is being read"][0]
            assert self.local.status().model.state == is_read
        is_ready = await self.local.wait_until_ready(LONG)
        if is_ready and self.row != "a model without its file":
            self.row, self.told = "a model that is loaded", "is loaded"

    async def ask_again(self) -> None:
        """The owner gives it another chance."""
        self.local.retry()
        self.deaths = 0
        await self.need()

    async def die(self) -> None:
        died = asyncio.Event()
        note = self.keeper._note_crash

        def noted(reason: str) -> None:
            note(reason)
            died.set()

        self.keeper._note_crash = noted  # type: ignore[method-assign]
        assert self.local.pid
        killing.kill(self.local.pid)
        await asyncio.wait_for(died.wait(), LONG)
        self.keeper._note_crash = note  # type: ignore[method-assign]
        self.deaths += 1
        is_aside = self.deaths >= MOST_CRASHES
        self.row = f"a model whose process died {'twice' if is_aside else 'once'}"
        self.told = "set aside" if is_aside else "started again"

    async def rest(self) -> None:
        """Nobody asks for long."""
        self.keeper._unload_idle()
        self.row, self.told = "a model that nobody needed yet", "idle and is unloaded"

    async def free(self) -> None:
        """The owner wants its memory."""
        reply = await ask(self.service, control.ModelLoad(False))
        assert reply == control.ModelLoadReply(str(self.file), False)
        self.row = "a model that nobody needed yet"
        self.told = "unloaded; the next reply loads it again"

    async def check(self) -> None:
        """Compare what is said with the page."""
        state, words, does_fail = written()[self.row]
        status = await self.service.app.status(Nobody(), control.Status())
        assert status.model.state == state, self.row
        shown = model_trouble(status)
        assert words == (f"*{shown.word}*" if isinstance(shown, Health) else "–")
        checks = await self.service.app.doctor(Nobody(), control.Doctor())
        (found,) = [one for one in checks.checks if one.name == "model"]
        assert not found.ok if does_fail == "fails" else found.ok, found
        if shown and shown.reason and state == "crashed":
            assert shown.reason in found.detail
        if self.told:
            assert self.told in self.service.context.events.events[-1].text


@pytest.fixture
async def driven(home: Home, tmp_path: Path) -> AsyncIterator[Driven]:
    file = tiny.write(tmp_path / "tiny.gguf")
    home.config_file.write_text(
        f"[model]\nname = '{file}'\n[memory]\nenabled = false\n", encoding="utf-8"
    )
    async with open_service(home, Random(7)) as service:
        yield Driven(service, file)


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_happens_to_a_model_everybody_says_the_same(
    driven: Driven, seed: int
) -> None:
    rng = Random(seed)
    await driven.check()
    for _ in range(STEPS):
        await rng.choice(driven.actions)()
        await driven.check()


async def test_an_unloaded_model_is_loaded_by_its_owner_or_the_next_reply(
    driven: Driven,
) -> None:
    await ask(driven.service, control.ModelLoad())
    old = driven.local.pid
    assert driven.local.status().model.state == "ready" and old
    await driven.free()
    await driven.check()
    assert driven.local.pid is None
    await ask(driven.service, control.ModelLoad(False))
    async with open_line(driven) as line:
        assert await anext(line)
        assert driven.local.status().model.state == "ready"
    assert driven.local.pid not in (None, old)


async def test_a_model_is_not_unloaded_under_a_reply(driven: Driven) -> None:
    async with open_line(driven) as line:
        first = asyncio.ensure_future(anext(line))
        await asyncio.sleep(0)
        for is_written in (False, True):
            with pytest.raises(UsageError, match="is writing a reply"):
                await ask(driven.service, control.ModelLoad(False))
            assert first.done() is is_written
            assert await first
        assert driven.local.status().model.state == "ready"
    await driven.free()
    await driven.check()


async def test_a_model_that_cannot_be_loaded_says_why(driven: Driven) -> None:
    await driven.take_away()
    with pytest.raises(ProviderError, match="is not on this computer yet"):
        await ask(driven.service, control.ModelLoad())
    await driven.put_back()
    await driven.free()
    loading = asyncio.create_task(ask(driven.service, control.ModelLoad()))
    await asyncio.sleep(0)
    assert driven.local.status().model.state == "loading"
    await ask(driven.service, control.ModelLoad(False))
    with pytest.raises(ProviderError, match="the model was unloaded"):
        await loading


def open_line(driven: Driven) -> aclosing[AsyncGenerator[str | Completion, None]]:
    """What the model writes, while it is open."""
    prompt = Prompt(
        GuildId(1),
        "c",
        "bot",
        (Turn("ann", "hello there"), Turn("bob", "who is up")),
        deadline_ms=LONG * 1000,
    )
    return aclosing(driven.local.write(prompt))


def test_every_state_of_a_model_is_on_the_page() -> None:
    code = inspect.getsource(runner_supervisor.Keeper.state)
    states = set(re.findall(r'(?:return|else) "(\w+)"', code))
    assert {state for state, *_ in written().values()} == states
