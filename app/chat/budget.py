"""How the tokens of a prompt are divided between all that may fill it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.chat import context
from app.providers.base import Prompt, Turn

PERSONA, SUMMARY, RECALLED = "persona", "summary", "recalled"
EXAMPLES, DRAFTS = "examples", "drafts"
CONVERSATION, CHANNEL = "conversation", "channel"
"""What a prompt's tokens are spent on."""


@dataclass(frozen=True)
class Shares:
    """Most of a prompt, in percent, that each part may fill; turns have the rest."""

    recall: int = 25
    summary: int = 15
    examples: int = 25


def fill(
    prompt: Prompt,
    conversation: Sequence[Turn],
    channel: Sequence[Turn],
    last: Turn,
    tokens: int,
    shares: Shares,
) -> Prompt:
    """The prompt with what fits into `tokens`, and the tokens of each part.

    What a part does not use of its share goes to the turns.

    Args:
        conversation: Turns of this conversation before `last`.
        channel: What else was said in the channel lately.
    """
    persona = context.estimate_tokens(prompt.persona)
    summary = _shortened(prompt.summary, tokens * shares.summary // 100)
    moments = _within(prompt.moments, tokens * shares.recall // 100)
    room = tokens * shares.examples // 100
    drafts = _lines_within(prompt.drafts, room)
    examples = _lines_within(prompt.examples, room - _cost(drafts))
    filled = {
        PERSONA: persona,
        SUMMARY: context.estimate_tokens(summary),
        RECALLED: sum(map(context.cost_of, moments)),
        EXAMPLES: _cost(examples),
        DRAFTS: _cost(drafts),
    }
    left = max(tokens - sum(filled.values()), 0)
    chosen = context.collect(last, conversation, channel, budget=left)
    filled[CONVERSATION] = chosen.tokens - chosen.channel_tokens
    filled[CHANNEL] = chosen.channel_tokens
    return replace(
        prompt,
        turns=chosen.turns,
        moments=moments,
        summary=summary,
        examples=examples,
        drafts=drafts,
        filled={part: spent for part, spent in filled.items() if spent},
    )


def _shortened(text: str, tokens: int) -> str:
    """A text cut to a budget between two sentences, or nothing of it."""
    while text and context.estimate_tokens(text) > tokens:
        before, dot, _ = text.rstrip(".").rpartition(". ")
        text = before + dot.strip()
    return text


def _within(
    moments: Sequence[tuple[Turn, ...]], tokens: int
) -> tuple[tuple[Turn, ...], ...]:
    """The first moments that fit."""
    kept = []
    for moment in moments:
        tokens -= context.cost_of(moment)
        if tokens < 0:
            break
        kept.append(moment)
    return tuple(kept)


def _lines_within(lines: Sequence[str], tokens: int) -> tuple[str, ...]:
    """The last lines that fit; the last one counts most."""
    kept: list[str] = []
    for line in reversed(lines):
        tokens -= _cost([line])
        if tokens < 0:
            break
        kept.append(line)
    return tuple(reversed(kept))


def _cost(lines: Sequence[str]) -> int:
    return sum(context.estimate_tokens(line) + 2 for line in lines)
