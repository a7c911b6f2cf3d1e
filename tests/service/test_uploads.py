"""A file that replaces what is there: killed at any moment, nothing is lost."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from app.core.errors import AppError
from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.service.app_context import AppContext
from app.service.service import Service, open_service
from app.service.voices.uploads import Uploads, waiting
from app.store import guilds, messages
from tests.asking import ask
from tests.service.forgetting_world import InlineJobs

FILE = b"\n".join(
    json.dumps({"id": str(n), "author": "9", "text": f"from the file {n}"}).encode()
    for n in range(3)
)
NEW = {f"from the file {n}" for n in range(3)}
OLD = {"heard before"}


@asynccontextmanager
async def opened(home: Home) -> AsyncIterator[tuple[Service, GuildId]]:
    async with open_service(home, Random(1)) as service:
        context = service.context
        jobs = context.__dict__["jobs"] = InlineJobs(home)
        try:
            yield service, (await context.database.run(guilds.ensure, "den")).id
        finally:
            await context.voices.close()
            jobs.close()


async def texts(context: AppContext, guild: GuildId) -> set[str]:
    found = await context.database.run(messages.page, guild, limit=100)
    return {one.text for one in found}


async def hear(context: AppContext, guild: GuildId, *said: str) -> None:
    now = int(time.time() * 1000) + 1
    records = [
        Record("1", "Ann", text, f"{text} 1", now, None, "general", "7")
        for text in said
    ]
    await context.voices.hear(guild, records)


def killed_at(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process seem to end when the work on a file comes to that step."""

    async def never(*asked: object) -> object:
        raise asyncio.CancelledError

    monkeypatch.setattr(Uploads, step, never)


@pytest.mark.parametrize("step", ["_forget", "_learn"])
async def test_a_kill_between_forgetting_and_learning_loses_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    async with opened(home) as (service, guild):
        await hear(service.context, guild, *OLD)
        with monkeypatch.context() as patch:
            killed_at(step, patch)
            with pytest.raises(asyncio.CancelledError):
                learn = service.context.uploads.learn
                await learn(guild, "old.jsonl", FILE, clean=True)
        assert len(waiting(home)) == 1
    async with opened(home) as (service, guild):
        # What is heard from now on is not what the file replaces.
        await hear(service.context, guild, "heard after")
        assert await texts(service.context, guild) == {"heard after"}
        await service.context.uploads.go_on()
        assert await texts(service.context, guild) == NEW | {"heard after"}
    assert waiting(home) == []


async def test_a_kill_while_a_file_is_added_loses_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home) as (service, guild):
        await hear(service.context, guild, *OLD)
        with monkeypatch.context() as patch:
            killed_at("_learn", patch)
            with pytest.raises(asyncio.CancelledError):
                learn = service.context.uploads.learn
                await learn(guild, "old.jsonl", FILE, clean=False)
    async with opened(home) as (service, guild):
        await service.context.uploads.go_on()
        assert await texts(service.context, guild) == NEW | OLD


async def test_a_file_is_tried_again_once_where_everything_was_forgotten_for_it(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*asked: object) -> object:
        raise AppError("The disk is full.")

    async with opened(home) as (service, guild):
        learn = service.context.uploads.learn
        await hear(service.context, guild, *OLD)
        with monkeypatch.context() as patch:
            patch.setattr(Uploads, "_learn", full)
            for clean in (False, True):
                with pytest.raises(AppError, match="full"):
                    await learn(guild, "old.jsonl", FILE, clean=clean)
                assert len(waiting(home)) == clean
        assert await texts(service.context, guild) == set()
    async with opened(home) as (service, guild):
        await service.context.uploads.go_on()
        assert await texts(service.context, guild) == NEW
    assert waiting(home) == []


async def test_forgetting_everything_takes_the_files_that_wait_as_well(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home) as (service, guild):
        learn = service.context.uploads.learn
        with monkeypatch.context() as patch:
            killed_at("_learn", patch)
            with pytest.raises(asyncio.CancelledError):
                await learn(guild, "old.jsonl", FILE, clean=False)
        assert len(waiting(home)) == 1
        await ask(service, control.Forget("den", everything=True))
        assert waiting(home) == []


async def test_a_folder_without_its_file_keeps_no_other_file_from_being_learned(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home) as (service, guild):
        with monkeypatch.context() as patch:
            killed_at("_learn", patch)
            with pytest.raises(asyncio.CancelledError):
                learn = service.context.uploads.learn
                await learn(guild, "old.jsonl", FILE, clean=False)
    # A kill came between the removal of a file and that of its folder.
    (home.uploads / f"{guild}-learn-00000000").mkdir()
    (home.uploads / f"{guild}-forget-00000000").mkdir()
    async with opened(home) as (service, guild):
        await hear(service.context, guild, *OLD)
        await service.context.uploads.go_on()
        assert await texts(service.context, guild) == NEW | OLD


async def test_a_file_that_is_dropped_meanwhile_keeps_no_other_from_being_learned(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(home) as (service, guild):
        with monkeypatch.context() as patch:
            killed_at("_learn", patch)
            with pytest.raises(asyncio.CancelledError):
                learn = service.context.uploads.learn
                await learn(guild, "old.jsonl", FILE, clean=False)
        (upload,) = waiting(home)
        gone = upload._replace(folder=upload.folder.with_name("1-learn-gone"))
        found = [gone, upload]
        with monkeypatch.context() as patch:
            patch.setattr("app.service.voices.uploads.waiting", lambda home: found)
            await service.context.uploads.go_on()
        assert await texts(service.context, guild) == NEW
