"""Handlers for what a voice is like: its own words, kept states, a model's speed."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from app.bot.news import Asker
from app.bot.own_words import own_phrases, own_words
from app.bot.parts import Json, Parts
from app.errors import UsageError
from app.ipc import control
from app.providers.base import Completion, Prompt, Turn
from app.store import messages
from app.store.tables import Guild

TEXTS_READ = 50_000
"""Newest messages that the own words are taken from."""

MEASURE_SECONDS = 30.0
MEASURE_TEXT = "Tell me about the town where you grew up, its streets and its people."


class Shaping:
    """Answers what the owner asks about one voice."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def phrases(self, asker: Asker, request: control.Phrases) -> Json:
        """Words and phrases that are said here more than elsewhere."""
        guild = await self._parts.guild(request.guild)
        texts = await self._parts.reader.run(_newest_texts, guild.id)
        words, phrases = await asyncio.to_thread(_telling, texts, request.limit)
        return {
            "words": [{"text": text, "count": count} for text, count in words],
            "phrases": [{"text": text, "count": count} for text, count in phrases],
        }

    async def snapshots(self, asker: Asker, request: control.Snapshots) -> Json:
        """The kept states of a guild's voice, newest first."""
        guild = await self._parts.guild(request.guild)
        kept = _read(self._file(guild))
        return {"snapshots": sorted(kept, key=lambda one: -one["at"])}

    async def snapshot_take(self, asker: Asker, request: control.SnapshotTake) -> Json:
        """Remember under a name what was learned up to now."""
        guild = await self._parts.guild(request.guild)
        newest = await self._parts.reader.run(messages.page, guild.id, limit=1)
        snapshot = {
            "name": request.name,
            "at": time.time(),
            "messages": await self._parts.reader.run(messages.count, guild.id),
            "row": newest[0].id if newest else 0,
        }
        file = self._file(guild)
        others = [one for one in _read(file) if one["name"] != request.name]
        _write(file, [*others, snapshot])
        return snapshot

    async def snapshot_restore(
        self, asker: Asker, request: control.SnapshotRestore
    ) -> Json:
        """Forget, everywhere, what was learned after a snapshot was taken."""
        guild = await self._parts.guild(request.guild)
        kept = {one["name"]: one for one in _read(self._file(guild))}
        if request.name not in kept:
            raise UsageError(f"There is no snapshot {request.name!r}.")
        after = int(kept[request.name]["row"])
        rows = await self._parts.reader.run(_learned_after, guild.id, after)
        done = await self._parts.learning.forget(guild.id, rows)
        return {"messages": done.messages, "complete": done.complete}

    async def model_test(self, asker: Asker, request: control.ModelTest) -> Json:
        """Measure how fast the model in use reads and writes."""
        if request.name != self._parts.local.model:
            raise UsageError(
                f"{request.name} is not in use.", "Use it, then measure it."
            )
        done = await self._write()
        reading = done.first_token_ms / 1000
        writing = (done.total_ms - done.first_token_ms) / 1000
        fresh = done.prompt_tokens - done.cached_tokens
        return {
            "prompt_tokens_per_second": fresh / max(reading, 1e-3),
            "tokens_per_second": (done.completion_tokens - 1) / max(writing, 1e-3),
        }

    async def _write(self) -> Completion:
        """One answer of the local model, to nobody."""
        prompt = Prompt(
            guild=0,
            conversation=f"measure {time.monotonic()}",
            bot_name="Mynah",
            turns=(Turn("owner", MEASURE_TEXT),),
            dial=0,
            deadline_ms=1000 * MEASURE_SECONDS,
        )
        async for piece in self._parts.local.write(prompt):
            if isinstance(piece, Completion):
                return piece
        raise UsageError("The model wrote nothing.", "Look at the log.")

    def _file(self, guild: Guild) -> Path:
        return self._parts.home.guild(guild.id) / "snapshots.json"


def _telling(
    texts: list[str], limit: int
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    return own_words(texts, limit), own_phrases(texts, limit)


def _newest_texts(guild: int) -> list[str]:
    page = messages.page(guild, limit=TEXTS_READ)
    return [message.text for message in page if message.dropped is None]


def _learned_after(guild: int, row: int) -> list[int]:
    return [message for message, _ in messages.learnable(guild, row)]


def _read(file: Path) -> list[dict[str, Any]]:
    try:
        kept: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return kept


def _write(file: Path, kept: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".tmp")
    temporary.write_text(json.dumps(kept), encoding="utf-8")
    temporary.replace(file)
