"""Measures how far two sets of messages differ in words, form and punctuation."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

ASPECTS = ("words", "lengths", "casing", "punctuation", "emoji", "openings")

LEAST = 8
"""The number of replies below which no distance is computed."""

DRAWS = 5
"""The number of samples of members' messages to compare a distance with."""

_WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?")
_EMOJI = re.compile(
    r"<a?:\w+:\d+>|:\w{2,32}:"
    r"|[\u2600-\u27bf\u2b00-\u2bff\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]"
)
_SIGN = re.compile(r"\.{2,}|…|[!?]{2,}|[.,!?;:()\"'’“”*~—–-]")

Counts = Counter[str]


def aspects(texts: Sequence[str]) -> dict[str, Counts]:
    """Count the features of the texts, by aspect."""
    counts: dict[str, Counts] = {name: Counter() for name in ASPECTS}
    for text in texts:
        words = [word.casefold() for word in _WORD.findall(text)]
        counts["words"].update(words)
        counts["lengths"][_length(len(text.split()))] += 1
        counts["casing"][_casing(text)] += 1
        counts["punctuation"].update(_SIGN.findall(_EMOJI.sub("", text)) or ["none"])
        counts["punctuation"][f"ends {_end(text)}"] += 1
        counts["emoji"].update(_EMOJI.findall(text) or ["none"])
        counts["openings"][words[0] if words else "none"] += 1
    return counts


def _length(words: int) -> str:
    """Return the length class; each class is twice as long as the one before."""
    return str(math.ceil(math.log2(words)) if words else "none")


def _casing(text: str) -> str:
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return "none"
    if all(not letter.isupper() for letter in letters):
        return "lower"
    if len(letters) > 1 and all(not letter.islower() for letter in letters):
        return "upper"
    return "sentence" if letters[0].isupper() else "mixed"


def _end(text: str) -> str:
    last = text.rstrip()[-1:]
    return last if last in ".!?…)" and last else "plain"


def divergence(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Return the Jensen-Shannon divergence of two counts, in bits: 0 equal, 1 disjoint.

    Lin (1991): the entropy of the mean of both distributions, less the mean of their
    entropies.
    """
    a, b = sum(one.values()), sum(other.values())
    if not a or not b:
        return 0.0 if a == b else 1.0
    total = 0.0
    for key in one.keys() | other.keys():
        p, q = one.get(key, 0) / a, other.get(key, 0) / b
        middle = (p + q) / 2
        total += p * math.log2(p / middle) if p else 0.0
        total += q * math.log2(q / middle) if q else 0.0
    return max(0.0, total / 2)


def likeness(
    own: Sequence[str], members: Sequence[str], rng: Random
) -> dict[str, float]:
    """Compare replies with members' messages, by aspect; empty for too few texts.

    A few texts differ from many by chance alone, so the distance is compared with that
    between as many of the members' own messages and the rest: 1 means no further apart
    than those, 0 nothing in common.

    Args:
        own: The replies' texts.
        members: The members' texts from the same time.
        rng: Draws the samples.
    """
    if len(own) < LEAST or len(members) < 2 * LEAST:
        return {}
    size = min(len(own), len(members) // 2)
    mine, theirs = aspects(own), aspects(members)
    chance = dict.fromkeys(ASPECTS, 0.0)
    for _ in range(DRAWS):
        drawn = aspects(rng.sample(members, size))
        for name in ASPECTS:
            rest = theirs[name] - drawn[name]
            chance[name] += divergence(drawn[name], rest) / DRAWS
    return {
        name: _alike(divergence(mine[name], theirs[name]), chance[name])
        for name in ASPECTS
    }


def _alike(distance: float, chance: float) -> float:
    beyond = max(0.0, distance - chance)
    return max(0.0, 1 - beyond / max(1 - chance, 1e-9))
