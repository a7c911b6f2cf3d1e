"""Keeps the token voices for fused decoding in step with the database."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from app.core.errors import AppError
from app.core.files import write_text
from app.core.paths import Home
from app.ipc.control import Progress
from app.ipc.jobs import TokenVoiceJob
from app.modelfiles import gguf_header
from app.service.job_runner import JobRunner
from app.store import guilds, messages
from app.store.database import Database
from app.store.messages import Learnable
from app.voice import files
from app.voice.files import VoiceFileError
from app.voice.tokens import NAME

log = logging.getLogger(__name__)

MOST_TAIL = 2000
"""The number of messages that the runner learns one by one before a rebuild."""

THROUGH = "through"
"""The file beside the voice with the last row in it."""


class Runner(Protocol):
    """A receiver of changes: the process that has the voices open."""

    @property
    def pid(self) -> int | None: ...
    async def learn(self, voice: Path, rows: list[Learnable]) -> None: ...
    async def forget(self, voice: Path, rows: Sequence[int]) -> None: ...


class TokenVoices:
    """Builds a guild's token voice on first use, and keeps it current."""

    def __init__(
        self,
        home: Home,
        database: Database,
        jobs: JobRunner,
        model: Callable[[], Path | None],
        on_progress: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        """`model` returns the GGUF file in use."""
        self._home = home
        self._database = database
        self._jobs = jobs
        self._model = model
        self._on_progress = on_progress
        self._runner: Runner | None = None
        self._sound: dict[Path, int] = {}
        self._told: dict[Path, tuple[int | None, int]] = {}
        self._forgotten: dict[int, set[int]] = {}
        self._building: dict[Path, asyncio.Task[None]] = {}

    def attach(self, runner: Runner) -> None:
        """Report changes to this runner from now on."""
        self._runner = runner

    async def get(self, guild: int) -> Path | None:
        """Return the guild's up-to-date voice directory for the model in use.

        Returns None until it is built, which starts in the background.
        """
        model = await asyncio.to_thread(self._model)
        if model is None:
            return None
        try:
            path = await asyncio.to_thread(self._path, guild, model)
        except AppError as error:
            log.error("the token voice is unavailable: %s", error)
            return None
        through = await asyncio.to_thread(self._through, path)
        if through is None:
            self._build_soon(guild, model, path)
            return None
        await self._follow(guild, model, path, through)
        return path

    async def prepare(self, guild: int) -> bool:
        """Wait until the guild's voice is built; False if it cannot be."""
        if await self.get(guild):
            return True
        await asyncio.gather(*self._building.values(), return_exceptions=True)
        return await self.get(guild) is not None

    async def forget(self, guild: int, rows: Sequence[int]) -> None:
        """Take messages out at once, after the database has dropped them."""
        self._forgotten.setdefault(guild, set()).update(rows)
        directory = self._home.token_voice(guild, "any").parent
        for path in [path for path in self._told if path.parent == directory]:
            if self._runner:
                await self._runner.forget(path, list(rows))

    async def close(self) -> None:
        """Cancel running builds."""
        for task in self._building.values():
            task.cancel()
        await asyncio.gather(*self._building.values(), return_exceptions=True)

    async def _follow(self, guild: int, model: Path, path: Path, through: int) -> None:
        """Tell the runner about changes since the build, or since the last report."""
        if self._runner is None or (pid := self._runner.pid) is None:
            return
        known, newest = self._told.get(path, (None, through))
        if known != pid:
            newest = through
            if forgotten := self._forgotten.get(guild):
                await self._runner.forget(path, sorted(forgotten))
        rows = await self._database.run(
            messages.newest_learnable, guild, newest, MOST_TAIL
        )
        self._told[path] = (pid, rows[-1][0] if rows else newest)
        if len(rows) == MOST_TAIL:
            self._build_soon(guild, model, path)
        if rows:
            await self._runner.learn(path, rows)

    def _build_soon(self, guild: int, model: Path, path: Path) -> None:
        if path not in self._building:
            task = asyncio.create_task(self._build(guild, model, path))
            self._building[path] = task
            task.add_done_callback(lambda _: self._building.pop(path))

    async def _build(self, guild: int, model: Path, path: Path) -> None:
        through = await self._database.run(messages.last_row)
        waiting = self._forgotten.pop(guild, set())
        row = await self._database.run(guilds.get, guild)
        name = f"{row.name if row else guild} in the model's words"

        def report(progress: Progress) -> None:
            self._on_progress(replace(progress, label=name))

        try:
            await self._jobs.run(TokenVoiceJob(guild, str(model)), report)
        except AppError as error:
            self._forgotten.setdefault(guild, set()).update(waiting)
            log.error(
                "the token voice of guild %d could not be built: %s", guild, error
            )
            return
        await asyncio.to_thread(_settle, path, through)
        self._told.pop(path, None)

    def _through(self, path: Path) -> int | None:
        """Return the last row in the built voice; None without a sound voice."""
        try:
            written = (path / f"{NAME}.json").stat().st_mtime_ns
            if self._sound.get(path) != written:
                files.read(path, NAME)
                self._sound[path] = written
            return int((path / THROUGH).read_text())
        except VoiceFileError as error:
            log.warning("rebuilding a token voice: %s", error)
        except (OSError, ValueError):
            pass
        return None

    def _path(self, guild: int, model: Path) -> Path:
        return self._home.token_voice(guild, gguf_header.cached(model).vocabulary)


def _settle(path: Path, through: int) -> None:
    """Note the last row in the voice, and remove voices of earlier vocabularies."""
    write_text(path / THROUGH, str(through))
    for other in path.parent.iterdir():
        if other != path:
            shutil.rmtree(other, ignore_errors=True)
