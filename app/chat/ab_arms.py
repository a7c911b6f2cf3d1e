"""Compares two ways of making replies."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from app.chat.prompt_settings import dial_of
from app.chat.self_tune import Arm
from app.settings import reply_ways

Z = 1.96
"""Standard deviations of a 95 % interval."""


@dataclass(frozen=True)
class PreferenceRate:
    """The share of times something was preferred, with its 95 % interval."""

    won: float
    of: float
    rate: float
    low: float
    high: float


def parse(text: str, dial: int = 50) -> Arm:
    """Read an arm such as `llm`, `hybrid` or `hybrid 70`; `dial` is the default dial.

    Raises:
        ConfigError: If the text names no arm.
    """
    way = reply_ways.parse(text)
    return Arm(way.mode, dial_of(way.mode, dial if way.dial is None else way.dial))


def turn(arms: Sequence[Arm], number: int) -> Arm | None:
    """Return the arm for the reply of that row; None unless there are two."""
    return arms[number % len(arms)] if len(arms) > 1 else None


def wilson(won: float, of: float) -> PreferenceRate:
    """A rate with Wilson's score interval (1927); 0 to 1 when nothing is known."""
    if of <= 0:
        return PreferenceRate(won, of, 0.0, 0.0, 1.0)
    rate = won / of
    middle = rate + Z * Z / (2 * of)
    spread = Z * sqrt(rate * (1 - rate) / of + Z * Z / (4 * of * of))
    scale = 1 + Z * Z / of
    low, high = (middle - spread) / scale, (middle + spread) / scale
    return PreferenceRate(won, of, rate, max(0.0, low), min(1.0, high))


def standings(results: Sequence[tuple[Arm, Arm, int]]) -> dict[Arm, PreferenceRate]:
    """Return each arm's win rate; a tie is half a win for both.

    Args:
        results: (first, second, winner: 1, 2 or 0 for neither) each.
    """
    won: dict[Arm, float] = {}
    of: dict[Arm, float] = {}
    for first, second, winner in results:
        for place, arm in enumerate((first, second), 1):
            of[arm] = of.get(arm, 0.0) + 1
            share = 0.5 if not winner else float(winner == place)
            won[arm] = won.get(arm, 0.0) + share
    return {arm: wilson(won[arm], of[arm]) for arm in sorted(of)}
