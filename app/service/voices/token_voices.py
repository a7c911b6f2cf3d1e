"""Keeps the token voices for fused decoding in step with the database."""

import asyncio
import json
import logging
import shutil
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from app.chat import feedback_weights
from app.core.errors import AppError
from app.core.files import write_text
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc.control import Progress
from app.ipc.jobs import TokenVoiceJob
from app.modelfiles import vocabularies
from app.service.job_runner import JobRunner
from app.store import feedback, guilds, messages, voice_changes
from app.store.database import Database
from app.store.voice_changes import Learnable
from app.voice import files
from app.voice.files import VoiceFileError
from app.voice.token_scrub import scrub
from app.voice.tokens import NAME

log = logging.getLogger(__name__)

MOST_TAIL = 2000
"""The number of messages that the runner learns one by one before a rebuild."""

HOST_NS = 3600 * 10**9
"""The age at which a host's voice is built again, if there is anything to learn."""

THROUGH = "through"
"""The file beside the voice with the last row in it."""


class Runner(Protocol):
    """A receiver of changes: the process that has the voices open."""

    @property
    def pid(self) -> int | None: ...
    async def learn(self, voice: Path, rows: list[Learnable]) -> None: ...
    async def forget(self, voice: Path, rows: Sequence[int]) -> None: ...
    async def weigh(self, voice: Path, weights: Mapping[int, float]) -> None: ...


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
        self._told: dict[Path, _Told] = {}
        self._building: dict[Path, asyncio.Task[None]] = {}
        self._writing: defaultdict[GuildId, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Held while a guild's files are written."""

    def attach(self, runner: Runner) -> None:
        """Report changes to this runner from now on."""
        self._runner = runner

    async def get(self, guild: GuildId, *, is_awaited: bool = False) -> Path | None:
        """Return the guild's up-to-date voice directory for the model in use.

        Returns None until it is built, which starts in the background.

        Args:
            is_awaited: Somebody waits, so that the build need not stand back.
        """
        model = await asyncio.to_thread(self._model)
        if model is None:
            return None
        try:
            path = await asyncio.to_thread(self._path, guild, model)
        except AppError as error:
            log.error("the token voice is unavailable: %s", error)
            return None
        stored = await asyncio.to_thread(self._stored, path)
        if stored is None:
            self._build_soon(guild, model, path, is_awaited=is_awaited)
            return None
        await self._follow(guild, model, path, stored)
        return path

    async def for_host(
        self, guild: GuildId, model: str, *, is_awaited: bool = False
    ) -> list[int] | None:
        """Return the rows that the voice beside a host's engine must not say.

        Its files are in the home, where the host's plug-in opens them. Returns None
        until they are built, which starts in the background, and without a plug-in.

        Args:
            is_awaited: As in `get`.
        """
        tokenizer = self._home.host_tokenizer(model)
        try:
            path = await asyncio.to_thread(self._path, guild, tokenizer)
        except (OSError, ValueError):
            return None
        stored = await asyncio.to_thread(self._stored, path)
        changed = await self._database.run(voice_changes.changes, guild)
        if stored is None or voice_changes.ALL in changed:
            self._build_soon(guild, tokenizer, path, is_awaited=is_awaited)
            return None
        newer = await self._database.run(
            voice_changes.newest_learnable, guild, stored.through, MOST_TAIL
        )
        is_old = time.time_ns() - stored.written > HOST_NS
        if len(newer) == MOST_TAIL or (newer and is_old):
            self._build_soon(guild, tokenizer, path)
        return sorted({*changed, *stored.edited})

    async def prepare(self, guild: GuildId) -> bool:
        """Wait until the guild's voice is built; False if it cannot be."""
        if await self.get(guild, is_awaited=True):
            return True
        await asyncio.gather(*self._building.values(), return_exceptions=True)
        return await self.get(guild) is not None

    async def prepare_for_host(self, guild: GuildId, model: str) -> None:
        """Wait until the voice beside a host's engine is built, if it can be."""
        if await self.for_host(guild, model, is_awaited=True) is None:
            await asyncio.gather(*self._building.values(), return_exceptions=True)

    async def forget(self, guild: GuildId, rows: Sequence[int]) -> None:
        """Take messages out at once, after the database has dropped or edited them."""
        for path in [path for path in self._told if path.parent == self._all_of(guild)]:
            self._told[path].changed.difference_update(rows)
            if self._runner:
                await self._runner.forget(path, list(rows))

    async def weigh(self, guild: GuildId, weights: Mapping[int, float]) -> None:
        """Draw from messages, by weight, more rarely or as often as from others."""
        for path in [path for path in self._told if path.parent == self._all_of(guild)]:
            if self._runner:
                await self._runner.weigh(path, weights)

    async def scrub(self, guild: GuildId, rows: Sequence[int]) -> bool:
        """Take messages out of the files, which stay in use.

        Args:
            rows: As in `voice_changes.changes`; `ALL` takes everything out.

        Returns:
            True when no earlier file is left; Windows keeps those that are mapped.
        """
        directory = self._all_of(guild)
        async with self._writing[guild]:
            is_left = await asyncio.to_thread(_scrub, directory, rows)
            # The runner opens the new files for that, and lets go of the earlier ones.
            await self.forget(guild, [])
            is_swept = await asyncio.to_thread(_sweep, directory)
        if not is_left:
            await self.get(guild)
        return is_swept

    def _all_of(self, guild: GuildId) -> Path:
        return self._home.token_voice(guild, "any").parent

    async def close(self) -> None:
        """Cancel running builds."""
        for task in self._building.values():
            task.cancel()
        await asyncio.gather(*self._building.values(), return_exceptions=True)

    async def _follow(
        self, guild: GuildId, model: Path, path: Path, stored: "_Stored"
    ) -> None:
        """Tell the runner about changes since the build, or since the last report."""
        if self._runner is None or (pid := self._runner.pid) is None:
            return
        told, disliked = self._told.get(path), dict[int, float]()
        if told is None or (told.pid, told.written) != (pid, stored.written):
            told = self._told[path] = _Told(pid, stored.written, stored.through, set())
            votes = await self._database.run(feedback.votes_by_source, guild)
            disliked = feedback_weights.weights(votes)
        changed = await self._database.run(voice_changes.changes, guild)
        untold = sorted({*changed, *stored.edited} - told.changed)
        if untold:
            await self._runner.forget(path, untold)
            told.changed.update(untold)
        known = await self._database.run(voice_changes.learnable_of, guild, untold)
        rows = [message for message in known if message[0] <= told.newest]
        newer = await self._database.run(
            voice_changes.newest_learnable, guild, told.newest, MOST_TAIL
        )
        if newer:
            told.newest = newer[-1][0]
        if len(newer) == MOST_TAIL:
            self._build_soon(guild, model, path)
        if rows or newer:
            await self._runner.learn(path, [*rows, *newer])
        if disliked:
            await self._runner.weigh(path, disliked)

    def _build_soon(
        self, guild: GuildId, model: Path, path: Path, *, is_awaited: bool = False
    ) -> None:
        if path not in self._building:
            job = TokenVoiceJob(guild, str(model), is_awaited)
            task = asyncio.create_task(self._build(job, path))
            self._building[path] = task
            task.add_done_callback(lambda _: self._building.pop(path))

    async def _build(self, job: TokenVoiceJob, path: Path) -> None:
        guild = job.guild
        row = await self._database.run(guilds.get, guild)
        name = f"{row.name if row else guild} in the model's words"

        def report(progress: Progress) -> None:
            self._on_progress(replace(progress, label=name))

        async with self._writing[guild]:
            through = await self._database.run(messages.last_row)
            try:
                await self._jobs.run(job, report)
            except AppError as error:
                log.error(
                    "the token voice of guild %d could not be built: %s", guild, error
                )
                return
            await asyncio.to_thread(_settle, self._home, path, through)

    def _stored(self, path: Path) -> "_Stored | None":
        """Return what the built voice holds; None without a sound voice."""
        try:
            written = (path / f"{NAME}.json").stat().st_mtime_ns
            if self._sound.get(path) != written:
                files.read(path, NAME)
                self._sound[path] = written
            return _Stored(written, *noted(path))
        except VoiceFileError as error:
            log.warning("rebuilding a token voice: %s", error)
        except (OSError, ValueError):
            pass
        return None

    def _path(self, guild: GuildId, model: Path) -> Path:
        return self._home.token_voice(guild, vocabularies.name_of(model))


class _Stored(NamedTuple):
    """The contents of a voice's files."""

    written: int
    """The time of the last write, in nanoseconds."""
    through: int
    """The last row in the voice at its build."""
    edited: list[int] = []
    """Rows edited and so taken out since."""


@dataclass
class _Told:
    """The voice that a runner was last told of."""

    pid: int
    written: int
    newest: int
    """The last row."""
    changed: set[int]
    """Rows deleted or edited since the files were written."""


def _settle(home: Home, path: Path, through: int) -> None:
    """Note the last row in the voice, and remove voices of earlier vocabularies.

    One of the model here takes the place of all such; hosts may have several models.
    """
    note(path, through, [])
    is_hosts = path.name.startswith(vocabularies.HOST)
    used = {vocabularies.name_of(one) for one in home.hosts.glob("*.json")}
    for other in path.parent.iterdir():
        of_host = other.name.startswith(vocabularies.HOST)
        is_old = other.name not in used if of_host else not is_hosts
        if other != path and is_old:
            shutil.rmtree(other, ignore_errors=True)
    files.sweep(path, NAME)


def note(path: Path, through: int, edited: Collection[int]) -> None:
    """Note the last row in a voice, and the rows taken out since its build."""
    facts = [through, sorted(edited)]
    write_text(path / THROUGH, json.dumps([*facts, _checksum(facts)]))


def noted(path: Path) -> tuple[int, list[int]]:
    """Return the last row in a voice, and the rows taken out since.

    Raises:
        ValueError: If the file is not as it was written.
        OSError: If it cannot be read.
    """
    try:
        through, edited, checksum = json.loads((path / THROUGH).read_text("utf-8"))
    except (TypeError, RecursionError) as error:
        raise ValueError("it cannot be read") from error
    if checksum != _checksum([through, edited]):
        raise ValueError("it has changed")
    return through, edited


def _checksum(facts: object) -> int:
    return zlib.crc32(json.dumps(facts).encode())


def _scrub(directory: Path, rows: Collection[int]) -> bool:
    """Take messages out of all voices of a guild; False if a voice had to go whole."""
    is_left = True
    gone = [row for row in rows if row > voice_changes.ALL]
    for path in list(directory.glob("*")):
        try:
            through, edited = noted(path)
            if voice_changes.ALL in rows:
                raise VoiceFileError("another voice took its place")
            # Edited ones are told again; deleted ones the database no longer has.
            note(path, through, {*edited, *gone})
            scrub(path, gone)
        except (OSError, ValueError) as error:
            log.info("a token voice is built again: %s", error)
            shutil.rmtree(path, ignore_errors=True)
            is_left = False
    return is_left


def _sweep(directory: Path) -> bool:
    """Remove what is of no use in all voices of a guild; True when nothing is left."""
    is_swept = [files.sweep(path, NAME) for path in list(directory.glob("*"))]
    for path in list(directory.glob("*")):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    return all(is_swept)
