"""Scores of how replies are worded: language, invented words, echo, variety, rules."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from app.chat.persona_rules import PersonaRules, rules_in
from app.core.language import language_of
from app.core.sentences import line_key

LEAST_WORD = 4
"""The fewest letters of a word that counts as invented; shorter ones are slips."""

LAST_TURNS = 3
"""The number of last turns that show the talk's language."""

_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Replied:
    """A reply, and what it answered."""

    text: str
    turns: Sequence[str]
    has_sources: bool = False


@dataclass(frozen=True)
class SpeechScores:
    """Shares of replies, in 0..1; None where nothing could be told."""

    language: float | None
    """Those in the language of the talk, of all where both are sure."""
    invented: float
    """The share of words that neither the server nor the talk has."""
    echo: float
    """Those that repeat the line that they answer."""
    variety: float
    """Different pairs of words, of all pairs: distinct-2 (Li et al. 2016)."""
    persona: float | None
    """Those that keep the checkable rules of the persona; None without any."""
    sources: float
    """Those that name a message that they drew on."""


def scores(
    replies: Sequence[Replied], knows: Callable[[str], bool], persona: str
) -> SpeechScores:
    """Measure replies of one server.

    Args:
        knows: Tells whether the server has used a word.
        persona: The one in effect there.
    """
    count, rules = max(len(replies), 1), rules_in(persona)
    same = [found for one in replies if (found := _is_same_language(one)) is not None]
    kept = [keeps(rules, one.text) for one in replies]
    return SpeechScores(
        language=fmean(same) if same else None,
        invented=_invented(replies, knows),
        echo=sum(_is_echo(one) for one in replies) / count,
        variety=distinct_pairs(one.text for one in replies),
        persona=fmean(kept) if kept and rules != PersonaRules() else None,
        sources=sum(one.has_sources for one in replies) / count,
    )


def mean(rows: Sequence[SpeechScores]) -> SpeechScores:
    """Return the mean of each score over those that have it."""
    return SpeechScores(
        language=mean_of_known(row.language for row in rows),
        invented=fmean(row.invented for row in rows),
        echo=fmean(row.echo for row in rows),
        variety=fmean(row.variety for row in rows),
        persona=mean_of_known(row.persona for row in rows),
        sources=fmean(row.sources for row in rows),
    )


def mean_of_known(figures: Iterable[float | None]) -> float | None:
    """Return the mean of those figures that are not None; None without any."""
    known = [one for one in figures if one is not None]
    return fmean(known) if known else None


def keeps(rules: PersonaRules, text: str) -> bool:
    """Return whether a text keeps rules of case, length and language."""
    is_short = not rules.words or len(text.split()) <= rules.words
    return is_short and rules.kept(text) == text and not rules.breaks(text)


def distinct_pairs(texts: Iterable[str]) -> float:
    """Return the share of different pairs of neighboring words in all pairs."""
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        words = _WORD.findall(text.casefold())
        pairs.update(zip(words, words[1:], strict=False))
    return len(pairs) / pairs.total() if pairs else 1.0


def _is_same_language(one: Replied) -> bool | None:
    spoken = language_of(one.text)
    talk = language_of(" ".join(one.turns[-LAST_TURNS:]))
    return spoken == talk if spoken and talk else None


def _invented(replies: Iterable[Replied], knows: Callable[[str], bool]) -> float:
    new = total = 0
    for one in replies:
        said = set(_WORD.findall(" ".join(one.turns).casefold()))
        for word in _WORD.findall(one.text):
            if len(word) >= LEAST_WORD:
                total += 1
                new += word.casefold() not in said and not knows(word)
    return new / total if total else 0.0


def _is_echo(one: Replied) -> bool:
    return bool(one.turns) and line_key(one.text) == line_key(one.turns[-1])
