"""Tries providers in the owner's order until one writes a usable line."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from app.chat.circuit_breaker import CircuitBreaker, Clock
from app.chat.fair_queue import FairQueue, QueueFullError
from app.chat.halt import STOPPED, Halt
from app.chat.persona_rules import rules_in
from app.chat.postprocess import Finished, finish, still_said
from app.chat.reply_time import LEAST_END_MS
from app.core.errors import (
    InputRefusedError,
    LoadingError,
    NotAllowedError,
    ProviderError,
)
from app.core.explanation import RungOutcome
from app.core.never_said import never_said
from app.providers.base import Completion, FreshStart, Prompt, Provider, any_link

Outcome = Literal[
    "answered", "skipped", "loading", "failed", "late", "rejected", "stopped"
]

Check = Callable[[Prompt], str | None]
"""Returns why a rung must not be tried for a prompt, or None."""

Fit = Callable[[Prompt, float], Prompt]
"""Returns the prompt for the milliseconds that are left."""

OnPiece = Callable[[str | None], None]
"""Receives each piece of text as it comes; None withdraws all so far."""

LEAST_MS = 150.0
"""With less time left than this, a language model is not even asked."""

HEADSTART_MS = 40.0
"""The time between a provider's own deadline and its cancellation."""

FIRST_SHARE = 0.55
"""The share of the time left for a rung to start, if another model follows."""

QUEUE_SHARE = 0.5
"""The share of it after which nobody waits any longer for a place at a host."""

SPEECHLESS = "…I had something to say, but the words will not come. Try me again?"
"""The reply when even the last rung fails, which is a bug for the log."""


@dataclass(frozen=True)
class Rung:
    """A provider, with the conditions for asking it."""

    provider: Provider
    checks: tuple[Check, ...] = ()
    """Locks and budgets."""
    breaker: CircuitBreaker | None = None
    queue: FairQueue | None = None
    fit: Fit = field(default=lambda prompt, left: prompt)
    """Shortens the prompt to what this provider can read in time."""
    tries: int = 1
    """The most tries while its texts are rejected."""
    loading: Callable[[], str | None] = field(default=lambda: None)
    """Returns that its host loads the model, which is no failure."""


@dataclass(frozen=True)
class Answer:
    """A usable line, and how it came about."""

    provider: str
    finished: Finished
    completion: Completion
    rungs: tuple[RungOutcome, ...]
    total_ms: float
    prompt: Prompt
    """As the provider that answered got it."""

    @property
    def notes(self) -> tuple[str, ...]:
        return (*self.completion.notes, *self.finished.notes)

    @property
    def first_token_ms(self) -> float:
        """Milliseconds to the first words that count, including the rungs before."""
        earlier = sum(rung.ms for rung in self.rungs[:-1])
        return earlier + self.completion.first_token_ms


@dataclass(frozen=True)
class Attempt:
    """The result of one rung."""

    outcome: Outcome
    reason: str
    completion: Completion = field(default_factory=lambda: Completion(""))
    finished: Finished = field(default_factory=Finished)
    prompt: Prompt | None = None


