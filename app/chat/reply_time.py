"""Fits the time, the words and the tries of a reply to the speed of the model here."""

from dataclasses import replace

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
