"""The first line of a command that opens the bot for itself comes soon."""

import asyncio
import os
from collections.abc import Callable

import pytest

from app.core.errors import AppError
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc import control
from app.ipc.control import Progress
from app.ipc.jobs import TokenVoiceJob, TokenVoiceJobReply
from app.jobs import child, token_voice
from app.service.job_runner import JobRunner
from app.service.service import open_service
from app.service.voices.token_voices import TokenVoices
from app.store import guilds
from app.store.database import Database
from tests.runner import tiny


class Jobs(JobRunner):
    """Keeps the jobs instead of running them."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.asked: list[object] = []
        self.begun = asyncio.Event()

    async def run(self, request: object, on_progress: object) -> object:  # type: ignore[override]
        self.asked.append(request)
        self.begun.set()
        raise AppError("There is no time for jobs.")


async def test_the_voice_is_built_while_the_model_loads(home, tmp_path, monkeypatch):
    model = tiny.write(tmp_path / "tiny.gguf")
    home.config_file.write_text(
        f'[model]\nname = "{model.as_posix()}"\n[memory]\nenabled = false\n'
    )
    async with open_service(home) as service:
        context, begun = service.context, asyncio.Event()
        await context.database.run(guilds.ensure, "den")

        async def load(seconds: float) -> bool:
            await asyncio.wait_for(begun.wait(), 10)
            return True

        async def build(guild: GuildId) -> bool:
            begun.set()
            return True

        monkeypatch.setattr(context.local, "wait_until_ready", load)
        monkeypatch.setattr(context.token_voices, "prepare", build)
        await service.prepare(control.Say("den", "hello"))
    assert begun.is_set()


async def test_only_a_build_that_nobody_waits_for_stands_back(home, tmp_path):
    model = tiny.write(tmp_path / "tiny.gguf")
    with Database(home.database) as database:
        guild, jobs = database.call(guilds.ensure, "here").id, Jobs(home)
        voices = TokenVoices(home, database, jobs, lambda: model)
        await voices.get(guild)
        await jobs.begun.wait()
        await voices.prepare(guild)
        await voices.close()
    awaited = [job.is_awaited for job in jobs.asked if isinstance(job, TokenVoiceJob)]
    assert awaited[:2] == [False, True]


@pytest.mark.parametrize("is_awaited", [False, True])
def test_a_build_that_somebody_waits_for_has_the_usual_priority(
    home, monkeypatch, is_awaited
):
    stood_back: list[int] = []
    monkeypatch.setattr(os, "nice", stood_back.append, raising=False)

    def build(
        job: TokenVoiceJob, home: Home, tell: Callable[[Progress], None]
    ) -> TokenVoiceJobReply:
        return TokenVoiceJobReply(0)

    monkeypatch.setattr(token_voice, "run", build)
    child.carry_out(TokenVoiceJob(GuildId(1), "m", is_awaited), home, lambda told: None)
    assert bool(stood_back) is not is_awaited
