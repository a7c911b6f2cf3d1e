"""The language model on this machine, as a provider: its runner is loaded on demand."""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from app import gguf
from app.config import ModelSettings
from app.errors import AppError, ProviderError
from app.ipc import inference
from app.ipc.child import Child, ChildState, Spawn, spawn
from app.ipc.inference import CancelGenerate, Generate, Piece, Ready
from app.ipc.wire import Catalogue, Json, Params
from app.paths import own_command
from app.providers import chat_log
from app.providers.base import Completion, Prompt, Speed

log = logging.getLogger(__name__)

ECHO = "echo"
"""The model name of the runner that only echoes."""

MOST_CRASHES = 2
"""A model that ended its runner so often is set aside."""

HEALTHY_SECONDS = 300.0
"""A crash after this time does not count together with an earlier one."""

LOADING_SECONDS = 5.0
"""Past this time of loading, a prompt no longer waits for its end."""

MARGIN_MS = 60.0
"""Kept of a deadline for the way back."""

TOKENS_A_WORD = 2
STREAM_END = None

_CATALOGUE = Catalogue(inference.REQUESTS, inference.NOTIFICATIONS)

Pieces = asyncio.Queue[str | None]


class LocalProvider:
    """Writes with a model in a process of its own, and keeps watch over it."""

    name = "local"

    def __init__(
        self,
        settings: Callable[[], ModelSettings],
        locate: Callable[[str], Path | None],
        voice: Callable[[int], Awaitable[Path | None]],
        *,
        on_change: Callable[[], None] = lambda: None,
        spawn: Spawn = spawn,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nothing is started yet.

        Args:
            locate: The GGUF file of a model's name, if it is here.
            voice: Directory of a guild's token voice, if it is built.
            on_change: Told whenever `status` may have changed.
        """
        self._settings = settings
        self._locate = locate
        self._voice = voice
        self._on_change = on_change
        self._spawn = spawn
        self._clock = clock
        self._child: Child | None = None
        self._command: tuple[str, ...] = ()
        self._loading = asyncio.Event()
        self._ready: Ready | None = None
        self._began = 0.0
        self._crashes: list[float] = []
        self._set_aside: dict[tuple[str, ...], str] = {}
        self._checked: tuple[tuple[str, float], str | None] | None = None
        self._streams = itertools.count(1)
        self._pieces: dict[int, Pieces] = {}
        self._speed = Speed()
        self._unload: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def speed(self) -> Speed:
        """As measured on this machine; cautious before that."""
        return self._speed

    @property
    def context_size(self) -> int:
        """Tokens that the model's memory holds."""
        return self._ready.context if self._ready else self._settings().context

    @property
    def model(self) -> str:
        """Name of the model, as the owner knows it."""
        return self._settings().name

    def status(self) -> Json:
        """The model's part of the control catalogue's `Status`."""
        state, reason = self._state()
        return {
            "model": {
                "name": self.model,
                "state": state,
                "reason": reason,
                "pid": self.pid,
                "context": self.context_size,
                "can_roll_back": self._ready.can_roll_back if self._ready else None,
            },
            "tokens_per_second": self._speed.decode if self._ready else 0.0,
            "prompt_tokens_per_second": self._speed.prompt if self._ready else 0.0,
            "queue": len(self._pieces),
        }

    def _state(self) -> tuple[str, str]:
        """One of ready, loading, absent, crashed, idle; and why."""
        if reason := self._refusal():
            is_here = self.model == ECHO or self._locate(self.model)
            return "crashed" if is_here else "absent", reason
        if self._ready:
            return "ready", ""
        state = self._child.state if self._child else ChildState("stopped")
        if state.name == "stopped":
            return "idle", "it is loaded when it is needed"
        if state.name in ("waiting", "failed"):
            return "crashed", state.reason
        return "loading", ""

    def unavailable(self, prompt: Prompt) -> str | None:
        """Why no text can be had now; a model being loaded is waited for a while."""
        if reason := self._refusal():
            return reason
        child = self._child
        if child is None or self._command != self._wanted():
            return None
        if child.state.name in ("waiting", "failed"):
            return f"its process died: {child.state.reason}"
        late = self._clock() - self._began > LOADING_SECONDS
        if child.state.name != "stopped" and self._ready is None and late:
            return "the model is still being loaded"
        return None

    @property
    def pid(self) -> int | None:
        """Process id of the runner while it lives."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Load the model now, so that the first reply need not wait for it."""
        if self._refusal() is None:
            self._start()

    async def wait_until_ready(self, seconds: float) -> bool:
        """Load the model, and wait so long for it; whether it is ready."""
        self.start()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._loading.wait(), seconds)
        return self._ready is not None

    def retry(self) -> None:
        """Give a model that was set aside another chance, as its owner asks."""
        self._set_aside.clear()
        self._crashes.clear()
        self.start()

    async def write(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Yield the line as it is written; closing this stops the model.

        Raises:
            ProviderError: If the model cannot be had in time, or its process ends.
        """
        began = self._clock()
        if reason := self._refusal():
            raise ProviderError(f"{reason}.")
        if not await self.wait_until_ready(prompt.deadline_ms / 1000):
            raise ProviderError(f"{self._why_not_ready()}.")
        voice = await self._voice(prompt.guild) if prompt.dial > 0 else None
        misfit = await asyncio.to_thread(self._misfit, prompt.adapter)
        if misfit:
            prompt = replace(prompt, adapter="")
        waited_ms = (self._clock() - began) * 1000
        request = self._request(prompt, voice, prompt.deadline_ms - waited_ms)
        cleaner = chat_log.Cleaner(_speakers(prompt))
        pieces: Pieces = asyncio.Queue()
        self._pieces[request.stream] = pieces
        call = self._spawn_task(self._call(request))
        call.add_done_callback(lambda _: pieces.put_nowait(STREAM_END))
        try:
            while (piece := await pieces.get()) is not STREAM_END:
                if shown := cleaner.feed(piece):
                    yield shown
            done = self._completion(prompt, request, call.result(), cleaner)
            yield replace(done, notes=(*done.notes, misfit)) if misfit else done
        finally:
            del self._pieces[request.stream]
            self._unload_later()
            if not call.done():
                call.cancel()
                self._spawn_task(self._cancel(request.stream))

    async def learn(self, voice: Path, rows: list[tuple[int, str]]) -> None:
        """Add (row id, text) of new messages to an open token voice."""
        if self._ready:
            learned: list[list[int | str]] = [[row, text] for row, text in rows]
            await self._tell(inference.Learn(str(voice), learned))

    async def forget(self, voice: Path, rows: Sequence[int]) -> None:
        """Take messages out of an open token voice at once."""
        if self._ready:
            await self._tell(inference.Forget(str(voice), list(rows)))

    async def info(self) -> Json:
        """What the runner says of itself; empty while none runs.

        Raises:
            ProviderError: If its process ends meanwhile.
        """
        return await self._call(inference.Info()) if self._ready else {}

    async def close(self) -> None:
        """End the runner."""
        self._stop_unloading()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        child, self._child = self._child, None
        self._set_ready(None)
        if child:
            await child.stop()

    def _refusal(self) -> str | None:
        """Why the model that is wanted cannot be loaded at all."""
        settings = self._settings()
        if reason := self._set_aside.get(self._wanted()):
            return reason
        if settings.name == ECHO:
            return None
        path = self._locate(settings.name)
        if path is None:
            return f"the model {settings.name} is not on this computer yet"
        is_loaded = self._child is not None and self._command == self._wanted()
        return None if is_loaded else self._check(path, settings)

    def _check(self, path: Path, settings: ModelSettings) -> str | None:
        """What is wrong with the file; reading its header again would block the bot."""
        key = (str(path), path.stat().st_mtime)
        if self._checked is None or self._checked[0] != key:
            try:
                gguf.check(path, settings.context, settings.gpu_layers)
                self._checked = (key, None)
            except AppError as error:
                self._checked = (key, str(error).rstrip("."))
        return self._checked[1]

    def _wanted(self) -> tuple[str, ...]:
        """The command line of the runner that the settings ask for."""
        settings = self._settings()
        runner = (*own_command(), "runner")
        if settings.name == ECHO:
            return (*runner, "--echo")
        return (
            *runner,
            str(self._locate(settings.name)),
            f"--context={settings.context}",
            f"--threads={settings.threads}",
            f"--gpu-layers={settings.gpu_layers}",
        )

    def _start(self) -> None:
        wanted = self._wanted()
        if self._child and self._command != wanted and not self._pieces:
            self._replace()
        if self._child is None:
            self._command = wanted
            self._child = self._new_child(wanted)
        if self._child.state.name in ("stopped", "failed"):
            self._began = self._clock()
            self._child.start()

    def _new_child(self, command: tuple[str, ...]) -> Child:
        def on_state(state: ChildState) -> None:
            if self._child is child:
                self._note(state)

        def on_notification(notification: Params) -> None:
            if self._child is child:
                self._take(notification)

        child = Child(
            "model's process",
            command,
            _CATALOGUE,
            on_notification=on_notification,
            on_state=on_state,
            on_stderr=lambda line: log.info("runner: %s", line),
            spawn=self._spawn,
        )
        return child

    def _replace(self) -> None:
        """Let the present child go; what it writes fails, and the ladder goes on."""
        child, self._child = self._child, None
        self._set_ready(None)
        self._crashes.clear()
        if child:
            self._spawn_task(child.stop())

    def _take(self, notification: Params) -> None:
        match notification:
            case Ready():
                self._set_ready(notification)
            case Piece(stream, text):
                if stream in self._pieces:
                    self._pieces[stream].put_nowait(text)

    def _set_ready(self, ready: Ready | None) -> None:
        self._ready = ready
        if ready:
            self._speed = Speed(ready.prompt_tokens_per_second, ready.tokens_per_second)
            self._loading.set()
            self._unload_later()
        else:
            self._loading.clear()
        self._on_change()

    def _note(self, state: ChildState) -> None:
        if state.name == "starting":
            self._began = self._clock()
        if state.name != "running":
            self._set_ready(None)
        if state.name in ("waiting", "failed"):
            self._note_crash(state.reason)
        self._on_change()

    def _note_crash(self, reason: str) -> None:
        log.error("the model's process died: %s", reason)
        now = self._clock()
        recent = [at for at in self._crashes if now - at < HEALTHY_SECONDS]
        self._crashes = [*recent, now]
        if len(self._crashes) >= MOST_CRASHES:
            times = f"it ended its process {len(self._crashes)} times"
            self._set_aside[self._command] = f"{times} and is set aside: {reason}"
            self._replace()

    def _why_not_ready(self) -> str:
        child = self._child
        if child and child.state.reason:
            return f"the model's process died: {child.state.reason}"
        return self._refusal() or "the model is still being loaded"

    def _request(self, prompt: Prompt, voice: Path | None, left_ms: float) -> Generate:
        return Generate(
            stream=next(self._streams),
            conversation=prompt.conversation,
            prompt=chat_log.build(prompt),
            max_tokens=prompt.max_words * TOKENS_A_WORD,
            deadline_ms=max(int(left_ms - MARGIN_MS), 1),
            temperature=prompt.temperature,
            top_p=prompt.top_p,
            seed=prompt.random_seed,
            voice=str(voice) if voice else None,
            dial=prompt.dial if voice else 0,
            guild=str(prompt.guild),
            adapter=prompt.adapter or None,
            lines=prompt.lines,
            line_start=chat_log.start_of_line(prompt.bot_name),
        )

    def _misfit(self, adapter: str) -> str:
        """Why a guild's adapter is not used; empty when it is, or there is none."""
        path = self._locate(self.model)
        if not adapter or path is None:
            return ""
        try:
            gguf.check_adapter(Path(adapter), path)
        except AppError as error:
            return f"written without the adapter: {error}"
        return ""

    def _completion(
        self,
        prompt: Prompt,
        request: Generate,
        result: Json,
        cleaner: chat_log.Cleaner,
    ) -> Completion:
        self._note_speed(result)
        if not result["completion_tokens"]:
            raise ProviderError("the time was over before the model had read it all.")
        notes: tuple[str, ...] = ()
        if request.dial:
            notes = (f"the voice decided {result['voice_share']:.0%} of it",)
        elif prompt.dial:
            notes = ("the voice for this model is still being built",)
        return Completion(
            text=cleaner.clean(result["text"]).strip(),
            finish=result["finish"],
            prompt_tokens=result["prompt_tokens"],
            cached_tokens=result["cached_tokens"],
            completion_tokens=result["completion_tokens"],
            first_token_ms=result["first_token_ms"],
            total_ms=result["total_ms"],
            notes=notes,
            extra={"voice_share": result["voice_share"]},
        )

    def _note_speed(self, result: Json) -> None:
        """The machine may be busier than it was when the model was loaded."""
        prompt = result.get("prompt_tokens_per_second") or self._speed.prompt
        decode = result.get("tokens_per_second") or self._speed.decode
        self._speed = Speed(prompt, decode)

    async def _call(self, request: Params) -> Json:
        if self._child is None:
            raise ProviderError("the model was unloaded.")
        try:
            return await self._child.call(request)
        except AppError as error:
            raise ProviderError(error.message, error.hint) from error

    async def _tell(self, request: Params) -> None:
        """Call without an interest in the outcome; a new runner starts afresh."""
        with suppress(ProviderError):
            await self._call(request)

    async def _cancel(self, stream: int) -> None:
        await self._tell(CancelGenerate(stream))

    def _unload_later(self) -> None:
        self._stop_unloading()
        minutes = self._settings().idle_minutes
        if minutes > 0:
            loop = asyncio.get_running_loop()
            self._unload = loop.call_later(minutes * 60, self._unload_if_idle)

    def _unload_if_idle(self) -> None:
        if self._pieces:
            self._unload_later()
        elif self._child:
            log.info("the model had nothing to do and is unloaded")
            self._replace()

    def _stop_unloading(self) -> None:
        if self._unload:
            self._unload.cancel()
            self._unload = None

    def _spawn_task(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _speakers(prompt: Prompt) -> list[str]:
    return [prompt.bot_name, *{turn.speaker for turn in prompt.turns}]