class Ladder:
    """The rungs for one reply, and the time they share."""

    def __init__(
        self,
        rungs: Sequence[Rung],
        clock: Clock,
        reject: Callable[[str], str | None] = lambda text: None,
        on_piece: OnPiece = lambda piece: None,
        halt: Halt | None = None,
        reserve_ms: float = LEAST_END_MS,
    ) -> None:
        """Prepare to climb.

        Args:
            reject: May refuse a language model's text and give the reason.
            reserve_ms: The time to leave for the last rung, and what comes after it.
        """
        self._reserve_ms = reserve_ms
        self._halt = halt or Halt()
        self._rungs = rungs
        self._clock = clock
        self._reject = reject
        self._on_piece = on_piece

    async def answer(self, prompt: Prompt, deadline_ms: float) -> Answer:
        """Return the first good line; the last rung answers whatever the deadline.

        Args:
            deadline_ms: Milliseconds from now to a whole reply.
        """
        start = self._clock()
        records: list[RungOutcome] = []
        was_rejected = False
        for place, rung, number in self._tries(prompt):
            if self._halt.is_wanted:
                name, attempt = "none", Attempt("stopped", STOPPED)
                break
            if number and not was_rejected:
                continue
            began = self._clock()
            left = deadline_ms - (began - start) * 1000
            attempt = await self._climb(place, rung, _reseeded(prompt, number), left)
            ms = (self._clock() - began) * 1000
            name = rung.provider.name
            records.append(RungOutcome(name, attempt.outcome, attempt.reason, ms))
            if attempt.outcome in ("answered", "stopped"):
                break
            was_rejected = attempt.outcome == "rejected"
        else:
            name, attempt = "none", Attempt("answered", "")
            is_fit = not never_said(prompt.never).found_in(SPEECHLESS)
            parts = (SPEECHLESS,) if is_fit else ()
            attempt = replace(attempt, finished=Finished(parts))
        total = (self._clock() - start) * 1000
        return Answer(
            name,
            attempt.finished,
            attempt.completion,
            tuple(records),
            total,
            attempt.prompt or prompt,
        )

    def _tries(self, prompt: Prompt) -> Iterator[tuple[int, Rung, int]]:
        """Yield every rung with its place, once per try.

        At temperature 0 another try would give the same text.
        """
        for place, rung in enumerate(self._rungs):
            for number in range(rung.tries if prompt.temperature > 0 else 1):
                yield place, rung, number

    async def _climb(
        self, place: int, rung: Rung, prompt: Prompt, left: float
    ) -> Attempt:
        is_last = place == len(self._rungs) - 1
        if not is_last:
            left -= self._reserve_ms
            if left < LEAST_MS:
                return Attempt("skipped", f"only {max(left, 0):.0f} ms are left")
        if reason := self._refusal(rung, prompt):
            return Attempt("skipped", reason)
        if reason := rung.loading():
            return Attempt("loading", reason)
        is_final_model = place >= len(self._rungs) - 2
        first = left if is_final_model else left * FIRST_SHARE
        if not is_last:
            prompt = replace(prompt, deadline_ms=left - HEADSTART_MS)
        prompt = rung.fit(prompt, prompt.deadline_ms)
        attempt = await self._write(rung, prompt, first, None if is_last else left)
        if not attempt.completion.text and attempt.outcome != "answered":
            return attempt
        return self._judge(prompt, attempt, is_trusted=is_last)

    def _refusal(self, rung: Rung, prompt: Prompt) -> str | None:
        for check in (*rung.checks, rung.provider.unavailable):
            if reason := check(prompt):
                return reason
        return rung.breaker.refuses() if rung.breaker else None

    async def _write(
        self, rung: Rung, prompt: Prompt, first_ms: float, left_ms: float | None
    ) -> Attempt:
        """Run one provider; a text that broke off carries the failure's reason.

        Args:
            first_ms: Time limit for the first piece.
            left_ms: Time limit for the whole text; None sets no limit.
        """
        pieces: list[str] = []
        if rung.breaker:
            rung.breaker.enter()
        try:
            completion = await self._read(rung, prompt, pieces, first_ms, left_ms)
        except TimeoutError:
            if self._halt.is_wanted:
                text = "".join(pieces) if self._halt.is_shown else ""
                return Attempt("stopped", STOPPED, Completion(text, finish="deadline"))
            if not pieces and (reason := rung.loading()):
                return Attempt("loading", reason)
            return self._broken(rung, pieces, "late", "it took too long")
        except (QueueFullError, NotAllowedError) as error:
            return self._broken(rung, pieces, "skipped", str(error))
        except LoadingError as error:
            return Attempt("loading", str(error))
        except InputRefusedError as error:
            if pieces:
                self._on_piece(None)
            return Attempt("failed", str(error))
        except ProviderError as error:
            return self._broken(rung, pieces, "failed", str(error))
        finally:
            if rung.breaker:
                rung.breaker.released()
        if rung.breaker:
            rung.breaker.succeeded()
        return Attempt("answered", "", completion or Completion("".join(pieces)))

    async def _read(
        self,
        rung: Rung,
        prompt: Prompt,
        pieces: list[str],
        first_ms: float,
        left_ms: float | None,
    ) -> Completion | None:
        """Add what a provider writes to `pieces`, and return its end if it has one.

        Raises:
            TimeoutError: When the time is up, or somebody stopped it.
        """
        began = asyncio.get_running_loop().time()
        limit = None if left_ms is None else first_ms / 1000
        async with AsyncExitStack() as stack:
            timer = await stack.enter_async_context(asyncio.timeout(limit))
            stack.enter_context(self._halt.ends(timer))
            if rung.queue:
                patience = None if limit is None else limit * QUEUE_SHARE
                place = rung.queue.place(prompt.guild, patience)
                await stack.enter_async_context(place)
            stream = rung.provider.write(prompt)
            await stack.enter_async_context(
                aclosing(cast(AsyncGenerator[str | Completion, None], stream))
            )
            async for item in stream:
                if isinstance(item, Completion):
                    return item
                is_first = not pieces and not self._halt.is_wanted
                if is_first and left_ms is not None:
                    timer.reschedule(began + left_ms / 1000)
                if isinstance(item, FreshStart):
                    pieces.clear()
                    self._on_piece(None)
                pieces.append(item)
                self._on_piece(rules_in(prompt.persona).cased(item))
        return None

    def _broken(
        self, rung: Rung, pieces: list[str], outcome: Outcome, reason: str
    ) -> Attempt:
        if rung.breaker and outcome != "skipped":
            rung.breaker.failed()
        text = "".join(pieces)
        return Attempt(outcome, reason, Completion(text, finish="deadline"))

    def _judge(self, prompt: Prompt, attempt: Attempt, *, is_trusted: bool) -> Attempt:
        """Finish the text; a broken one counts up to its last whole sentence.

        What people saw of a stopped one stays as a whole.
        """
        completion = rules_in(prompt.persona).of(attempt.completion)
        is_stopped = attempt.outcome == "stopped"
        broke_off = completion.finish in ("deadline", "length") and not is_stopped
        is_cut = broke_off and not completion.ends_well
        finished = finish(
            completion.text,
            prompt.bot_name,
            {turn.speaker for turn in prompt.turns if not turn.is_bot},
            () if is_trusted else (*prompt.examples, *prompt.drafts),
            max_words=prompt.max_words,
            lines=1 if is_trusted else prompt.lines,
            cut=completion.finish if is_cut else "",
            is_trusted=is_trusted,
            never=prompt.never,
            hidden=prompt.hidden,
            # A large model elsewhere knows links that nobody wrote here.
            knows_link=any_link if completion.host else prompt.knows_link,
        )
        reason = finished.rejected
        if reason is None and not is_trusted:
            reason = self._reject(finished.text)
        if reason is not None:
            self._on_piece(None)
            if is_stopped:
                return Attempt("stopped", reason)
            if attempt.outcome != "answered":
                return replace(attempt, finished=finished)
            return Attempt("rejected", reason, completion)
        notes = completion.notes
        if attempt.outcome != "answered":
            notes = (*notes, f"its text stopped early: {attempt.reason}")
        # The chain's line is said whole, but for names that are filled in.
        used = completion.sources
        sources = used if is_trusted else still_said(finished.text, used)
        done = replace(completion, text=finished.text, notes=notes, sources=sources)
        return Attempt("answered", attempt.reason, done, finished, prompt)


def _reseeded(prompt: Prompt, number: int) -> Prompt:
    """Vary the prompt of a later try, so that a fixed seed gives another line."""
    seed, chain = prompt.random_seed, prompt.chain_seed
    return replace(
        prompt,
        random_seed=seed + number if seed >= 0 else seed,
        chain_seed=chain + number if chain >= 0 else chain,
    )
