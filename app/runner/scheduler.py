"""Continuous batching: all active generations advance in one decode call."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.runner.admission_queue import Waiting
from app.runner.forecast import Forecast
from app.runner.generation import Generation
from app.runner.llama import Adapter, Batch, Context, LlamaError
from app.runner.slots import Plan, Slots
from app.runner.throughput import DecodeCall

PROMPT_CHUNK = 64
"""Prompt tokens of one decode call. Fewer would read slower; more would make everyone
else wait longer for their next token, and a cancel for its effect."""

MOST_WAITING = 32

HOPE = 1.5
"""The times by which the work before a job may exceed its time; estimates vary."""

SURE = 0.8
"""The share of the time left that the work of those who are at it may fill."""

MOST_LINE_START = 8
"""The most tokens between two lines of a reply; a longer start means one line."""

ADAPTER_CALLS = 8
"""Decode calls in a row with one adapter while another one's work waits; to change it
takes a while."""


@dataclass
class DecodeStep:
    """The tokens that one decode call evaluates for one job."""

    job: Generation
    tokens: Sequence[int]
    place: int
    """The place of its last token in the batch."""


class Scheduler:
    """Owns the context; one thread drives it, a `step` at a time."""

    def __init__(
        self,
        context: Context,
        can_roll_back: bool,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._context = context
        self._clock = clock
        self._slots = Slots(context.sequences, can_roll_back)
        self._waiting: Waiting[Generation] = Waiting(MOST_WAITING)
        self._active: list[Generation] = []
        self._batch = Batch(PROMPT_CHUNK + context.sequences * MOST_LINE_START)
        self._step_seconds = 0.0
        self._end_tokens = frozenset(context.model.end_tokens.tolist())
        self._adapter: Adapter | None = None
        self._adapter_calls = 0
        self.forecast = Forecast()

    @property
    def is_idle(self) -> bool:
        """True when there is nothing to do."""
        return not self._active and not self._waiting

    @property
    def active(self) -> int:
        """The number of generations under way."""
        return len(self._active)

    @property
    def waiting(self) -> dict[str, int]:
        """The number of waiting generations of each guild."""
        return self._waiting.by_guild

    def submit(self, job: Generation) -> None:
        """Queue a job; a job of a much busier guild may have to leave.

        Raises:
            AppError: If too many wait already.
        """
        self._fit(job)
        job.is_only = self.is_idle
        job.cached = self._slots.cached(job.request.guild, job.prompt, job.adapter_name)
        if ousted := self._waiting.put(job.request.guild, job):
            ousted.finish("ousted", self._clock())

    def cancel(self, stream: int) -> None:
        """Stop a job; it reports its end at the next step."""
        for job in self._waiting.remove(lambda job: job.request.stream == stream):
            job.finish("cancelled", self._clock())
        for job in self._active:
            if job.request.stream == stream:
                job.is_cancelled = True

    def step(self) -> DecodeCall | None:
        """Advance the active jobs by one decode call; return what it did."""
        self._end_overdue()
        self._shed()
        self._admit()
        self._choose_adapter()
        self._see()
        steps = self._compose()
        if not steps:
            return None
        began = self._clock()
        read = sum(len(step.tokens) for step in steps if not step.job.written)
        written = self._batch.size - read
        self._context.use_adapter(self._adapter)
        if not self._context.decode(self._batch):
            raise LlamaError("the memory is full though each job fits in its part")
        now = self._clock()
        for step in steps:
            self._advance(step, now)
        self._step_seconds = self._clock() - began
        call = DecodeCall(read, written, self._step_seconds)
        self.forecast.note_call(call)
        return call

    def forget(self) -> None:
        """Empty every idle slot."""
        while slot := self._slots.oldest_idle():
            self._context.drop(slot.sequence)
            slot.tokens = []

    def close(self) -> None:
        """Free the batch; its maker keeps the context."""
        self._batch.close()

    def _fit(self, job: Generation) -> None:
        """Cut what can never fit: the oldest part of the prompt, after its start."""
        size = self._context.size
        answer = min(job.request.max_tokens, size // 2)
        job.request = replace(job.request, max_tokens=answer)
        room = size - (job.need - len(job.prompt))
        if len(job.prompt) > room:
            rest = job.prompt[len(job.prompt) - room + 1 :]
            # Half a picture would be no picture.
            while rest[0] < 0 and rest[0] not in job.pictures:
                del rest[0]
            job.prompt = job.prompt[:1] + rest

    def _end_overdue(self) -> None:
        now = self._clock()
        for job in self._waiting.remove(lambda job: job.is_late(now)):
            job.finish("deadline", now)
        for job in [*self._active]:
            if job.is_cancelled:
                self._end(job, "cancelled", now)
            elif job.is_late(now + self._step_seconds):
                # Another step like the last one would end too late.
                self._end(job, "deadline", now)

    def _shed(self) -> None:
        """Send away at once whoever waits in vain, so that another answers in time."""
        now, hopeless = self._clock(), set[int]()
        before = sum(map(self.forecast.seconds, self._active))
        for job in self._waiting:
            own, left = self.forecast.seconds(job), job.left(now)
            is_in_vain = own > SURE * left or before + own > HOPE * left
            if is_in_vain and not job.is_only:
                hopeless.add(job.request.stream)
            else:
                before += own
        for job in self._waiting.remove(lambda job: job.request.stream in hopeless):
            job.finish("busy", now)

    def _would_delay(self, job: Generation) -> bool:
        """Return whether it would be late, or make others late, if it began now."""
        now, together = self._clock(), [*self._active, job]
        work = sum(map(self.forecast.seconds, together))
        return work > SURE * min(one.left(now) for one in together)

    def _admit(self) -> None:
        while job := self._waiting.first():
            if self._active and self._would_delay(job):
                return
            asked = job.request
            plan = self._slots.plan(
                asked.guild, asked.conversation, job.prompt, job.adapter_name
            )
            if plan is None:
                return
            self._begin(self._waiting.pop(), plan)

    def _begin(self, job: Generation, plan: Plan) -> None:
        sequence = plan.slot.sequence
        if plan.source is not None:
            self._context.copy(plan.source.sequence, sequence, plan.reused)
        elif plan.reused == 0:
            self._context.drop(sequence)
        elif plan.reused < len(plan.slot.tokens):
            self._context.cut(sequence, plan.reused)
        asked = job.request
        self._slots.take(
            plan, asked.guild, asked.conversation, job.prompt, job.adapter_name
        )
        job.slot, job.cached = plan.slot, plan.reused
        self._active.append(job)

    def _compose(self) -> list[DecodeStep]:
        """Collect a token of each writer, and tokens of prompts nearest their end.

        They are in the order of their sequences, since llama.cpp evaluates neighbors at
        once.
        """
        self._batch.clear()
        active = [job for job in self._active if job.adapter is self._adapter]
        parts = [(job, job.pending) for job in active if job.written]
        room = PROMPT_CHUNK
        reading = [job for job in active if not job.written]
        for job in sorted(reading, key=lambda job: job.unread):
            if room:
                chunk = job.next_words(room)
                parts.append((job, chunk))
                room -= len(chunk)
        parts.sort(key=lambda part: part[0].taken.sequence)
        return [self._add(job, tokens) for job, tokens in parts]

    def _see(self) -> None:
        """Put the pictures whose turn it is into the memory, in calls of their own."""
        for job in self._active:
            if job.adapter is not self._adapter:
                continue
            while picture := job.next_picture:
                self._context.use_adapter(self._adapter)
                slot, vectors = job.taken, picture.vectors
                if not self._context.see(slot.sequence, len(slot.tokens), vectors):
                    raise LlamaError("the memory is full though each job fits in")
                start = picture.tokens.index(picture.first)
                slot.tokens.extend(picture.tokens[start : start + len(vectors)])

    def _choose_adapter(self) -> None:
        """Take turns: one decode call evaluates the tokens of only one adapter."""
        self._adapter_calls += 1
        is_wanted = any(job.adapter is self._adapter for job in self._active)
        if is_wanted and self._adapter_calls <= ADAPTER_CALLS:
            return
        for job in self._active:
            if job.adapter is not self._adapter:
                self._adapter, self._adapter_calls = job.adapter, 0
                return

    def _add(self, job: Generation, tokens: Sequence[int]) -> DecodeStep:
        slot = job.taken
        wants_logits = bool(job.written) or len(tokens) == job.unread
        place = self._batch.add(
            slot.sequence, len(slot.tokens), tokens, wants_logits=wants_logits
        )
        return DecodeStep(job, tokens, place)

    def _advance(self, step: DecodeStep, now: float) -> None:
        job = step.job
        job.taken.tokens.extend(step.tokens)
        if not job.written and job.unread:
            return
        model = self._context.model
        logits = self._context.logits(step.place)
        may_end = bool(job.text.line.strip())
        token = job.chooser.choose(logits, job.line, may_end=may_end)
        if token in self._end_tokens:
            self._end_line(job, now)
            return
        job.take(token, model.piece(token), self._clock())
        if job.text.is_stopped:
            self._end_line(job, now)
        elif len(job.written) >= job.request.max_tokens:
            self._end(job, "length", now)

    def _end_line(self, job: Generation, now: float) -> None:
        if not job.begin_line(now):
            self._end(job, "stop", now)

    def _end(self, job: Generation, reason: str, now: float) -> None:
        self._active.remove(job)
        if reason == "stop":
            self.forecast.note_length(len(job.written))
        job.taken.is_busy = False
        job.finish(reason, now)
