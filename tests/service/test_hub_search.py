"""The outlook for a hub's models, which is that of the catalogue, and their fetch."""

import asyncio
import dataclasses
import json
import threading
from collections.abc import AsyncIterator, Iterator
from random import Random

import pytest

from app.core.errors import AppError, StoppedError
from app.core.paths import Home
from app.ipc import control
from app.modelfiles import catalogue, gguf_header
from app.providers.local import outlook as module
from app.providers.local.outlook import GOOD_SECONDS, outlook
from app.service.service import Service, open_service
from tests.asking import ask
from tests.hub_stand_in import CATALOGUE, COMMIT, Hub, running
from tests.runner import tiny

CONTENT = bytes(3_000_000)
NAME = "unsloth/Qwen3-4B-GGUF"
TINY = f"hub:someone/tiny-Qwen-GGUF@{COMMIT}/tiny-qwen.Q4_0.gguf"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(module, "memory_gigabytes", lambda: 8.0)
    with running(Hub(CONTENT, models=CATALOGUE)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


def measure_starter(home: Home, prompt: float, decode: float) -> None:
    home.models.mkdir()
    with catalogue.file_of(home, "starter").open("wb") as file:
        file.truncate(98_362_432)
    home.model_speeds_file.write_text(json.dumps({"starter": [prompt, decode]}))


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    """A service on a computer where a model was measured."""
    measure_starter(home, 6_000.0, 600.0)
    async with open_service(home, Random(1)) as service:
        yield service


class Listener:
    """Waits for the first progress."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    async def notify(self, told: object) -> None:
        self.heard.set()


async def test_each_file_has_the_outlook_that_a_model_of_the_catalogue_has(
    service: Service, hub: Hub
):
    assert (await ask(service, control.Hub())).host == hub.url.removeprefix("http://")
    assert hub.asked == []
    found = await ask(service, control.HubFiles(NAME))
    view = outlook(service.context.home, service.context.local)
    models = [one.model for one in found.files]
    assert [one.answer_seconds for one in models] == [
        view.estimate(one.bytes) for one in models
    ]
    assert [one.fits for one in models] == [True, True, True, True, False]
    soon = [
        one
        for one in found.files
        if one.model.fits and (one.model.answer_seconds or 0) <= GOOD_SECONDS
    ]
    assert soon and found.best == soon[-1].address
    assert found.context == service.context.settings.home.model.context
    assert [one.quantisation for one in found.files] == [
        "Q2_K", "Q4_K_M", "Q6_K_XL", "Q8_0", "BF16",
    ]  # fmt: skip


async def test_none_is_the_best_where_none_answers_in_time(home: Home, hub: Hub):
    measure_starter(home, 600.0, 60.0)
    async with open_service(home, Random(1)) as slow:
        found = await ask(slow, control.HubFiles(NAME))
        listed = await ask(slow, control.Models())
    seconds = [one.model.answer_seconds or 0 for one in found.files]
    assert min(seconds) > GOOD_SECONDS and not found.best
    assert found.without_best == "None of them fits here and answers within 6 s."
    assert listed.best and not listed.without_best


async def test_the_memory_is_that_for_the_context_which_is_set(
    service: Service, hub: Hub
):
    before = (await ask(service, control.HubFiles(NAME))).files[0].model
    await ask(service, control.ConfigSet("model.context", "24576"))
    reply = await ask(service, control.HubFiles(NAME))
    after = reply.files[0].model
    assert reply.context == 24576
    assert (after.ram_gigabytes or 0) > (before.ram_gigabytes or 0) + 2


async def test_a_file_of_the_hub_is_a_line_while_it_is_fetched_and_after(
    service: Service, hub: Hub
):
    hub.stall_seconds = 1.0
    name = catalogue.find(TINY).name
    assert name not in await listed(service)
    first = Listener()
    fetching = asyncio.create_task(service.call(first, control.ModelPull(TINY)))
    await first.heard.wait()
    begun = await listed(service)
    assert not begun[name].present
    with pytest.raises(AppError, match="fetched already"):
        await ask(service, control.ModelPull(TINY))
    assert (await fetching).name == name
    shown = (await listed(service))[name]
    assert shown.present and shown.bytes == len(CONTENT)
    (file,) = (await ask(service, control.HubFiles("someone/tiny-Qwen-GGUF"))).files
    assert file.model.present and file.address == TINY


class Stopper:
    """Stops a fetch at its first bytes, once."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._is_asked = False

    async def notify(self, told: object) -> None:
        if not isinstance(told, control.Progress) or self._is_asked:
            return
        if told.done and told.job:
            self._is_asked = True
            await self._service.context.jobs.steer(told.job, "stop")


async def test_a_part_is_listed_by_another_bot_and_can_be_removed(home: Home, hub: Hub):
    hub.stall_seconds = 0.5
    name = catalogue.find(TINY).name
    async with open_service(home, Random(1)) as first:
        with pytest.raises(StoppedError):
            await first.call(Stopper(first), control.ModelPull(TINY))
    async with open_service(home, Random(1)) as second:
        begun = (await listed(second))[name]
        assert not begun.present and 0 < begun.fetched < 1
        assert begun.bytes == len(CONTENT)
        removed = await ask(second, control.ModelRemove(name))
        assert removed.bytes > begun.fetched * begun.bytes * 0.9
        assert name not in await listed(second)
    assert not [one for one in (home.models / ".partial").rglob("*") if one.is_file()]


async def test_a_part_of_a_model_of_the_catalogue_has_the_line_of_that_model(
    service: Service, hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    hub.stall_seconds = 0.5
    other = catalogue.find(TINY)
    ours = dataclasses.replace(other, name="ours", bytes=len(CONTENT))
    every = {**catalogue.entries(), "ours": ours}
    monkeypatch.setattr(catalogue, "entries", lambda: every)
    with pytest.raises(StoppedError):
        await service.call(Stopper(service), control.ModelPull("ours"))
    models = await listed(service)
    assert 0 < models["ours"].fetched < 1 and other.name not in models


@pytest.mark.parametrize("note", ["", "12", "x hub:a/b/c.gguf", "5 hub:../x", "\xff"])
async def test_a_damaged_note_beside_a_part_lists_nothing(
    service: Service, home: Home, note: str
):
    before = await listed(service)
    folder = home.models / ".partial" / "any"
    folder.mkdir(parents=True)
    (folder / "address").write_text(note, encoding="latin-1")
    assert await listed(service) == before


async def test_a_fetch_that_was_stopped_goes_on_by_the_name_of_its_line(
    service: Service, hub: Hub
):
    hub.stall_seconds = 0.5
    name = catalogue.find(TINY).name
    with pytest.raises(StoppedError):
        await service.call(Stopper(service), control.ModelPull(TINY))
    begun = (await listed(service))[name]
    assert not begun.present and 0 < begun.fetched < 1
    assert begun.bytes == len(CONTENT)
    assert (await ask(service, control.ModelPull(name))).bytes == len(CONTENT)
    assert (await listed(service))[name].present


async def test_what_was_fetched_has_its_true_memory_at_the_context_before_its_use(
    service: Service, hub: Hub
):
    home = service.context.home
    tiny.write(home.models / "mine.gguf")
    (home.models / "broken.gguf").write_bytes(b"GGUF")
    header = gguf_header.read(home.models / "mine.gguf")
    for context in (6144, 1_048_576):
        await ask(service, control.ConfigSet("model.context", str(context)))
        shown = await listed(service)
        need = round(header.resident_bytes(context) / 1e9, 1)
        assert shown["mine"].ram_gigabytes == need and shown["mine"].fits
        assert shown["mine"].answer_seconds
    assert shown["broken"].ram_gigabytes is None and shown["broken"].fits is None


async def test_the_loop_goes_on_while_the_hub_thinks(service: Service, hub: Hub):
    hub.waits = threading.Event()
    search = asyncio.create_task(ask(service, control.HubSearch("qwen")))
    await ask(service, control.Models())
    assert not search.done()
    hub.waits.set()
    assert len((await search).repositories) == 3


async def listed(service: Service) -> dict[str, control.ModelEntry]:
    return {one.name: one for one in (await ask(service, control.Models())).models}
