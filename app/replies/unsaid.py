"""Keeps replies from what was just said, one learned message and other languages."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from app.chat.best_of_n import Refuse
from app.core.language import is_other
from app.core.sentences import LEAST_COPY, line_key
from app.providers.base import Prompt, Turn
from app.replies.guild_habits import StaleLines, long_lines
from app.voice.sayable import hidden_words
from app.voice.voice import Voice
from app.voice.word_tokenizer import fold as bare


async def with_unsaid(
    prompt: Prompt,
    turns: Sequence[Turn],
    voice: Voice,
    stale: StaleLines,
    *,
    is_echo: bool,
) -> Prompt:
    """Add what was said in these turns or before and must not be said again.

    What was said in spoilers alone must stay in them.

    Args:
        is_echo: The model only repeats the last turn, as in tests.
    """
    heard = (*turns, *chain(*prompt.moments))
    unsaid = long_lines(heard)
    hidden = hidden_words(turn.text for turn in heard)
    written = {bare(word) for turn in heard for word in turn.text.split()}
    if not is_echo:
        unsaid |= await stale.just_said(prompt.guild, turns)
    was_said = stale.was_said(prompt.guild)
    return replace(
        prompt,
        unsaid=unsaid,
        knows_link=lambda link: voice.knows(link) or bare(link) in written,
        hidden=frozenset(word for word in hidden if not voice.knows(word)),
        is_stale=lambda text: line_key(text) in unsaid or was_said(text),
    )


def guard(voice: Voice, prompt: Prompt) -> Refuse:
    """Return a check for copies of one learned message, or of what was just said.

    The model here cannot end such a line; see `app.runner.repetition`. Nor is a line
    said that is in another language than the talk.
    """
    unsaid = prompt.unsaid

    def refuse(text: str) -> str | None:
        if line_key(text) in unsaid:
            return "it repeated what was just said"
        for line in text.split("\n"):
            if len(line.split()) < LEAST_COPY:
                continue
            if line_key(line) in unsaid:
                return "it repeated what was just said"
            if voice.repeats(line):
                return "it repeated one learned message"
        if is_other(text, prompt.language):
            return "it was in another language"
        return None

    return refuse
