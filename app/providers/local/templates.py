"""The chat templates of models, each read once by a process of its own."""

import asyncio
import logging
from pathlib import Path

from app.core import turn_marks
from app.core.errors import ProviderError
from app.core.turn_marks import TurnMarks
from app.ipc.child import Spawn
from app.ipc.inference import TemplateRead
from app.modelfiles import gguf_header
from app.modelfiles.gguf_header import GgufError
from app.providers.local.short_runs import first

log = logging.getLogger(__name__)

READ_SECONDS = 20.0
"""The time for a template, with the start of its process on a busy machine."""

TEMPLATE = "tokenizer.chat_template"
"""The template's name in a GGUF file."""


class Templates:
    """Reads the marks of each model's template when they are first wanted."""

    def __init__(self, spawn: Spawn) -> None:
        self._spawn = spawn
        self._read: dict[tuple[Path, int], asyncio.Task[TurnMarks | None]] = {}

    async def of(self, path: Path) -> TurnMarks | None:
        """Return the marks of a model's template; None for a model without one."""
        version = await asyncio.to_thread(_version, path)
        key = (path, version)
        if key not in self._read:
            self._read[key] = asyncio.create_task(self._of(path))
        # Whoever stops waiting leaves the work to those who ask next.
        return await asyncio.shield(self._read[key])

    async def close(self) -> None:
        """End what is being read."""
        for task in self._read.values():
            task.cancel()
        await asyncio.gather(*self._read.values(), return_exceptions=True)

    async def _of(self, path: Path) -> TurnMarks | None:
        template = await asyncio.to_thread(template_of, path)
        if not template:
            return None
        try:
            words = [str(path), "--read-template"]
            read = await first(TemplateRead, words, self._spawn, READ_SECONDS)
        except ProviderError as error:
            log.warning("the chat template of %s is of no use: %s", path.name, error)
            return turn_marks.known(template)
        return read.marks or turn_marks.known(template)


def billions_of(path: Path) -> float:
    """Return a model's parameters in billions; 0 if its file can't be read."""
    try:
        return gguf_header.cached(path).parameters / 1e9
    except GgufError:
        return 0.0


def _version(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def template_of(path: Path) -> str:
    """Return the chat template in a model's file; empty without one."""
    try:
        template = gguf_header.cached(path).metadata.get(TEMPLATE)
    except GgufError:
        return ""
    if not isinstance(template, str) or len(template) > turn_marks.MOST_TEMPLATE:
        return ""
    return template
