"""Handlers for what a voice is like: its own words, and a model's speed."""

import asyncio
import time

from app.bot.news import Asker
from app.bot.own_words import own_phrases, own_words
from app.bot.parts import Json, Parts
from app.errors import UsageError
from app.ipc import control
from app.providers.base import Completion, Prompt, Turn
from app.store import messages

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


def _telling(
    texts: list[str], limit: int
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    return own_words(texts, limit), own_phrases(texts, limit)


def _newest_texts(guild: int) -> list[str]:
    page = messages.page(guild, limit=TEXTS_READ)
    return [message.text for message in page if message.dropped is None]
