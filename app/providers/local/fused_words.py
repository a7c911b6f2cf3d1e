"""The words of a fused reply: the voice's share in each, and their messages."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from app.ipc.inference import TokenChoice
from app.providers.base import Used, WordShare

MOST_SOURCES = 40

_WORD = re.compile(r"\S+")


class _Run(NamedTuple):
    """Characters of the text that one message has as well, up to a place in it."""

    start: int
    end: int
    place: int


def sources(text: str, choices: Sequence[TokenChoice]) -> tuple[Used, ...]:
    """Return the messages that the voice had words from, the longest run first."""
    runs: dict[int, _Run] = {}
    longest: dict[int, _Run] = {}
    for choice in choices:
        for message, place in choice.places:
            run = runs.get(message)
            goes_on = run and (run.end, run.place + 1) == (choice.start, place)
            start = run.start if run and goes_on else choice.since
            run = runs[message] = _Run(start, choice.end, place)
            known = longest.get(message)
            if known is None or run.end - run.start > known.end - known.start:
                longest[message] = run
    found = [_used(message, text, run) for message, run in longest.items()]
    found.sort(key=lambda used: (-used.words, -used.message))
    return tuple(used for used in found if used.run)[:MOST_SOURCES]


def shares(text: str, choices: Sequence[TokenChoice]) -> tuple[WordShare, ...]:
    """Return the words of a text with the voice's share in each, from 0 to 1."""
    found = []
    for word in _WORD.finditer(text):
        weighed = [
            (min(choice.end, word.end()) - max(choice.start, word.start()), choice)
            for choice in choices
            if choice.start < word.end() and choice.end > word.start()
        ]
        letters = sum(size for size, _ in weighed)
        if letters:
            share = sum(size * choice.voice for size, choice in weighed) / letters
            found.append(WordShare(word.group(), share))
    return tuple(found)


def _used(message: int, text: str, run: _Run) -> Used:
    """Return a message with the whole words of its run, or the part of one."""
    words = [
        word.group()
        for word in _WORD.finditer(text)
        if word.start() >= run.start and word.end() <= run.end
    ]
    part = text[run.start : run.end].strip()
    return Used(message, max(len(words), 1), " ".join(words) or part)
