"""Supervises the process of the language model: loads, watches and unloads it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from app.core.errors import AppError, ProviderError
from app.core.paths import own_command
from app.ipc.child import Child, ChildState, Spawn
from app.ipc.inference import GpuUse, Ready, TriesGpu
from app.ipc.wire import Done, Params, Request
from app.modelfiles.catalogue import ECHO
from app.providers.local import memory_check, trial
from app.providers.local.crash_log import Crashes, identity
from app.providers.local.idle_timer import Idle
from app.settings.model_sections import ModelSettings

R = TypeVar("R")
T = TypeVar("T")

log = logging.getLogger(__name__)

LOADING_SECONDS = 5.0
"""The loading time after which a prompt no longer waits for the end."""

UNLOADED = "the model was unloaded"

STAYS = "The model in the settings stays in use."


class Keeper:
    """At most one runner, of the model in the settings."""

    def __init__(
        self,
        settings: Callable[[], ModelSettings],
        locate: Callable[[str], Path | None],
        is_busy: Callable[[], bool],
        on_notification: Callable[[Params], None],
        on_event: Callable[[str], None],
        spawn: Spawn,
        clock: Callable[[], float],
        crashes: Crashes,
        card: GpuUse,
    ) -> None:
        """Prepare without starting anything.

        Args:
            locate: Finds the GGUF file of a model's name, if it is here.
            is_busy: Tells whether it is writing and must be neither replaced nor
                unloaded.
            on_notification: Receives the runner's messages, including `Ready`.
            on_event: Receives events of the process, with reasons.
            card: The graphics card, as it was found before.
        """
        self._settings = settings
        self._locate = locate
        self._is_busy = is_busy
        self._on_notification = on_notification
        self._on_event = on_event
        self._spawn = spawn
        self._clock = clock
        self._child: Child | None = None
        self._model = ""
        """The identity of the running model; see `crash_log.identity`."""
        self._settled = asyncio.Event()
        self.ready: Ready | None = None
        """The runner's report after it loaded the model."""
        self._began = 0.0
        self._crashes = crashes
        self._parameters = 0
        self._tries_gpu = False
        """True once the present runner uses libraries of a graphics card."""
        self._card = card
        self._idle = Idle(
            lambda: self._settings().idle_minutes, is_busy, self._unload_idle
        )
        self._tasks: set[asyncio.Task[object]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        """The ends of replaced runners, which nobody cuts short."""

    @property
    def billions(self) -> float:
        """The model's parameters in billions; 0 without a file."""
        is_file = self._settings().name != ECHO
        return self._parameters / 1e9 if is_file else 0.0

    @property
    def gpu(self) -> GpuUse:
        """The graphics card's part in the model, or why there is none."""
        wanted = self._words_for(self._settings().name, self._settings().gpu_layers)
        if why := self._crashes.why_gpu_aside(identity(wanted)):
            return GpuUse(trouble=f"it crashed: {why}")
        if self.ready and self.ready.gpu != GpuUse():
            return self.ready.gpu
        return self._card

    def state(self) -> tuple[str, str]:
        """The state and its reason: ready, loading, absent, crashed or idle."""
        if reason := self.refusal():
            name = self._settings().name
            is_here = name == ECHO or self._locate(name)
            return "crashed" if is_here else "absent", reason
        if self.ready:
            return "ready", ""
        if self._child is None or self._child.state.name == "stopped":
            return "idle", "it loads on first use"
        state = self._child.state
        if state.name in ("waiting", "failed"):
            return "crashed", state.reason
        return "loading", ""

    def unavailable(self) -> str | None:
        """Return why no text is possible now; a loading model gets some time."""
        if reason := self.refusal():
            return reason
        child = self._child
        if child is None or self._model != identity(self._wanted()):
            return None
        if child.state.name in ("waiting", "failed"):
            return f"its process died: {child.state.reason}"
        late = self._clock() - self._began > LOADING_SECONDS
        if child.state.name != "stopped" and self.ready is None and late:
            return "the model is still being loaded"
        return None

    @property
    def pid(self) -> int | None:
        """The process id of the runner while it lives."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Load the model now, so that the first reply need not wait."""
        if self.refusal() is None:
            self._start()

    async def wait_until_ready(self, seconds: float) -> bool:
        """Load the model, and wait that long; return whether it is ready.

        It returns at once if the model cannot be loaded or its process dies.
        """
        self.start()
        if self.ready is None and self._child:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), seconds)
        return self.ready is not None

    def retry(self) -> None:
        """Give a model that was set aside another chance, at its owner's request."""
        self._crashes.forgive()
        self.start()

    async def close(self) -> None:
        """End the runner."""
        self._idle.stop()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        child, self._child = self._child, None
        self._set_ready(None)
        self._settle()
        if child:
            await child.stop()
        await asyncio.gather(*self._endings, return_exceptions=True)

    def refusal(self) -> str | None:
        """Return why the wanted model cannot be loaded at all."""
        settings = self._settings()
        path = None
        if settings.name != ECHO:
            path = self._locate(settings.name)
            if path is None:
                return f"the model {settings.name} is not on this computer yet"
        if reason := self.why_aside(settings.name):
            return reason
        is_loaded = self._child is not None and self._model == identity(self._wanted())
        if path and not is_loaded:
            try:
                self.check(path)
            except AppError as error:
                return str(error).rstrip(".")
        return None

    def why_aside(self, name: str) -> str | None:
        """Return why and since when a model is set aside; None when it is not."""
        return self._crashes.why_aside(identity(self._words(name)))

    def check(self, path: Path) -> None:
        """Check that a model's file can replace the present one.

        Raises:
            AppError: If it cannot; gives the reason.
        """
        header = memory_check.check(path, self._settings(), self.gpu, self.pid)
        self._parameters = header.parameters

    async def try_out(self, name: str) -> None:
        """Let a model write before it replaces the present one, which stays meanwhile.

        Where both do not fit into the memory, the present one is unloaded, and loaded
        again for the next reply.

        Raises:
            ProviderError: If it writes nothing; gives the reason.
        """
        path, words = self._locate(name), self._words(name)
        if path is None or (self.ready and self._model == identity(words)):
            return
        try:
            memory_check.check(path, self._settings(), self.gpu, None)
        except AppError:
            self._replace()
        failure = await trial.failure_of(words, self._spawn)
        if failure and failure.is_of_gpu:
            self._crashes.note_gpu(identity(words), failure.reason)
            failure = await trial.failure_of(self._words(name), self._spawn)
        if failure:
            raise ProviderError(failure.reason, STAYS)

    def _wanted(self) -> tuple[str, ...]:
        """Return the command for the runner that the settings ask for."""
        return self._words(self._settings().name)

    def _words(self, name: str) -> tuple[str, ...]:
        """Return a runner's command; without a graphics card on which it crashed."""
        layers = self._settings().gpu_layers
        words = self._words_for(name, layers)
        is_aside = layers and self._crashes.why_gpu_aside(identity(words))
        return self._words_for(name, 0) if is_aside else words

    def _words_for(self, name: str, layers: int | str) -> tuple[str, ...]:
        settings = self._settings()
        if name == ECHO:
            return ("runner", "--echo")
        path = self._locate(name)
        words = (
            "runner",
            str(path),
            f"--context={settings.context}",
            f"--threads={settings.threads}",
            f"--gpu-layers={layers}",
        )
        eyes = settings.projector_of(path) if path else None
        return (*words, f"--projector={eyes}") if eyes else words

    def _start(self) -> None:
        wanted = self._wanted()
        model = identity(wanted)
        if self._child and self._model != model and not self._is_busy():
            self._replace()
        if self._child is None:
            self._model = model
            self._child = self._new_child(wanted)
        if self._child.state.name in ("stopped", "failed"):
            self._began = self._clock()
            self._child.start()

    def _new_child(self, words: tuple[str, ...]) -> Child:
        def on_state(state: ChildState) -> None:
            if self._child is child:
                self._note(state)

        def on_notification(notification: Params) -> None:
            if self._child is not child:
                return
            if isinstance(notification, TriesGpu):
                self._tries_gpu = True
                return
            # Set the speeds before anyone who waits for the model continues.
            self._on_notification(notification)
            if isinstance(notification, Ready):
                self._set_ready(notification)

        child = Child(
            "model's process",
            (*own_command(), *words),
            trial.CATALOGUE,
            on_notification=on_notification,
            on_state=on_state,
            on_stderr=lambda line: log.info("runner: %s", line),
            spawn=self._spawn,
        )
        return child

    def _replace(self) -> None:
        """Let the present child go; its text fails, and the ladder continues."""
        child, self._child = self._child, None
        self._tries_gpu = False
        self._set_ready(None)
        if child:
            ending = asyncio.create_task(child.stop())
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    def _set_ready(self, ready: Ready | None) -> None:
        self.ready = ready
        if ready:
            self._settle()
            self.unload_later()
            self._note_gpu(ready.gpu)
            name = Path(self._settings().name).name
            place = f" on {ready.gpu.name}" if ready.gpu.name else ""
            self._on_event(f"the model {name} is loaded{place}")
            if ready.blindness:
                self._on_event(f"the model {name} sees no pictures: {ready.blindness}")

    def _note_gpu(self, gpu: GpuUse) -> None:
        """Say when a card that was tried is of no use."""
        if gpu != GpuUse():
            self._card = replace(gpu, layers=0, all_layers=0)
        if gpu.trouble and self._tries_gpu:
            log.info("the processor does the model's work: %s", gpu.trouble)
        if not gpu.name:
            self._tries_gpu = False

    def _settle(self) -> None:
        """Release those who wait until the model is ready, or cannot be."""
        self._settled.set()
        self._settled = asyncio.Event()

    def _note(self, state: ChildState) -> None:
        if state.name == "starting":
            self._began = self._clock()
        if state.name != "running":
            self._set_ready(None)
        if state.name in ("waiting", "failed"):
            self._note_crash(state.reason)

    def _note_crash(self, reason: str) -> None:
        log.error("the model's process died: %s", reason)
        if self._tries_gpu:
            self._leave_gpu(reason)
            return
        self._crashes.note(self._model, reason)
        if why := self._crashes.why_aside(self._model):
            self._on_event(f"the model was set aside: {why}")
            self._replace()
        else:
            self._on_event(f"the model's process is started again: {reason}")
        self._settle()

    def _leave_gpu(self, reason: str) -> None:
        """Let the processor do the work of a model that crashed on a graphics card."""
        self._crashes.note_gpu(self._model, reason)
        self._on_event(
            f"the model crashed on the graphics card ({reason}); the processor does"
            " its work from now on"
        )
        self._replace()
        self._start()

    def why_not_ready(self) -> str:
        child = self._child
        if child and child.state.reason:
            return f"the model's process died: {child.state.reason}"
        now = "the model is still being loaded" if child else UNLOADED
        return self.refusal() or now

    async def call(self, request: Request[R]) -> R:
        if self._child is None:
            raise ProviderError(f"{UNLOADED}.")
        try:
            return await self._child.call(request)
        except AppError as error:
            raise ProviderError(error.message, error.hint) from error

    async def tell(self, request: Request[Done]) -> None:
        """Call without waiting for the result; a new runner starts afresh."""
        with suppress(ProviderError):
            await self.call(request)

    def unload_later(self) -> None:
        """Restart the idle time."""
        self._idle.begin()

    def unload(self) -> None:
        """Free the model's memory, at its owner's request, until the next reply."""
        self._let_go("the model is unloaded; the next reply loads it again")

    def _unload_idle(self) -> None:
        self._let_go("the model was idle and is unloaded")

    def _let_go(self, told: str) -> None:
        if self._child:
            log.info("%s", told)
            self._on_event(told)
            self._replace()
            self._settle()

    def spawn_task(self, work: Coroutine[object, None, T]) -> "asyncio.Task[T]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
