"""The starter is requantised at its first use, and nothing but a whole file counts."""

import asyncio
import contextlib
import time

import psutil
import pytest

from app.modelfiles import catalogue, gguf_header
from app.service import requantise
from app.service.requantise import Requantise, tuned_file
from app.service.service import open_service
from tests.runner import tiny

pytestmark = [pytest.mark.process, pytest.mark.llama]


@pytest.fixture
def starter(home):
    """A tiny model in the starter's place."""
    path = catalogue.file_of(home, "starter")
    path.parent.mkdir()
    return tiny.write(path)


def wait_for_job() -> None:
    """Return as soon as a job was started; Windows lets nobody read a very new one."""
    while True:
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):
                if "job" in child.cmdline():
                    return
        time.sleep(0.005)


async def test_the_starter_of_a_fresh_home_is_tuned_once_and_used_from_then_on(
    home, starter
):
    async with open_service(home) as service:
        await Requantise(service.context).keep_starter_tuned()
        tuned = tuned_file(home, "starter")
        assert gguf_header.read(tuned).architecture == "llama"
        assert catalogue.locate(home, "starter") == tuned
        written = tuned.stat().st_mtime_ns
        await Requantise(service.context).keep_starter_tuned()
        assert tuned.stat().st_mtime_ns == written
    assert sorted(home.models.iterdir()) == sorted([starter, tuned])


async def test_tuning_that_is_given_up_leaves_the_starter_in_use(home, starter):
    async with open_service(home) as service:
        work = asyncio.create_task(Requantise(service.context).keep_starter_tuned())
        await asyncio.to_thread(wait_for_job)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert catalogue.locate(home, "starter") == starter
        await Requantise(service.context).keep_starter_tuned()
    assert sorted(home.models.iterdir()) == [starter, tuned_file(home, "starter")]


async def test_a_starter_that_cannot_be_tuned_stays_as_it_is(home, starter, caplog):
    starter.write_bytes(b"no model at all")
    async with open_service(home) as service:
        await Requantise(service.context).keep_starter_tuned()
    assert "stays as it is" in caplog.text
    assert list(home.models.iterdir()) == [starter]


async def test_the_starter_is_waited_for_until_it_is_fetched(home, monkeypatch):
    monkeypatch.setattr(requantise, "LOOK_SECONDS", 0.05)
    async with open_service(home) as service:
        work = asyncio.create_task(Requantise(service.context).keep_starter_tuned())
        await asyncio.sleep(0.2)
        assert not work.done()
        home.models.mkdir()
        tiny.write(catalogue.file_of(home, "starter"))
        await work
    assert tuned_file(home, "starter").is_file()


async def test_formats_are_measured_before_anything_is_learned(home, starter):
    async with open_service(home) as service:
        measured = await Requantise(service.context).tune(
            "starter", lambda progress: None
        )
    assert measured.formats[0].format == "as it is"
    assert all(row.bits_per_byte > 1 for row in measured.formats)
