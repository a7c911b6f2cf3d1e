"""Chooses the turns of a conversation for a prompt, within a budget of tokens."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf

from app.chat.reply_time import SAFETY
from app.core.token_estimate import estimate_tokens
from app.providers.base import PICTURE_TOKENS, Speed, Turn

Count = Callable[[str], int]
"""The tokens of a text, known or estimated."""

TURN_OVERHEAD = 4
"""Tokens around a turn: the speaker's colon, the line's end, a template's marks."""

MAX_TURN_CHARS = 600
"""The longest turn; more is cut, so that a wall of text leaves room for others."""

STEP = 0.7
"""The share of what may ever be there that is filled anew once it is exceeded. What
then joins leaves the start alone, so that the model need not read it again."""

OWN_TURNS = 4
"""The conversation's newest turns, which no kept start may push out."""

TurnKey = int | tuple[str, str]
"""The mark of a turn: its row, or speaker and text where it has none."""


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
    kept: Iterable[TurnKey] = (),
    most: int | None = None,
    count: Count = estimate_tokens,
    max_turns: int = 56,
) -> ChosenTurns:
    """Choose the turns before `last`, the conversation's own before the channel's.

    Args:
        conversation: The reply chain or thread that `last` belongs to.
        channel: Other recent messages of the channel.
        budget: Tokens for all turns together.
        kept: The turns of the prompt before; they and newer ones stay while they fit.
        most: Tokens for them and the newer ones, if not `budget`.

    Both may be in any order and overlap; turns come out by row id, and those that are
    not stored count as the newest, in the order given.
    """
    own = _unique(conversation, {last.message})
    rest = _unique(channel, {last.message, *(turn.message for turn in own)})
    final = _shortened(last)
    spent = _cost(final, count)
    room = max(budget, most or 0) - spent
    limits = _Limits(budget - spent, room, max_turns - 1, count)
    chosen = _continued(own, rest, frozenset(kept), limits)
    if chosen is None:
        chosen = _anew(own, rest, limits)
    turns = (*chosen, final)
    others = {turn.message for turn in rest if turn.message is not None}
    return ChosenTurns(
        turns,
        cost_of(turns, count),
        len(own) + len(rest) - len(chosen),
        cost_of([turn for turn in chosen if turn.message in others], count),
    )


def key_of(turn: Turn) -> TurnKey:
    """Return a turn's mark."""
    text = turn.text[:MAX_TURN_CHARS]
    return (turn.speaker, text) if turn.message is None else turn.message


@dataclass(frozen=True)
class _Limits:
    """The room for the turns before the last one."""

    tokens: int
    """For turns that were not in the prompt before."""
    room: int
    """For all of them."""
    turns: int
    count: Count


def _continued(
    own: Sequence[Turn],
    rest: Sequence[Turn],
    kept: frozenset[TurnKey],
    limits: _Limits,
) -> list[Turn] | None:
    """Return the kept turns and all newer ones, or None if they do not fit."""
    every = _sorted((*own, *rest))
    known = [at for at, turn in enumerate(every) if key_of(turn) in kept]
    if not known:
        return None
    chosen = [
        _shortened(turn)
        for at, turn in enumerate(every)
        if at > known[-1] or key_of(turn) in kept
    ]
    there = set(map(key_of, chosen))
    newest = [key_of(_shortened(turn)) for turn in _sorted(own)[-OWN_TURNS:]]
    is_full = len(chosen) > limits.turns
    if is_full or cost_of(chosen, limits.count) > limits.room:
        return None
    return chosen if there.issuperset(newest) else None


def _anew(own: Sequence[Turn], rest: Sequence[Turn], limits: _Limits) -> list[Turn]:
    """Return all turns if they fit, else so many that there is room for some more."""
    chosen, spent = list[Turn](), 0
    short = map(_shortened, (*reversed(_sorted(own)), *reversed(_sorted(rest))))
    for turn in short:
        spent += _cost(turn, limits.count)
        if spent > limits.tokens or len(chosen) >= limits.turns:
            break
        chosen.append(turn)
    if len(chosen) < len(own) + len(rest):
        while chosen and (
            cost_of(chosen, limits.count) > limits.room * STEP
            or len(chosen) > limits.turns * STEP
        ):
            chosen.pop()
    return _sorted(reversed(chosen))


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


def _shortened(turn: Turn) -> Turn:
    if len(turn.text) <= MAX_TURN_CHARS:
        return turn
    text = turn.text[:MAX_TURN_CHARS].rsplit(" ", 1)[0] + " …"
    return replace(turn, text=text)


def _cost(turn: Turn, count: Count) -> int:
    pictures = len(turn.pictures) * PICTURE_TOKENS
    return count(turn.text) + count(turn.speaker) + TURN_OVERHEAD + pictures
