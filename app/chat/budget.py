"""Divides the tokens of a prompt between its parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.chat import context
from app.chat.context import TurnKey
from app.core.token_estimate import estimate_tokens
from app.providers.base import LoreText, Prompt, ToldFact, Turn

PERSONA, LORE, SUMMARY, RECALLED = "persona", "lore", "summary", "recalled"
PEOPLE = "people"
EXAMPLES, DRAFTS = "examples", "drafts"
CONVERSATION, CHANNEL = "conversation", "channel"
"""The parts of a prompt that tokens are spent on."""


LINE_OVERHEAD = 2
"""Tokens around a line that is no turn."""


@dataclass(frozen=True)
class Shares:
    """The largest share of a prompt, in percent, for each part; turns get the rest."""

    recall: int = 25
    summary: int = 15
    examples: int = 25
    lore: int = 20
    people: int = 10


def fill(
    prompt: Prompt,
    conversation: Sequence[Turn],
    channel: Sequence[Turn],
    last: Turn,
    tokens: int,
    shares: Shares,
    kept: Iterable[TurnKey] = (),
    most: int = 0,
) -> Prompt:
    """Fill the prompt up to `tokens`, and count the tokens of each part.

    The unused share of a part goes to the turns.

    Args:
        conversation: Turns of this conversation before `last`.
        channel: Other recent messages of the channel.
        kept: The turns of the conversation's prompt before, as in `context.collect`.
        most: The tokens for them and all the rest, if more than `tokens`.
    """
    fitted = _with_short_parts(prompt, tokens, shares)
    filled = _costs(fitted)
    spent = sum(filled.values())
    chosen = context.collect(
        last,
        conversation,
        channel,
        budget=max(tokens - spent, 0),
        kept=kept,
        most=most - spent,
    )
    filled[CONVERSATION] = chosen.tokens - chosen.channel_tokens
    filled[CHANNEL] = chosen.channel_tokens
    filled = {part: cost for part, cost in filled.items() if cost}
    return replace(fitted, turns=chosen.turns, filled=filled)


def _with_short_parts(prompt: Prompt, tokens: int, shares: Shares) -> Prompt:
    """Limit every part but the turns to its share."""
    room = tokens * shares.examples // 100
    drafts = _lines_within(prompt.drafts, room)
    return replace(
        prompt,
        lore=_lore_within(prompt.lore, tokens * shares.lore // 100),
        people=_facts_within(prompt.people, tokens * shares.people // 100),
        summary=_shortened(prompt.summary, tokens * shares.summary // 100),
        moments=_within(prompt.moments, tokens * shares.recall // 100),
        examples=_lines_within(prompt.examples, room - _cost(drafts)),
        drafts=drafts,
    )


def _costs(prompt: Prompt) -> dict[str, int]:
    """Return the tokens of every part but the turns."""
    return {
        PERSONA: estimate_tokens(prompt.persona),
        LORE: _cost([entry.text for entry in prompt.lore]),
        PEOPLE: _cost([fact.text for fact in prompt.people]),
        SUMMARY: estimate_tokens(prompt.summary),
        RECALLED: sum(map(context.cost_of, prompt.moments)),
        EXAMPLES: _cost(prompt.examples),
        DRAFTS: _cost(prompt.drafts),
    }


def _shortened(text: str, tokens: int) -> str:
    """Cut a text between two sentences to fit a budget, or to nothing."""
    while text and estimate_tokens(text) > tokens:
        before, dot, _ = text.rstrip(".").rpartition(". ")
        text = before + dot.strip()
    return text


def _within(
    moments: Sequence[tuple[Turn, ...]], tokens: int
) -> tuple[tuple[Turn, ...], ...]:
    """Return the first moments that fit."""
    kept = []
    for moment in moments:
        tokens -= context.cost_of(moment)
        if tokens < 0:
            break
        kept.append(moment)
    return tuple(kept)


def _lore_within(entries: Sequence[LoreText], tokens: int) -> tuple[LoreText, ...]:
    """Return the first entries that fit, each cut between two sentences at most."""
    kept = []
    for entry in entries:
        text = _shortened(entry.text, tokens - LINE_OVERHEAD)
        if text:
            kept.append(entry._replace(text=text))
            tokens -= _cost([text])
    return tuple(kept)


def _facts_within(facts: Sequence[ToldFact], tokens: int) -> tuple[ToldFact, ...]:
    """Return the first facts that fit."""
    kept = []
    for fact in facts:
        tokens -= _cost([fact.text])
        if tokens < 0:
            break
        kept.append(fact)
    return tuple(kept)


def _lines_within(lines: Sequence[str], tokens: int) -> tuple[str, ...]:
    """Return the last lines that fit; the last one matters most."""
    kept: list[str] = []
    for line in reversed(lines):
        tokens -= _cost([line])
        if tokens < 0:
            break
        kept.append(line)
    return tuple(reversed(kept))


def _cost(lines: Sequence[str]) -> int:
    return sum(estimate_tokens(line) + LINE_OVERHEAD for line in lines)
