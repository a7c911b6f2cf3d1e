"""Shows a cloud model a guild's style: real lines, and drafts of the chain."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from random import Random
from typing import Protocol

from app.chat import example_selection
from app.chat.best_of_n import without_echo
from app.chat.prompt_settings import rules_of
from app.core.names import GuildId
from app.core.never_said import never_said
from app.providers.base import Prompt, Turn
from app.settings.schema import Config
from app.store import messages
from app.store.database import Database
from app.voice.voice import Voice

LAST_TURNS = 6
"""The number of turns that show a conversation's topic."""

DRAFTS = 8
DRAFT_TRIES = 3
"""The tries per draft; a cloud model only takes ideas from it."""
EXAMPLES_SHOWN = 6
DRAFTS_SHOWN = 3


LEAST_BY_MEANING = 0.28
LEAST_BY_WORDS = 1.2
"""The least closeness of a line that fits. `python -m tests.bench.fit_join_in` measures
both: a tenth of the lines written elsewhere reaches them."""


class Remembers(Protocol):
    """A memory of earlier messages by meaning; None when there was no time."""

    async def recall(
        self,
        guild: GuildId,
        turns: Sequence[Turn],
        channels: frozenset[int] | None,
        limit: int,
    ) -> list[tuple[Turn, ...]] | None: ...

    async def closeness(
        self, texts: Sequence[str], turns: Sequence[Turn]
    ) -> list[float] | None: ...

    def quiet(self) -> AbstractContextManager[None]: ...


class Illustrator:
    """Adds examples and drafts to prompts."""

    def __init__(
        self, database: Database, rng: Random, memory: Remembers | None
    ) -> None:
        self._database = database
        self._rng = rng
        self._memory = memory

    async def illustrate(self, prompt: Prompt, config: Config, voice: Voice) -> Prompt:
        """Add example lines and drafts, which only a cloud model needs."""
        seed = example_selection.topic(prompt.turns) or None
        never = never_said(prompt.never)
        rules = replace(rules_of(config), walks=1, max_tries=DRAFT_TRIES)
        try:
            lines = await asyncio.to_thread(
                voice.drafts,
                self._rng,
                DRAFTS,
                seed=seed,
                rules=rules,
                channels=prompt.channels,
                spans=prompt.spans,
                lean=prompt.lean,
                avoid=never.found_in if prompt.never else None,
            )
        except LookupError:
            return prompt
        rows = {source.message for line in lines for source in line.sources}
        stored = await self._database.run(messages.by_rows, sorted(rows)[-64:])
        examples = [
            message.text
            for message in stored
            if not message.is_bot and not never.found_in(message.text)
        ]
        drafts = [line.text for line in lines]
        closeness = await self._closeness([*examples, *drafts], prompt.turns)
        shown = example_selection.choose(examples, closeness, EXAMPLES_SHOWN)
        ideas = example_selection.choose(drafts, closeness, DRAFTS_SHOWN)
        told = {message.id for message in stored if message.text.strip() in shown}
        for line in lines:
            if line.text.strip() in ideas:
                told.update(source.message for source in line.sources)
        return replace(
            prompt,
            examples=shown,
            drafts=ideas,
            shown=tuple(sorted(told)),
            lent=prompt.lent.union(message.guild for message in stored),
        )

    async def judge(
        self, texts: Sequence[str], turns: Sequence[Turn]
    ) -> Sequence[float]:
        """Return how close each text is to the conversation; higher is closer."""
        return (await self._closeness(texts, turns))(texts)

    async def misfit(self, text: str, turns: Sequence[Turn]) -> str:
        """Return why a text does not fit what was said; empty if it does."""
        close, least = None, LEAST_BY_MEANING
        if self._memory:
            close = await self._memory.closeness([text], turns[-LAST_TURNS:])
        if close is None:
            close, least = [*example_selection.by_words(turns)([text])], LEAST_BY_WORDS
        (fitness,) = without_echo([text], close, turns)
        if fitness >= least:
            return ""
        return f"no line fitted the talk ({fitness:.2f} of {least:.2f})"

    async def _closeness(
        self, texts: Sequence[str], turns: Sequence[Turn]
    ) -> example_selection.Closeness:
        """Return closeness by meaning if there is time, else by shared words."""
        scores = None
        if self._memory:
            scores = await self._memory.closeness(texts, turns[-LAST_TURNS:])
        if scores is None:
            return example_selection.by_words(turns)
        known = dict(zip(texts, scores, strict=True))
        return lambda chosen: [known.get(text, 0.0) for text in chosen]
