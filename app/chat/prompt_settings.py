"""Collects what a provider may use: settings, turns, examples and moments."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from app.chat import reply_time
from app.chat.persona_rules import rules_in
from app.core.names import GuildId
from app.providers.base import Prompt, Speed, Turn
from app.settings.schema import Config
from app.voice.generated_line import Rules
from app.voice.index import Lean, Spans

Mode = Literal["markov", "llm", "hybrid"]


def choose_mode(wanted: str, *, learned: int, seed: str | None = None) -> Mode:
    """Resolve the mode `auto`; any other mode stays as it is.

    Args:
        learned: Messages that the guild's voice knows.
        seed: Words required in the line; only the chain can promise them.
    """
    if wanted == "markov" or wanted == "llm" or wanted == "hybrid":
        return wanted  # type: ignore[return-value]
    if seed:
        return "markov"
    return "hybrid" if learned else "llm"


def deadline_ms(mode: Mode, config: Config, speed: Speed | None) -> float:
    """Return the milliseconds that a reply of the mode may take.

    Args:
        speed: Of the model here; None if it does not write.
    """
    reply = config.reply
    seconds = {
        "markov": reply.markov_seconds,
        "llm": reply.llm_seconds,
        "hybrid": reply.hybrid_seconds,
    }[mode]
    if isinstance(seconds, str):
        return reply_time.time_limit_ms(speed)
    return seconds * 1000


def dial_of(mode: Mode, dial: int) -> int:
    """Return the voice dial that a mode stands for."""
    return {"markov": 100, "llm": 0, "hybrid": dial}[mode]


def build(
    config: Config,
    mode: Mode,
    guild: GuildId,
    conversation: str,
    turns: Sequence[Turn],
    *,
    dial: int | None = None,
    seed: str | None = None,
    reply: int | None = None,
    summary: str = "",
    summary_of: int | None = None,
    lent: frozenset[GuildId] = frozenset(),
    channels: frozenset[int] | None = None,
    spans: Spans | None = None,
    near: frozenset[int] = frozenset(),
) -> Prompt:
    """Build the prompt of one reply; the caller adds examples, drafts and moments.

    Args:
        near: Rows of the channels that the voice leans to.
    """
    wanted, model = config.reply, config.model
    own = rules_in(wanted.persona).words
    max_words = min(own, wanted.max_words) if own else wanted.max_words
    return Prompt(
        guild=guild,
        conversation=f"{guild}:{conversation}",
        bot_name=config.bot.name,
        turns=tuple(turns),
        persona=wanted.persona,
        mode=mode,
        dial=dial_of(mode, wanted.dial if dial is None else dial),
        seed=seed,
        rules=replace(rules_of(config), max_words=max_words),
        never=tuple(config.speak.never_say),
        max_words=max_words,
        adapter=model.adapter,
        temperature=model.temperature,
        top_p=model.top_p,
        random_seed=model.seed,
        reply=reply,
        summary=summary,
        summary_of=summary_of,
        lent=lent,
        channels=channels,
        spans=spans,
        lean=Lean(near, config.voice.lean) if near and config.voice.lean > 1 else None,
        model=config.openai.model,
    )


def rules_of(config: Config) -> Rules:
    """Return the chain's rules for lines under these settings."""
    voice = config.voice
    return Rules(
        state_size=voice.state_size,
        max_run=voice.max_run,
        min_score=voice.min_score,
        max_tries=voice.max_tries,
        max_words=config.reply.max_words,
    )
