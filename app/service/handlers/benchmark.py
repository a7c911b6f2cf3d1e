"""Measures this machine in a minute, and finds the models that fit it."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from random import Random
from statistics import median
from tempfile import TemporaryFile

from app.core.errors import AppError, UsageError
from app.core.names import GuildId
from app.ipc import control
from app.modelfiles import catalogue
from app.providers.base import Completion, Prompt, Speed, Turn
from app.providers.local.outlook import Outlook, fits, outlook
from app.service.app_context import AppContext
from app.service.events import Asker
from app.store.search import guild_pages
from app.voice.voice import Voice

log = logging.getLogger(__name__)

LOADING_SECONDS = 90.0
WALKS = 300
TEXTS = 256
DISK_MEGABYTES = 64
MEASURE_SECONDS = 30.0
MEASURE_TEXT = "Tell me about the town where you grew up, its streets and its people."


class BenchmarkHandlers:
    """Answers `Bench` and `ModelTest`."""

    def __init__(
        self, context: AppContext, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._context = context
        self._clock = clock

    async def bench(self, asker: Asker, request: control.Bench) -> control.BenchReply:
        """Measure the model in use, the embeddings, the chain and the disk."""
        began = self._clock()
        local = self._context.local
        is_ready = False
        if local.status().model.state not in ("absent", "crashed"):
            is_ready = await local.wait_until_ready(LOADING_SECONDS)
        prompt = local.speed.prompt if is_ready else None
        decode = local.speed.decode if is_ready else None
        view = outlook(self._context.home, local)
        alone = await self._without_gpu() if is_ready else None
        return control.BenchReply(
            model=local.model,
            prompt_tokens_per_second=prompt,
            tokens_per_second=decode,
            embeddings_per_second=await asyncio.to_thread(self._embeddings),
            walk_ms=await self._walk_ms(),
            disk_megabytes_per_second=await asyncio.to_thread(self._disk),
            models=_models(view),
            seconds=self._clock() - began,
            best=view.best,
            without_best=view.without_best(view.best),
            gpu=local.gpu.name if local.gpu.layers else "",
            gpu_layers=local.gpu.layers,
            processor_prompt_tokens_per_second=alone.prompt if alone else None,
            processor_tokens_per_second=alone.decode if alone else None,
        )

    async def _without_gpu(self) -> Speed | None:
        """Measure the model on the processor alone, if a card does a part of it now."""
        local = self._context.local
        path = catalogue.locate(self._context.home, local.model)
        if not local.gpu.layers or path is None:
            return None
        try:
            return await local.speed_without_gpu(path)
        except AppError as error:
            log.warning("the processor alone is not measured: %s", error)
            return None

    async def model_test(
        self, asker: Asker, request: control.ModelTest
    ) -> control.ModelTestReply:
        """Measure how fast the model in use reads and writes."""
        if request.name != self._context.local.model:
            raise UsageError(
                f"{request.name} is not in use.", "Switch to it, then measure it."
            )
        done = await self._write()
        reading = done.first_token_ms / 1000
        writing = (done.total_ms - done.first_token_ms) / 1000
        fresh = done.prompt_tokens - done.cached_tokens
        return control.ModelTestReply(
            prompt_tokens_per_second=fresh / max(reading, 1e-3),
            tokens_per_second=(done.completion_tokens - 1) / max(writing, 1e-3),
        )

    async def _write(self) -> Completion:
        """Let the local model write one answer, for nobody."""
        prompt = Prompt(
            guild=GuildId(0),
            conversation=f"measure {time.monotonic()}",
            bot_name="Mynah",
            turns=(Turn("owner", MEASURE_TEXT),),
            dial=0,
            deadline_ms=1000 * MEASURE_SECONDS,
        )
        async for piece in self._context.local.write(prompt):
            if isinstance(piece, Completion):
                return piece
        raise UsageError("The model wrote nothing.", "See the log for the reason.")

    def _disk(self) -> float:
        """Measure how fast the home's disk takes a file, since the database waits."""
        block = bytes(1 << 20)
        began = self._clock()
        with TemporaryFile(dir=self._context.home.root) as file:
            for _ in range(DISK_MEGABYTES):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        return DISK_MEGABYTES / (self._clock() - began)

    def _embeddings(self) -> float:
        from app.memory.embedder import Embedder

        name = self._context.settings.home.memory.model
        embedder = Embedder.open(name, cache=self._context.home.embedding_models)
        embedder.embed(["warming up the session"])
        texts = [f"message {number} says a few words to all" for number in range(TEXTS)]
        began = self._clock()
        embedder.embed(texts)
        return TEXTS / (self._clock() - began)

    async def _walk_ms(self) -> float | None:
        """Return the median milliseconds of a line of the largest voice, or None."""
        by_size = await self._context.reader.run(guild_pages.largest)
        held = await self._context.held.among(by_size)
        if not held:
            return None
        largest = next(guild for guild in by_size if guild in held)
        voice = await self._context.voices.voice(largest)
        return await asyncio.to_thread(self._walks, voice)

    def _walks(self, voice: Voice) -> float:
        rng, times = Random(1), []
        for _ in range(WALKS):
            began = self._clock()
            voice.speak(rng)
            times.append((self._clock() - began) * 1000)
        return median(times)


def _models(view: Outlook) -> list[control.ModelOutlook]:
    """Return the language models, catalogue's and owner's, with their answer times."""
    listed = [one for one in catalogue.entries().values() if one.kind == "llm"]
    times = dict(view.seconds)
    known = [
        control.ModelOutlook(entry.name, fits(entry), times.pop(entry.name, None))
        for entry in listed
    ]
    # They were measured, so they fit.
    return known + [control.ModelOutlook(own, True, times[own]) for own in times]
