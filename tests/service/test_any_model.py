"""Whatever file the model is, the bot answers: with it, or with the chain and why."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random
from typing import Any

import psutil
import pytest

from app.core.errors import AppError
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.service.service import Service, open_service
from app.store import guilds
from tests.runner import tiny

pytestmark = [pytest.mark.process, pytest.mark.llama]

LINES = ("who is up for a round", "the server is down again", "that one was close")


class Nobody:
    async def notify(self, notification: object) -> None:
        pass


@pytest.fixture
async def service(home: Home, tmp_path: Path) -> AsyncIterator[Service]:
    """A guild has been learned; the model is a file that is not there yet."""
    home.config_file.write_text(
        f'[model]\nname = "{(tmp_path / "mine.gguf").as_posix()}"\n'
        "context = 1024\nthreads = 1\nseed = 7\n[memory]\nenabled = false\n",
        encoding="utf-8",
    )
    async with open_service(home, Random(1)) as opened:
        row = await opened.context.database.run(guilds.ensure, "den")
        records = [
            Record("1", "ann", LINES[n % 3], str(n), n, None, "c", "c")
            for n in range(9)
        ]
        await opened.context.voices.hear(row.id, records)
        yield opened


async def say(service: Service, mode: str) -> Any:
    request = control.Say("den", "hello", mode=mode, max_ms=20_000)
    return await service.call(Nobody(), request)


@pytest.mark.parametrize("kind", [*tiny.KINDS])
async def test_a_model_of_any_architecture_without_a_template_answers(
    service, tmp_path, kind
):
    tiny.write(tmp_path / "mine.gguf", kind)
    assert await service.context.local.wait_until_ready(30)
    can_roll_back = service.context.local.status().model.can_roll_back
    assert can_roll_back is (kind in ("transformer", "sliding"))
    guild = await service.context.guild("den")
    assert await service.context.token_voices.prepare(guild.id)
    for mode in ("llm", "hybrid"):
        reply = await say(service, mode)
        assert reply.provider == "local"
        assert reply.text
    assert "the voice decided" in reply.notes[0]


def not_a_model(path: Path) -> None:
    path.write_bytes(b"JFIF" * 1000)


def cut_short(path: Path) -> None:
    path.write_bytes(tiny.write(path).read_bytes()[:-1000])


def too_large(path: Path) -> None:
    """A model whose memory of a talk is larger than any machine."""
    facts, shapes = tiny.transformer()
    tiny.write_file(path, facts | tiny.vocabulary(), shapes)
    changed = path.read_bytes().replace(
        tiny.pair("llama.attention.head_count_kv", tiny.HEADS),
        tiny.pair("llama.attention.head_count_kv", 2**31 - 1),
    )
    path.write_bytes(changed)


def without_a_tensor(path: Path) -> None:
    facts, shapes = tiny.transformer()
    del shapes["blk.0.attn_q.weight"]
    tiny.write_file(path, facts | tiny.vocabulary(), shapes)


def of_an_unknown_kind(path: Path) -> None:
    facts, shapes = tiny.transformer()
    facts |= {"general.architecture": "frobnicator"}
    tiny.write_file(path, facts | tiny.vocabulary(), shapes)


def without_a_vocabulary(path: Path) -> None:
    tiny.write_file(path, *tiny.transformer())


def for_embeddings(path: Path) -> None:
    facts, shapes = tiny.encoder()
    tiny.write_file(path, facts | tiny.vocabulary(), shapes)


def an_adapter(path: Path) -> None:
    tiny.write_adapter(path)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (not_a_model, "mine.gguf is not a GGUF file"),
        (cut_short, "mine.gguf is cut short"),
        (too_large, "mine.gguf needs about"),
        (for_embeddings, "mine.gguf is a model for embeddings"),
        (an_adapter, "mine.gguf is a LoRA adapter"),
        (without_a_tensor, "mine.gguf cannot be loaded: .*attn_q.weight' not found"),
        (of_an_unknown_kind, "has the architecture 'frobnicator'"),
        (without_a_vocabulary, "mine.gguf cannot be loaded: .*tokenizer"),
    ],
)
async def test_a_file_that_cannot_be_used_is_told_and_the_chain_answers(
    service, tmp_path, spoil: Callable[[Path], None], reason
):
    spoil(tmp_path / "mine.gguf")
    service.context.local.start()
    for _ in range(1000):
        model = service.context.local.status().model
        if model.state == "crashed":
            break
        await asyncio.sleep(0.02)
    reply = await say(service, "llm")
    assert reply.provider == "markov"
    assert reply.text
    (skipped, _) = reply.rungs
    for told in (skipped.reason, model.reason):
        assert re.search(reason, told)


async def test_a_file_that_cannot_be_used_is_not_taken_into_use(service, tmp_path):
    bad = tmp_path / "holiday.gguf"
    not_a_model(bad)
    before = service.context.settings.home.model.name
    with pytest.raises(AppError, match=r"holiday.gguf is not a GGUF file"):
        await service.call(Nobody(), control.ModelUse(str(bad)))
    assert service.context.settings.home.model.name == before
    good = tiny.write(tmp_path / "good.gguf")
    await service.call(Nobody(), control.ModelUse(str(good)))
    assert service.context.settings.home.model.name == str(good)


@pytest.mark.parametrize("spoil", [without_a_tensor, without_a_vocabulary])
async def test_a_working_model_stays_until_the_new_one_has_written(
    service, tmp_path, spoil: Callable[[Path], None]
):
    good, new = tiny.write(tmp_path / "good.gguf"), tmp_path / "mine.gguf"
    local = service.context.local
    await service.call(Nobody(), control.ModelUse(str(good)))
    assert await local.wait_until_ready(30)
    pid = local.pid
    spoil(new)
    told = r"^mine.gguf cannot be loaded: .* Choose another"
    with pytest.raises(AppError, match=told) as refusal:
        await service.call(Nobody(), control.ModelUse(str(new)))
    assert refusal.value.hint == "The model in the settings stays in use."
    assert service.context.settings.home.model.name == str(good)
    assert (local.pid, local.status().model.state) == (pid, "ready")
    tiny.write(new)
    await service.call(Nobody(), control.ModelUse(str(new)))
    assert service.context.settings.home.model.name == str(new)


async def test_a_model_that_was_just_replaced_has_ended_once_the_service_closed(
    home: Home, tmp_path: Path
):
    old, new = tiny.write(tmp_path / "old.gguf"), tiny.write(tmp_path / "new.gguf")
    async with open_service(home, Random(1)) as service:
        await service.call(Nobody(), control.ModelUse(str(old)))
        assert await service.context.local.wait_until_ready(30)
        pid = service.context.local.pid
        await service.call(Nobody(), control.ModelUse(str(new)))
        assert pid is not None and service.context.local.pid != pid
    assert not psutil.pid_exists(pid)
