"""Has a provider write a line several times, and takes the best."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import cast

from app.chat.circuit_breaker import Clock
from app.chat.persona_rules import rules_in
from app.chat.postprocess import is_assistant_speak, is_numbers
from app.core import language
from app.core.errors import ProviderError
from app.core.never_said import never_said
from app.providers.base import Completion, Prompt, Provider, Turn
from app.providers.keywords import bag

Judge = Callable[[Sequence[str], Sequence[Turn]], Awaitable[Sequence[float]]]
"""The closeness of each text to the conversation; higher is closer."""

Refuse = Callable[[str], str | None]
"""The reason why a text may not be sent, or None."""

SHARE = 0.6
"""The share of the time limit within which another try must be likely to end."""

SLACK = 1.2
"""The time allowed for another line, relative to the last line's."""

ECHO = 0.6
"""The closeness lost by a text whose words were all just said."""

ECHO_FROM = 0.4
"""The share of repeated words at which a text starts to lose closeness."""

ECHOED = 3
"""The number of last turns whose words count as just said."""


class BestOf:
    """A provider that writes up to `count` lines one after another.

    The conversation is read once, since its tokens stay in the model's cache; each
    further line costs only its own words. If time is short, it writes just one.
    """

    def __init__(
        self,
        provider: Provider,
        count: int,
        judge: Judge,
        refuse: Refuse,
        clock: Clock,
        crowd: Callable[[], int] = lambda: 0,
    ) -> None:
        """Prepare without writing.

        Args:
            clock: In seconds.
            crowd: Returns how many others wait for the provider; each costs a line.
        """
        self._crowd = crowd
        self.name = provider.name
        self._provider = provider
        self._count = count
        self._judge = judge
        self._refuse = refuse
        self._loading: asyncio.Task[object] | None = None
        self._clock = clock

    def unavailable(self, prompt: Prompt) -> str | None:
        """Return what the wrapped provider says."""
        return self._provider.unavailable(prompt)

    async def write(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Yield the chosen line as a whole; see `Provider.write`."""
        start = self._clock()
        if rules_in(prompt.persona).language:
            # While the lines are written there is time for it.
            self._loading = asyncio.create_task(asyncio.to_thread(language.load))
        made: list[Completion] = []
        last_ms = 0.0
        while len(made) < self._count:
            spent = (self._clock() - start) * 1000
            if made and self._crowd() >= self._count - len(made):
                break
            if made and spent + SLACK * last_ms > prompt.deadline_ms * SHARE:
                break
            try:
                made.append(await self._once(prompt, len(made), spent))
            except ProviderError:
                if not made:
                    raise
                break
            # The conversation is cached now; only the words still take time.
            last_ms = made[-1].total_ms - made[-1].first_token_ms
            if prompt.temperature == 0:
                break
        chosen = await self._choose(prompt, made)
        yield chosen.text
        total = (self._clock() - start) * 1000
        tries = (f"the best of {len(made)} tries",) if len(made) > 1 else ()
        yield replace(
            chosen,
            completion_tokens=sum(one.completion_tokens for one in made),
            cached_tokens=made[0].cached_tokens,
            first_token_ms=total,
            total_ms=total,
            notes=(*chosen.notes, *tries),
        )

    async def close(self) -> None:
        """Do nothing: whoever opened the provider closes it."""

    async def _once(self, prompt: Prompt, number: int, spent_ms: float) -> Completion:
        """Write one line; a fixed seed varies with the number."""
        seed = prompt.random_seed
        prompt = replace(
            prompt,
            deadline_ms=prompt.deadline_ms - spent_ms,
            random_seed=seed + number if seed >= 0 else seed,
        )
        stream = cast(
            AsyncGenerator[str | Completion, None], self._provider.write(prompt)
        )
        async with aclosing(stream) as pieces:
            async for piece in pieces:
                if isinstance(piece, Completion):
                    return piece
        raise ProviderError(f"{self.name} wrote nothing.")

    async def _choose(self, prompt: Prompt, made: Sequence[Completion]) -> Completion:
        """Return the closest line that is complete and may be sent."""
        fit = [one for one in made if self._is_fit(prompt, one.text)] or made
        fit = await asyncio.to_thread(_in_language, prompt, fit)
        whole = [one for one in fit if one.finish == "stop"] or fit
        whole = [one for one in whole if not prompt.is_stale(one.text)] or whole
        if len(whole) < 2:
            return whole[0]
        texts = [one.text for one in whole]
        closeness = await self._judge(texts, prompt.turns)
        scores = without_echo(texts, closeness, prompt.turns)
        return whole[max(range(len(whole)), key=scores.__getitem__)]

    def _is_fit(self, prompt: Prompt, text: str) -> bool:
        if not text.strip() or is_assistant_speak(text) or is_numbers(text):
            return False
        if never_said(prompt.never).found_in(text):
            return False
        return self._refuse(text) is None


def _in_language(prompt: Prompt, made: Sequence[Completion]) -> Sequence[Completion]:
    """Return the lines in the right language, or all if none is."""
    rules = rules_in(prompt.persona)
    return [
        one
        for one in made
        if not rules.breaks(one.text)
        and not language.is_other(one.text, prompt.language)
    ] or made


def without_echo(
    texts: Sequence[str], closeness: Sequence[float], turns: Sequence[Turn]
) -> list[float]:
    """Return the closeness of texts, less where they repeat what was just said."""
    return [
        close - ECHO * max(0.0, echo(text, turns) - ECHO_FROM)
        for text, close in zip(texts, closeness, strict=True)
    ]


def echo(text: str, turns: Sequence[Turn]) -> float:
    """Return the share of a text's words that the last turns contain."""
    words = bag(text)
    said = {word for turn in turns[-ECHOED:] for word in bag(turn.text)}
    return len(words & said) / len(words) if words else 0.0
