"""Forgetting much says how far it is, and a forgotten server leaves the list."""

import asyncio
import json
from pathlib import Path

import pytest

from app.core.errors import AppError
from app.core.paths import Home
from app.ipc import control
from app.ipc.wire import Params
from app.service import receipt
from app.service.service import Service, open_service

MANY = 2500


class Watcher:
    """Hears what the screens hear."""

    def __init__(self) -> None:
        self.heard: list[Params] = []
        self._over = asyncio.Event()

    async def notify(self, notification: Params) -> None:
        self.heard.append(notification)
        if self.told and self.told[-1].finished:
            self._over.set()

    @property
    def told(self) -> list[control.Progress]:
        """The progress of forgetting."""
        heard = [one for one in self.heard if isinstance(one, control.Progress)]
        return [one for one in heard if one.work == "forget"]

    async def hear_the_end(self) -> None:
        """Wait for the last notice, which comes beside the reply."""
        async with asyncio.timeout(60):
            await self._over.wait()


def write(file: Path, count: int) -> None:
    rows = (
        {
            "channel": "hall",
            "id": str(number),
            "author": f"a{number % 7}",
            "ts": "2024-01-01T00:00:00+00:00",
            "text": f"the word {number} of the lot",
        }
        for number in range(count)
    )
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


async def learn(service: Service, watcher: Watcher, file: Path, count: int) -> None:
    """Learn a made-up server, by name alone."""
    write(file, count)
    await service.call(watcher, control.Subscribe())
    await service.call(watcher, control.Import("Rook Club", [str(file)]))


async def listed(service: Service, watcher: Watcher) -> list[str]:
    reply = await service.call(watcher, control.Guilds())
    return [guild.guild for guild in reply.guilds]


async def test_forgetting_all_tells_its_progress_and_empties_the_list(
    home: Home, tmp_path: Path
):
    watcher = Watcher()
    async with open_service(home) as service:
        await learn(service, watcher, tmp_path / "chat.jsonl", MANY)
        assert await listed(service, watcher) == ["Rook Club"]
        request = control.Forget("Rook Club", everything=True, prove=True)
        done = await service.call(watcher, request)
        assert done.messages == MANY and done.receipt and not done.receipt.found
        assert await listed(service, watcher) == []
        await watcher.hear_the_end()
    first, *between, last = watcher.told
    assert (first.done, first.finished, first.label) == (0, False, "Rook Club")
    assert last.finished and last.done == last.total and not last.error
    assert any(0 < one.done < MANY for one in between)
    assert [one.note for one in between][-1] == "searching the home"
    # Nothing but the last notice says that it is over.
    assert all(one.done < one.total for one in (first, *between))


async def test_the_forgetting_of_all_is_told_before_its_texts_are_read(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    watcher = Watcher()

    async def slow(*_: object) -> list[str]:
        async with asyncio.timeout(20):
            while not watcher.told:  # noqa: ASYNC110 - it hears beside this
                await asyncio.sleep(0.01)
        return []

    monkeypatch.setattr(receipt, "texts_of", slow)
    async with open_service(home) as service:
        await learn(service, watcher, tmp_path / "chat.jsonl", 20)
        request = control.Forget("Rook Club", everything=True, prove=True)
        assert (await service.call(watcher, request)).messages == 20
    assert (watcher.told[0].done, watcher.told[0].total) == (0, 21)


async def test_a_few_messages_are_forgotten_without_a_word(home: Home, tmp_path: Path):
    watcher = Watcher()
    async with open_service(home) as service:
        await learn(service, watcher, tmp_path / "chat.jsonl", 20)
        await service.call(watcher, control.Forget("Rook Club", messages=["3"]))
        assert watcher.told == []
        assert await listed(service, watcher) == ["Rook Club"]


async def test_a_search_of_the_home_is_told_for_a_few_messages_too(
    home: Home, tmp_path: Path
):
    watcher = Watcher()
    async with open_service(home) as service:
        await learn(service, watcher, tmp_path / "chat.jsonl", 20)
        request = control.Forget("Rook Club", messages=["3"], prove=True)
        await service.call(watcher, request)
        await watcher.hear_the_end()
    first, last = watcher.told
    assert (first.note, first.done, first.total) == ("searching the home", 0, 1)
    assert last.finished and (last.done, last.total) == (1, 1)


async def test_a_small_server_is_forgotten_with_a_sign_as_its_files_take_long(
    home: Home, tmp_path: Path
):
    watcher = Watcher()
    async with open_service(home) as service:
        await learn(service, watcher, tmp_path / "chat.jsonl", 20)
        await service.call(watcher, control.Forget("Rook Club", everything=True))
        await watcher.hear_the_end()
    notes = [one.note for one in watcher.told]
    assert notes == ["", "", "rewriting the files", ""]
    assert watcher.told[-1].finished


async def test_forgetting_that_breaks_off_says_so(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    watcher = Watcher()

    async def broken(*_: object) -> None:
        raise AppError("The disk is full.")

    async with open_service(home) as service:
        await learn(service, watcher, tmp_path / "chat.jsonl", MANY)
        monkeypatch.setattr("app.service.receipt.prove", broken)
        request = control.Forget("Rook Club", everything=True, prove=True)
        with pytest.raises(AppError, match="The disk is full"):
            await service.call(watcher, request)
        await watcher.hear_the_end()
    assert watcher.told[-1].error == "It was interrupted: forget it again."
