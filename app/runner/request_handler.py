"""Serves the requests of the inference catalogue with a loaded model."""

import argparse
import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import psutil

from app.core.errors import AppError
from app.ipc.inference import (
    PICTURE,
    CancelGenerate,
    ForgetMessages,
    Generate,
    GenerateReply,
    GpuUse,
    Info,
    InfoReply,
    Learn,
    Piece,
    Ready,
    WeighMessages,
)
from app.ipc.wire import Done, Params
from app.runner import gpu_loader, llama, model_loader
from app.runner.adapters import Adapters
from app.runner.generation import Generation
from app.runner.grammar import Grammar
from app.runner.looker import Eyes, Looker, SeenPicture, open_eyes
from app.runner.model_loader import Loaded
from app.runner.open_voices import OpenVoices
from app.runner.responses import ResponseWriter
from app.runner.sampler import Chooser
from app.runner.scheduler import MOST_LINE_START, Scheduler
from app.runner.throughput import Speeds, ThreadPace

CPU_ONLY = GpuUse()
BLIND = Eyes()

WARM_TOKENS = 32
"""The prompt tokens for the speed test: enough, and soon over with a large model."""


class ModelDesk:
    """One model, its scheduler and its voices."""

    def __init__(
        self,
        loaded: Loaded,
        clock: Callable[[], float] = time.perf_counter,
        gpu: GpuUse = CPU_ONLY,
        eyes: Eyes = BLIND,
    ) -> None:
        self._loaded = loaded
        self._gpu = gpu
        self._eyes = eyes
        self._looker = Looker(eyes.sight)
        self._clock = clock
        self._scheduler = Scheduler(loaded.context, loaded.can_roll_back, clock)
        self._voices = OpenVoices(loaded.model)
        self._adapters = Adapters(loaded.model)
        self._pace: ThreadPace | None = None

    @classmethod
    def load(
        cls, options: argparse.Namespace, on_try: Callable[[], None]
    ) -> "ModelDesk":
        """Load the model from the command line, and measure its speed.

        Args:
            on_try: Is told before the library of a graphics card is loaded.
        """
        llama.start()
        loaded, gpu = gpu_loader.open_model(
            options.model,
            context=options.context,
            threads=options.threads,
            layers=options.gpu_layers,
            on_try=on_try,
        )
        threads = options.threads or model_loader.usable_threads()
        eyes = open_eyes(options.projector, loaded.model, threads)
        desk = cls(loaded, gpu=gpu, eyes=eyes)
        desk.warm_up(
            [options.threads] if options.threads else model_loader.thread_choices()
        )
        return desk

    @property
    def is_idle(self) -> bool:
        return self._scheduler.is_idle and self._looker.is_idle

    def ready(self) -> Ready:
        loaded = self._loaded
        return Ready(
            model=loaded.model.path.name,
            context=loaded.context.size,
            can_roll_back=loaded.can_roll_back,
            prompt_tokens_per_second=self._scheduler.forecast.speeds.prompt,
            tokens_per_second=self._scheduler.forecast.speeds.decode,
            gpu=self._gpu,
            can_see=self._eyes.sight is not None,
            blindness=self._eyes.blindness,
            sight_bytes=self._eyes.bytes,
        )

    def step(self) -> None:
        self._looker.step(may_wait=self._scheduler.is_idle)
        call = self._scheduler.step()
        if call and self._pace:
            self._loaded.context.set_threads(self._pace.note(call, self._clock()))

    def warm_up(self, choices: Sequence[int]) -> None:
        """Measure both speeds, and start with the threads that read fastest."""
        self._read_a_little()  # The first run reads the weights from disk.
        measured: dict[int, Speeds] = {}
        for threads in choices:
            self._loaded.context.set_threads(threads)
            measured[threads] = self._scheduler.forecast.speeds = Speeds()
            self._read_a_little()
        self._pace = ThreadPace(measured)
        self._loaded.context.set_threads(self._pace.threads)
        self._scheduler.forecast.speeds = measured[self._pace.threads]

    def _read_a_little(self) -> None:
        text = "the quick brown fox jumps over the lazy dog " * WARM_TOKENS
        request = Generate(stream=0, conversation="", prompt="", max_tokens=3, stop=[])
        job = self._job(request, lambda text, ms: None, lambda completion: None)
        job.prompt = self._loaded.model.tokens(text)[:WARM_TOKENS]
        self._scheduler.submit(job)
        while not self.is_idle:
            self.step()
        self._scheduler.forget()

    def handle(self, params: Params, outbox: ResponseWriter) -> None:
        """Carry out one request; a generation replies when it is done."""
        match params:
            case Generate():
                self._generate(params, outbox)
            case CancelGenerate(stream):
                self._looker.cancel(stream)
                self._scheduler.cancel(stream)
                outbox.reply(Done())
            case Learn(voice, messages):
                learned = ((int(row), str(text), int(at)) for row, text, at in messages)
                self._voices.learn(voice, learned)
                outbox.reply(Done())
            case ForgetMessages(voice, rows):
                self._voices.forget(voice, rows)
                outbox.reply(Done())
            case WeighMessages(voice, weights):
                self._voices.weigh(voice, {int(row): by for row, by in weights})
                outbox.reply(Done())
            case Info():
                outbox.reply(self._info())

    def _generate(self, request: Generate, outbox: ResponseWriter) -> None:
        def on_piece(text: str, at_ms: float) -> None:
            outbox.notify(Piece(request.stream, text, at_ms))

        def on_done(completion: GenerateReply) -> None:
            speeds = self._scheduler.forecast.speeds
            measured = replace(
                completion,
                prompt_tokens_per_second=speeds.prompt,
                tokens_per_second=speeds.decode,
                picture_ms=self._eyes.sight.picture_ms if self._eyes.sight else 0.0,
            )
            outbox.reply(measured)

        job = partial(self._job, request, on_piece, on_done, received=self._clock())
        if not request.pictures:
            self._scheduler.submit(job())
            return

        def fail(error: AppError) -> None:
            outbox.fail(error.exit_code, error.message, error.hint)

        self._looker.hold(
            request,
            tuple(base64.b64decode(one) for one in request.pictures),
            begin=lambda seen: self._scheduler.submit(job(pictures=seen)),
            fail=fail,
            cancel=lambda: job().finish("cancelled", self._clock()),
        )

    def _job(
        self,
        request: Generate,
        on_piece: Callable[[str, float], None],
        on_done: Callable[[GenerateReply], None],
        pictures: Sequence[SeenPicture] = (),
        received: float | None = None,
    ) -> Generation:
        model = self._loaded.model
        rng = np.random.default_rng(request.seed if request.seed >= 0 else None)
        voice = self._voices.get(request.voice) if request.dial else None
        words = request.prompt.replace(PICTURE, "")
        log = prompt = model.tokens(words, is_start=True) or model.tokens("\n")
        if request.marked or pictures:
            parts = request.marked or ["", request.prompt]
            prompt = model.marked_tokens(parts, [one.tokens for one in pictures])
        start = model.tokens(f"\n{request.line_start}") if request.lines > 1 else []
        grammar = Grammar(model, request.grammar) if request.grammar else None
        return Generation(
            request=request,
            prompt=prompt,
            chooser=Chooser(model, request, voice, log, rng, grammar),
            received=self._clock() if received is None else received,
            on_piece=on_piece,
            on_done=on_done,
            adapter=self._adapters.get(request.adapter),
            line_start=start if len(start) <= MOST_LINE_START else [],
            pictures={one.first: one for one in pictures},
        )

    def _info(self) -> InfoReply:
        return InfoReply(
            description=self._loaded.model.description,
            active=self._scheduler.active,
            waiting=self._scheduler.waiting,
            memory_bytes=psutil.Process().memory_info().rss,
        )
