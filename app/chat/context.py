"""Chooses the turns of a conversation for a prompt, within a budget of tokens."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf

from app.chat.reply_time import SAFETY
from app.core.token_estimate import estimate_tokens
from app.providers.base import Speed, Turn

Count = Callable[[str], int]
"""The tokens of a text, known or estimated."""

TURN_OVERHEAD = 4
"""Tokens around a turn: the speaker's colon, the line's end, a template's marks."""

MAX_TURN_CHARS = 600
"""The longest turn; more is cut, so that a wall of text leaves room for others."""

ANCHOR = 8
"""A window that slides by one turn a message would never hit the prefix cache; it
starts at a message whose row id is a multiple of this where one is at hand."""


@dataclass(frozen=True)
class ChosenTurns:
    """The chosen turns, oldest first, and what had to be left out."""

    turns: tuple[Turn, ...]
    tokens: int
    left_out: int = 0
    """Turns of the conversation that did not fit."""
    channel_tokens: int = 0
    """The part of `tokens` for the channel's other turns."""


def plan_budget(
    deadline_ms: float, speed: Speed, answer_tokens: int, context_size: int
) -> int:
    """Return the prompt tokens that can be read and answered before the deadline.

    Args:
        answer_tokens: Tokens the answer will need.
        context_size: Of the model, in tokens.

    Returns:
        At least 32, so that the message itself always fits.
    """
    seconds = deadline_ms / 1000 * SAFETY - answer_tokens / max(speed.decode, 0.1)
    in_time = int(max(seconds, 0.0) * speed.prompt)
    return max(32, min(in_time, context_size - answer_tokens - 64))


def collect(
    last: Turn,
    conversation: Iterable[Turn],
    channel: Iterable[Turn] = (),
    *,
    budget: int,
    count: Count = estimate_tokens,
    max_turns: int = 40,
) -> ChosenTurns:
    """Choose the turns before `last`, the conversation's own before the channel's.

    Args:
        conversation: The reply chain or thread that `last` belongs to.
        channel: Other recent messages of the channel.
        budget: Tokens for all turns together.

    Both may be in any order and overlap; turns come out by row id, and those that are
    not stored count as the newest, in the order given.
    """
    own = _unique(conversation, {last.message})
    rest = _unique(channel, {last.message, *(turn.message for turn in own)})
    final = _shortened(last)
    left = budget - _cost(final, count)
    chosen: list[Turn] = []
    for turn in (*reversed(_sorted(own)), *reversed(_sorted(rest))):
        cost = _cost(short := _shortened(turn), count)
        if cost > left or len(chosen) >= max_turns - 1:
            break
        chosen.append(short)
        left -= cost
    kept = _from_anchor(_sorted(reversed(chosen)), len(own) + len(rest))
    turns = (*kept, final)
    others = {turn.message for turn in rest if turn.message is not None}
    return ChosenTurns(
        turns,
        cost_of(turns, count),
        len(own) + len(rest) - len(kept),
        cost_of([turn for turn in kept if turn.message in others], count),
    )


def cost_of(turns: Iterable[Turn], count: Count = estimate_tokens) -> int:
    """Count the tokens of turns, including what surrounds each."""
    return sum(_cost(turn, count) for turn in turns)


def _unique(turns: Iterable[Turn], seen: Iterable[int | None]) -> list[Turn]:
    taken = set(seen)
    kept = []
    for turn in turns:
        if turn.message is None or turn.message not in taken:
            taken.add(turn.message)
            kept.append(turn)
    return kept


def _sorted(turns: Iterable[Turn]) -> list[Turn]:
    """Sort by row id; turns that are not stored are the newest, in the order given."""
    return sorted(turns, key=lambda turn: inf if turn.message is None else turn.message)


def _from_anchor(turns: Sequence[Turn], available: int) -> Sequence[Turn]:
    """Start at an anchor message if turns were left out anyway."""
    if len(turns) == available:
        return turns
    for place, turn in enumerate(turns[: len(turns) // 2]):
        if turn.message is not None and turn.message % ANCHOR == 0:
            return turns[place:]
    return turns


def _shortened(turn: Turn) -> Turn:
    if len(turn.text) <= MAX_TURN_CHARS:
        return turn
    text = turn.text[:MAX_TURN_CHARS].rsplit(" ", 1)[0] + " …"
    return replace(turn, text=text)


def _cost(turn: Turn, count: Count) -> int:
    return count(turn.text) + count(turn.speaker) + TURN_OVERHEAD
