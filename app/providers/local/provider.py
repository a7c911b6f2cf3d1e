"""The language model on this machine, as a provider; its runner starts on demand."""

import asyncio
import base64
import itertools
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.errors import AppError, ProviderError, UsageError
from app.core.names import GuildId
from app.core.sentences import whole_sentences
from app.core.state_file import StateFile
from app.core.turn_marks import TurnMarks
from app.ipc import inference
from app.ipc.child import Spawn, spawn
from app.ipc.control import ModelStatus
from app.ipc.inference import (
    CancelGenerate,
    FoundGpu,
    Generate,
    GenerateReply,
    GpuUse,
    Piece,
    Ready,
)
from app.ipc.wire import Params
from app.modelfiles import checks
from app.modelfiles.catalogue import ECHO
from app.providers import fused_request
from app.providers.base import Completion, Prompt, Speed
from app.providers.local import chat_log, fused_words
from app.providers.local.crash_log import Crashes
from app.providers.local.runner_supervisor import Keeper
from app.providers.local.short_runs import first
from app.providers.local.templates import Templates, billions_of, template_of
from app.providers.thoughts import answer_in
from app.settings.declaration import AUTO
from app.settings.model_sections import ModelSettings

log = logging.getLogger(__name__)

MARGIN_MS = 60.0
"""The part of a deadline reserved for the way back."""

TRY_AGAIN = "Try it again with `mynah models use NAME`, or choose another."

BACKGROUND_TEMPERATURE = 0.3
"""The temperature of background work, which should be accurate rather than lively."""

FIRST_CONTACT = "nothing is learned here yet, and too little is said"
"""A model that goes on with a chat log would have nothing to go on from, and talk
nonsense."""

LOOK_SECONDS, MEASURE_SECONDS, LONGEST_LOAD_SECONDS = 20.0, 90.0, 600.0

CARD = "the graphics card"
"""The place of the card's name and free memory among the speeds of models."""

PICTURE = ", a picture"
"""Behind a model's name, the place of the time that it looks at one."""

LEAST_BILLIONS = 0.5
"""The parameters from which a model is told its part instead of shown a chat log."""

BLIND = "the model sees no pictures"

USUAL_PICTURE_MS = 4000.0
"""The time for a picture until it was measured: SmolVLM's on two old cores."""

STREAM_END = None

Pieces = asyncio.Queue[str | None]


@dataclass(frozen=True)
class LocalStatus:
    """State of the model, its speeds, and how many replies it has to write."""

    model: ModelStatus
    tokens_per_second: float
    prompt_tokens_per_second: float
    queue: int


