"""Fits the time, the words and the tries of a reply to the speed of the model here."""

from collections import deque
from dataclasses import replace

from app.chat.circuit_breaker import Clock
from app.providers.base import Prompt, Speed

QUICK_MS = 2500.0
"""The time for a reply that a quick model gets: it writes several lines in it."""

PATIENT_MS = 8000.0
"""The longest that a person waits gladly while the typing sign shows."""

SAFETY = 0.85
"""The share of a time limit to plan with, since machines vary in speed."""

OVERHEAD_MS = 200.0
"""The time for everything but the model."""

LEAST_ANSWER = 8
"""The fewest answer tokens to plan for, however slow the model is."""

WORDS_A_TOKEN = 0.75

LEAST_END_MS = 100.0
"""The time for the end of a reply; the chain needs a few milliseconds."""

END_SHARE = 0.05
"""The least share of a reply's time to leave for it."""

END_MARGIN = 2.0
"""The reserve for it, relative to the longest one of late."""

LATELY = 10.0
"""The seconds within which ends of replies tell how busy the computer is."""

LATE_SHARE = 0.25
"""The share of a reply's time after which the computer is too busy for any model."""


class EndTime:
    """The time that replies take after their last model, as it was lately.

    That is for the chain and the database, and it grows when the computer is busy.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ends: deque[tuple[float, float]] = deque(maxlen=50)

    def note(self, ms: float) -> None:
        """Note how long the end of a reply took."""
        self._ends.append((self._clock(), ms))

    def reserve_ms(self, limit_ms: float) -> float:
        """Return the time to leave for the end of a reply with that time limit."""
        since = self._clock() - LATELY
        longest = max((ms for at, ms in self._ends if at >= since), default=0.0)
        least = max(LEAST_END_MS, limit_ms * END_SHARE)
        return min(max(longest * END_MARGIN, least), limit_ms / 2)


def left_of(limit_ms: float, waited_ms: float) -> float:
    """Return the time for a reply whose turn came late: nobody waits much longer."""
    return min(limit_ms, max(limit_ms, PATIENT_MS) - waited_ms)


def time_limit_ms(speed: Speed | None) -> float:
    """Return the time for a reply: as short as the model can, as long as people wait.

    Args:
        speed: Of the model here; None if it does not write.
    """
    if speed is None:
        return QUICK_MS
    needed = speed.answer_seconds * 1000 / SAFETY + OVERHEAD_MS
    return min(max(needed, QUICK_MS), PATIENT_MS)


def has_time_for_tries(speed: Speed | None) -> bool:
    """Return whether the model is quick enough to choose between several lines."""
    return time_limit_ms(speed) <= QUICK_MS


def answer_tokens(left_ms: float, speed: Speed, wanted: int) -> int:
    """Return the answer tokens to plan for: at most half of the time is for them."""
    in_half = left_ms / 1000 * SAFETY / 2 * speed.decode
    return min(wanted, max(int(in_half), LEAST_ANSWER))


def shortened(prompt: Prompt, answer: int, wanted: int) -> Prompt:
    """Limit the words of a prompt if the time allows fewer tokens than wanted."""
    if answer >= wanted:
        return prompt
    words = max(int(answer * WORDS_A_TOKEN), 1)
    return replace(prompt, max_words=min(prompt.max_words, words), lines=1)
