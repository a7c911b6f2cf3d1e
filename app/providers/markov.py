"""The Markov chain as a provider: the last rung, which always has an answer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from random import Random
from time import perf_counter

from app.core.names import GuildId
from app.core.never_said import never_said
from app.core.secret_patterns import has_secret
from app.providers.base import Completion, Prompt, Used, WordShare
from app.providers.keywords import keywords
from app.voice.voice import GeneratedLine, Voice
from app.voice.word_tokenizer import join

NOTHING_LEARNED = (
    "I have not heard enough here yet to talk like you. Say a few things!",
    "Still listening… I know too few of your words so far.",
    "Give me something to learn from and I will start talking.",
)

UNSEEN = (
    "I can't see pictures from here. What is on it?",
    "Pictures are lost on me, sorry. Tell me what it shows?",
    "No eyes for pictures here. Describe it to me?",
)

UNHEARD = (
    "I can't hear voice messages from here. Type it for me?",
    "Voice messages are lost on me, sorry. What did you say?",
    "No ears for that here. Can you write it?",
)

TRIES = 16
"""Attempts at a line without a secret that was not said lately; the last check removes
a secret that is left."""

RELAXED = {
    "state_size": "it used fewer words of context, because it has learned little",
    "run": "it copied a longer run of one message than the rules allow",
    "whole": "it repeats one message, because it has learned little",
    "score": "it found no better line",
    "seed": "no learned message has the words to start from",
}


class MarkovProvider:
    """Writes a line from the guild's messages."""

    name = "markov"

    def __init__(
        self,
        voice: Callable[[GuildId], Awaitable[Voice]],
        rng: Random,
    ) -> None:
        """`voice` gives a guild's voice."""
        self._voice = voice
        self._rng = rng

    def unavailable(self, prompt: Prompt) -> str | None:
        """Return None always, since this rung always answers."""
        return None

    async def write(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Yield one line and its sources; with nothing learned or seen, say so."""
        start = perf_counter()
        if lost := prompt.unheard or prompt.unseen:
            text = self._rng.choice(UNHEARD if prompt.unheard else UNSEEN)
            yield text
            yield Completion(text, notes=(lost,))
            return
        topic = " ".join(keywords(prompt.turns[-1].text)) if prompt.turns else ""
        seed = prompt.seed or topic or None
        try:
            voice = await self._voice(prompt.guild)
            # A new set of channels takes its time, and so do pages of a voice's files
            # that are still on disk.
            line = await asyncio.to_thread(self._speak, voice, seed, prompt)
        except LookupError:
            text = self._rng.choice(NOTHING_LEARNED)
            yield text
            yield Completion(text, notes=("nothing is learned here yet",))
            return
        yield line.text
        wanted = prompt.seed is not None
        yield completion_of(line, (perf_counter() - start) * 1000, seed_wanted=wanted)

    def _speak(self, voice: Voice, seed: str | None, prompt: Prompt) -> GeneratedLine:
        """Return a line, if possible a new one that holds no secret."""
        never = never_said(prompt.never)
        seeded = prompt.chain_seed >= 0
        rng = Random(prompt.chain_seed) if seeded else self._rng
        for _ in range(TRIES):
            line = voice.speak(
                rng,
                seed=seed,
                rules=prompt.rules,
                channels=prompt.channels,
                spans=prompt.spans,
                lean=prompt.lean,
                avoid=never.found_in if prompt.never else None,
            )
            if not has_secret(line.text) and not prompt.is_stale(line.text):
                break
        return line

    async def close(self) -> None:
        """Do nothing, since nothing is held."""


def completion_of(
    line: GeneratedLine, ms: float, *, seed_wanted: bool = True
) -> Completion:
    """Convert a line of the chain to a completion, with each source's longest run."""
    longest: dict[int, Used] = {}
    for source in line.sources:
        known = longest.get(source.message)
        if known is None or source.words > known.words:
            run = join(line.words[source.start : source.start + source.words])
            longest[source.message] = Used(source.message, source.words, run)
    relaxed = [rule for rule in line.relaxed if seed_wanted or rule != "seed"]
    return Completion(
        line.text,
        first_token_ms=ms,
        total_ms=ms,
        shares=tuple(WordShare(word, 1.0) for word in line.text.split()),
        sources=tuple(sorted(longest.values(), key=lambda used: -used.words)),
        notes=tuple(RELAXED.get(rule, rule) for rule in relaxed),
        extra={"score": line.score, "walks": float(line.walks)},
    )
