"""Learns files that people send to the bot; what a kill cuts off goes on later.

A file waits in a folder whose name tells the guild and the next step, until all of it
is stored. So nothing is forgotten for a file that then is lost.
"""

import asyncio
import logging
import os
import secrets
import shutil
from pathlib import Path
from typing import NamedTuple

from app.core.errors import AppError, UsageError
from app.core.files import replacing, sync_directory
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc.control import ImportReply
from app.service.voices.forgetter import Forgetter, Forgotten
from app.service.voices.voice_files import drop_uploads
from app.service.voices.voice_keeper import VoiceKeeper

log = logging.getLogger(__name__)

FORGET, LEARN = "forget", "learn"
"""The steps."""


class Upload(NamedTuple):
    """A file that waits, by what the name of its folder tells."""

    folder: Path
    guild: GuildId
    step: str

    @property
    def file(self) -> Path:
        (file,) = self.folder.iterdir()
        return file


class Uploads:
    """The files that wait in a home."""

    def __init__(self, home: Home, voices: VoiceKeeper, forgetter: Forgetter) -> None:
        self._home = home
        self._voices = voices
        self._forgetter = forgetter
        self._learning: set[GuildId] = set()

    async def learn(
        self, guild: GuildId, name: str, data: bytes, *, clean: bool
    ) -> tuple[Forgotten | None, ImportReply]:
        """Learn a file into a guild (row); return what was forgotten, and the counts.

        Args:
            name: The file's name, whose end tells the format.
            clean: Forget first everything that is there.

        Raises:
            AppError: If it cannot be learned. Where everything was forgotten for it,
                the next start tries it again.
        """
        if guild in self._learning:
            raise UsageError("Another file is being learned.", "Try again later.")
        self._learning.add(guild)
        try:
            await asyncio.to_thread(drop_uploads, self._home, guild)
            step = FORGET if clean else LEARN
            upload = await asyncio.to_thread(self._put, guild, step, name, data)
            gone, upload = await self._forget(upload)
            try:
                return gone, await self._learn(upload)
            except AppError:
                if not clean:
                    await asyncio.to_thread(_remove, upload.folder)
                raise
        finally:
            self._learning.discard(guild)

    async def forget_first(self) -> None:
        """Finish the forgetting for files, before anything new is heard."""
        for upload in await asyncio.to_thread(waiting, self._home):
            try:
                await self._forget(upload)
            except AppError as error:
                log.warning("What a file replaces is not forgotten yet: %s", error)

    async def go_on(self) -> None:
        """Learn the files that a killed process left, each once more."""
        for upload in await asyncio.to_thread(waiting, self._home):
            try:
                _, upload = await self._forget(upload)
                reply = await self._learn(upload)
                log.info("A file sent earlier gave %d new messages", reply.added)
            except (AppError, OSError) as error:
                log.warning("A file sent earlier could not be learned: %s", error)
                await asyncio.to_thread(_remove, upload.folder)

    def _put(self, guild: GuildId, step: str, name: str, data: bytes) -> Upload:
        """Put a file on disk; its folder gets its name once it is whole."""
        token = secrets.token_hex(4)
        unfinished = self._home.temporary / f"upload-{token}"
        unfinished.mkdir(mode=0o700, parents=True)
        path = unfinished / f"upload{Path(name).suffix[:10]}"
        with replacing(path, is_secret=True) as file:
            file.write(data)
        self._home.uploads.mkdir(mode=0o700, exist_ok=True)
        return self._named(unfinished, guild, step, token)

    def _named(self, folder: Path, guild: GuildId, step: str, token: str) -> Upload:
        target = self._home.uploads / f"{guild}-{step}-{token}"
        os.replace(folder, target)
        sync_directory(target.parent)
        return Upload(target, guild, step)

    async def _forget(self, upload: Upload) -> tuple[Forgotten | None, Upload]:
        if upload.step == LEARN:
            return None, upload
        guild = upload.guild
        forget = self._forgetter.forget_everything
        gone = await forget(guild, keeps_uploads=True)
        token = upload.folder.name.rpartition("-")[2]
        return gone, self._named(upload.folder, guild, LEARN, token)

    async def _learn(self, upload: Upload) -> ImportReply:
        reply = await self._voices.import_files(upload.guild, [upload.file])
        await asyncio.to_thread(_remove, upload.folder)
        return reply


def waiting(home: Home) -> list[Upload]:
    """Return the files that wait, of all guilds."""
    found = []
    for folder in sorted(home.uploads.glob("*-*-*")):
        guild, step, _ = folder.name.split("-")
        # A kill while a folder was removed leaves it empty.
        if step in (FORGET, LEARN) and any(folder.iterdir()):
            found.append(Upload(folder, GuildId(int(guild)), step))
    return found


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