class LocalProvider:
    """Writes with a model in its own process, and supervises it."""

    name = "local"

    def __init__(
        self,
        settings: Callable[[], ModelSettings],
        locate: Callable[[str], Path | None],
        voice: Callable[[GuildId], Awaitable[Path | None]],
        crashed: StateFile,
        *,
        speeds: StateFile | None = None,
        on_event: Callable[[str], None] = lambda text: None,
        spawn: Spawn = spawn,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare without starting anything.

        Args:
            locate: Finds the GGUF file of a model's name, if it is here.
            voice: Finds the directory of a guild's token voice, if it is built.
            crashed: Remembers crashed models across restarts.
            speeds: Keeps across restarts how fast each model wrote here.
            on_event: Receives events of the model's process, with reasons.
        """
        self._settings = settings
        self._locate = locate
        self._voice = voice
        self._spawn = spawn
        self._clock = clock
        self._streams = itertools.count(1)
        self._begun = 0
        """The replies that wait for the model, or that it writes."""
        self._pieces: dict[int, Pieces] = {}
        self._speed = Speed()
        self._speeds = speeds
        self._templates = Templates(spawn)
        self._keeper = Keeper(
            settings,
            locate,
            is_busy=lambda: bool(self._pieces),
            on_notification=self._take,
            on_event=on_event,
            spawn=spawn,
            clock=clock,
            crashes=Crashes(crashed),
            card=self._kept_card(),
        )

    @property
    def speed(self) -> Speed:
        """The speed measured on this machine; a cautious guess before that."""
        if self._keeper.ready:
            return self._speed
        return self.measured(self.model) or Speed()

    def measured(self, name: str) -> Speed | None:
        """The speed of a model when it was last loaded here."""
        match self._speeds.get(name) if self._speeds else None:
            case [float(prompt), float(decode)] if prompt > 0 and decode > 0:
                return Speed(prompt, decode)
        return None

    @property
    def context_size(self) -> int:
        """The tokens that fit into the model's memory."""
        ready = self._keeper.ready
        return ready.context if ready else self._settings().context

    @property
    def billions(self) -> float:
        """The model's parameters in billions; 0 without a file."""
        return self._keeper.billions

    @property
    def is_idle(self) -> bool:
        """True when the model is loaded and nobody waits for its words."""
        return self._keeper.ready is not None and not self._pieces

    @property
    def replies(self) -> int:
        """The replies that it has to write."""
        return len(self._pieces)

    @property
    def model(self) -> str:
        """The name of the model, as the owner knows it."""
        return self._settings().name

    @property
    def path(self) -> Path | None:
        """The model's file, if it is here."""
        return self._locate(self.model)

    @property
    def has_template(self) -> bool:
        """True if the model's file has a chat template."""
        return self.path is not None and bool(template_of(self.path))

    @property
    def wants_template(self) -> bool:
        """True if the model is to be told its part in its chat template."""
        form, path = self._settings().form, self.path
        if form == AUTO:
            return path is not None and billions_of(path) >= LEAST_BILLIONS
        return form == "template"

    @property
    def picture_ms(self) -> float:
        """The time that the model looks at one picture; 0 if it cannot see."""
        path, ready = self.path, self._keeper.ready
        eyes = self._settings().projector_of(path) if path else None
        if not (ready.can_see if ready else eyes):
            return 0.0
        match self._speeds.get(self.model + PICTURE) if self._speeds else None:
            case [float(ms)] if ms > 0:
                return ms
        return USUAL_PICTURE_MS

    @property
    def sight_bytes(self) -> int:
        """The memory that the loaded model's projector takes; 0 without one."""
        ready = self._keeper.ready
        return ready.sight_bytes if ready else 0

    @property
    def gpu(self) -> GpuUse:
        """The graphics card's part in the model, or why there is none."""
        return self._keeper.gpu

    async def find_gpu(self) -> GpuUse:
        """Look for a graphics card that a model could use, in a process of its own."""
        try:
            found = await first(FoundGpu, ["--look-for-gpu"], self._spawn, LOOK_SECONDS)
        except ProviderError as error:
            reason = error.message.rstrip(".")
            return GpuUse(trouble=f"looking for a graphics card failed: {reason}")
        return found.gpu

    async def speed_without_gpu(self, path: Path) -> Speed:
        """Measure a model on the processor alone, beside the one that is loaded.

        Raises:
            AppError: If the memory is too small for both, or the runner fails.
        """
        settings = self._settings()
        checks.check(path, settings.context)
        words = [f"--context={settings.context}", f"--threads={settings.threads}"]
        ready = await first(Ready, [str(path), *words], self._spawn, MEASURE_SECONDS)
        return Speed(ready.prompt_tokens_per_second, ready.tokens_per_second)

    def status(self) -> LocalStatus:
        """The model's part of the control catalogue's `Status`."""
        state, reason = self._keeper.state()
        ready, speed = self._keeper.ready, self._speed
        return LocalStatus(
            ModelStatus(
                name=self.model,
                state=state,
                reason=reason,
                hint=self._hint(state),
                pid=self.pid,
                context=self.context_size,
                can_roll_back=ready.can_roll_back if ready else None,
            ),
            tokens_per_second=speed.decode if ready else 0.0,
            prompt_tokens_per_second=speed.prompt if ready else 0.0,
            queue=len(self._pieces),
        )

    def _hint(self, state: str) -> str:
        if self.why_aside(self.model):
            return TRY_AGAIN
        is_refused = state == "crashed" and self._keeper.refusal()
        return "Choose another model on Models." if is_refused else ""

    def unavailable(self, prompt: Prompt) -> str | None:
        """Return why no text is possible now; a loading model gets some time."""
        if prompt.is_first and self.model != ECHO:
            return FIRST_CONTACT
        if prompt.pictures and not self.picture_ms:
            return BLIND
        return self._keeper.unavailable()

    @property
    def pid(self) -> int | None:
        """The process id of the runner while it lives."""
        return self._keeper.pid

    def start(self) -> None:
        """Load the model now, so that the first reply need not wait."""
        self._keeper.start()

    async def wait_until_ready(self, seconds: float) -> bool:
        """Load the model, and wait that long; return whether it is ready."""
        return await self._keeper.wait_until_ready(seconds)

    async def load(self) -> None:
        """Load the model for its owner.

        Raises:
            ProviderError: If it cannot be loaded; gives the reason.
        """
        if not await self.wait_until_ready(LONGEST_LOAD_SECONDS):
            hint = self.status().model.hint
            raise ProviderError(f"{self._keeper.why_not_ready()}.", hint)

    def unload(self) -> None:
        """Free the model's memory; the next reply loads it again.

        Raises:
            UsageError: If it writes a reply, or one waits for it.
        """
        if self._begun:
            raise UsageError("The model is writing a reply.", "Unload it afterwards.")
        self._keeper.unload()

    def check(self, path: Path) -> None:
        """Check that a model's file can replace the present one.

        Raises:
            AppError: If it cannot; gives the reason.
        """
        self._keeper.check(path)

    async def try_out(self, name: str) -> None:
        """Let a model write before it replaces the present one.

        Raises:
            ProviderError: If it writes nothing; gives the reason.
        """
        await self._keeper.try_out(name)

    def why_aside(self, name: str) -> str | None:
        """Return why and since when a model is set aside; None when it is not."""
        return self._keeper.why_aside(name)

    def retry(self) -> None:
        """Give a model that was set aside another chance, at its owner's request."""
        self._keeper.retry()

    async def close(self) -> None:
        """End the runner."""
        await self._templates.close()
        await self._keeper.close()

    def _take(self, notification: Params) -> None:
        match notification:
            case Ready(
                prompt_tokens_per_second=prompt, tokens_per_second=decode, gpu=gpu
            ):
                self._speed = Speed(prompt, decode)
                self._keep(self.model, [round(prompt, 1), round(decode, 2)])
                if gpu != GpuUse():
                    self._keep(CARD, [gpu.name, gpu.free_bytes])
            case Piece(stream, text):
                if stream in self._pieces:
                    self._pieces[stream].put_nowait(text)

    async def write(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Yield the line as it is written; closing this stops the model.

        Raises:
            ProviderError: If the model is not ready in time, or its process ends.
        """
        self._begun += 1
        try:
            async with aclosing(self._written(prompt)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self._begun -= 1

    async def _written(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        began = self._clock()
        if reason := self._keeper.refusal():
            raise ProviderError(f"{reason}.")
        if not await self.wait_until_ready(prompt.deadline_ms / 1000):
            raise ProviderError(f"{self._keeper.why_not_ready()}.")
        voice = await self._voice(prompt.guild) if prompt.dial > 0 else None
        marks = await self._marks()
        misfit = ""
        if prompt.adapter:
            misfit = await asyncio.to_thread(self._misfit, prompt.adapter)
        if misfit:
            prompt = replace(prompt, adapter="")
        waited_ms = (self._clock() - began) * 1000
        request = fused_request.request_of(prompt, next(self._streams))
        left_ms = prompt.deadline_ms - waited_ms - MARGIN_MS
        request = replace(
            request,
            deadline_ms=max(int(left_ms), 1),
            voice=str(voice) if voice else None,
            recent=_not_shown(prompt) if voice else [],
            dial=prompt.dial if voice else 0,
            adapter=prompt.adapter or None,
            lines=prompt.lines,
            pictures=[base64.b64encode(one).decode() for one in prompt.pictures],
        )
        if marks:
            request = replace(request, marked=chat_log.marked(prompt, marks))
        cleaner = chat_log.Cleaner(_speakers(prompt))
        pieces: Pieces = asyncio.Queue()
        self._pieces[request.stream] = pieces
        call = self._keeper.spawn_task(self._keeper.call(request))
        call.add_done_callback(lambda _: pieces.put_nowait(STREAM_END))
        try:
            while (piece := await pieces.get()) is not STREAM_END:
                yield cleaner.feed(piece)
            done = self._completion(prompt, request, call.result(), cleaner)
            yield replace(done, notes=(*done.notes, misfit)) if misfit else done
        finally:
            del self._pieces[request.stream]
            self._keeper.unload_later()
            if not call.done():
                call.cancel()
                self._keeper.spawn_task(self._cancel(request.stream))

    async def complete(
        self,
        guild: GuildId,
        text: str,
        max_tokens: int,
        seconds: float,
        never: Sequence[str] = (),
        grammar: str = "",
    ) -> str:
        """Let the loaded model continue `text` up to the end of the line.

        Cancelling it stops the model.

        Args:
            grammar: As in `Generate`.

        Raises:
            ProviderError: If no model is loaded, or its process ends.
        """
        request = Generate(
            stream=next(self._streams),
            conversation=f"{guild}:background",
            prompt=text,
            max_tokens=max_tokens,
            deadline_ms=int(seconds * 1000),
            temperature=BACKGROUND_TEMPERATURE,
            guild=str(guild),
            never=list(never),
            grammar=grammar,
        )
        try:
            return answer_in((await self._keeper.call(request)).text)
        except asyncio.CancelledError:
            self._keeper.spawn_task(self._cancel(request.stream))
            raise

    async def learn(self, voice: Path, rows: list[tuple[int, str, int]]) -> None:
        """Add (row id, text, channel) of new messages to an open token voice."""
        if self._keeper.ready:
            learned: list[list[int | str]] = [[*row] for row in rows]
            await self._keeper.tell(inference.Learn(str(voice), learned))

    async def forget(self, voice: Path, rows: Sequence[int]) -> None:
        """Take messages out of an open token voice at once."""
        if self._keeper.ready:
            await self._keeper.tell(inference.ForgetMessages(str(voice), list(rows)))

    async def weigh(self, voice: Path, weights: Mapping[int, float]) -> None:
        """Draw more rarely from some messages of an open token voice, by weight."""
        if self._keeper.ready:
            told = [[row, weight] for row, weight in weights.items()]
            await self._keeper.tell(inference.WeighMessages(str(voice), told))

    async def _marks(self) -> TurnMarks | None:
        """Return the marks of the model's template, if its prompts have that form."""
        path = self.path
        return await self._templates.of(path) if path and self.wants_template else None

    def _misfit(self, adapter: str) -> str:
        """Return why a guild's adapter is not used; empty when it is, or has none."""
        path = self._locate(self.model)
        if not adapter or path is None:
            return ""
        try:
            checks.check_adapter(Path(adapter), path)
        except AppError as error:
            return f"written without the adapter: {error}"
        return ""

    def _completion(
        self,
        prompt: Prompt,
        request: Generate,
        result: GenerateReply,
        cleaner: chat_log.Cleaner,
    ) -> Completion:
        self._note_speed(result)
        if result.finish == "ousted":
            raise ProviderError("replies for other servers came first.")
        if result.finish == "busy":
            raise ProviderError("the model is busy with other replies.")
        if not result.completion_tokens:
            raise ProviderError("the time ran out while the model was reading.")
        if result.finish == "deadline" and not result.text:
            raise ProviderError("the time ran out before a sentence was whole.")
        notes: tuple[str, ...] = ()
        if request.dial:
            notes = (f"the voice decided {result.voice_share:.0%} of it",)
        elif prompt.dial:
            notes = ("the voice for this model is still being built",)
        return Completion(
            text=cleaner.clean(result.text).strip(),
            finish=result.finish,
            ends_well=whole_sentences(result.text) == result.text,
            prompt_tokens=result.prompt_tokens,
            cached_tokens=result.cached_tokens,
            completion_tokens=result.completion_tokens,
            first_token_ms=result.first_token_ms,
            total_ms=result.total_ms,
            notes=notes,
            sources=fused_words.sources(result.text, result.choices),
            shares=fused_words.shares(result.text, result.choices),
            extra={"voice_share": result.voice_share},
        )

    def _note_speed(self, result: GenerateReply) -> None:
        """The machine may be busier than when the model was loaded."""
        prompt = result.prompt_tokens_per_second or self._speed.prompt
        decode = result.tokens_per_second or self._speed.decode
        self._speed = Speed(prompt, decode)
        if result.picture_ms:
            self._keep(self.model + PICTURE, [round(result.picture_ms, 1)])

    def _keep(self, name: str, value: Sequence[str | float]) -> None:
        try:
            if self._speeds:
                self._speeds.put(name, value)
        except OSError as error:
            log.warning(
                "the measured speeds are remembered only until a restart: %s", error
            )

    def _kept_card(self) -> GpuUse:
        """Return the graphics card that was found last."""
        match self._speeds.get(CARD) if self._speeds else None:
            case [str(name), int(free)] if name:
                return GpuUse(name, free_bytes=free)
        return GpuUse()

    async def _cancel(self, stream: int) -> None:
        await self._keeper.tell(CancelGenerate(stream))


def _not_shown(prompt: Prompt) -> list[str]:
    """Return the channel's last messages that are not in the prompt, cut as there."""
    shown = {turn.message for turn in prompt.turns}
    return [
        text[: chat_log.MOST_TURN_CHARS]
        for row, text in prompt.recent.items()
        if row not in shown
    ]


def _speakers(prompt: Prompt) -> list[str]:
    return [prompt.bot_name, *{turn.speaker for turn in prompt.turns}]
