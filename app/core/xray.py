"""X-ray: each word of a reply by who decided it, the model, the voice or both."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MODEL_COLOR, VOICE_COLOR = "#56B4E9", "#E69F00"
"""Sky blue and orange of Okabe and Ito (2008), which no color blindness confuses."""

UNKNOWN = -1
"""The share of a word that was changed after it was chosen."""

_PIECE = re.compile(r"\s+|\S+")


class XrayWord(NamedTuple):
    """A word, or the space between two."""

    text: str
    share: int
    """The voice's share in percent, or UNKNOWN."""

    @property
    def by(self) -> str:
        """The side that decided it: model, both or voice; empty if unknown."""
        if self.share == UNKNOWN:
            return ""
        if self.share <= 35:
            return "model"
        return "voice" if self.share >= 65 else "both"


def pieces(text: str, shares: Sequence[int]) -> Iterator[XrayWord]:
    """Yield the words and spaces of a text, with a share for each word."""
    known = iter(shares)
    for found in _PIECE.finditer(text):
        piece = found.group()
        share = UNKNOWN if piece.isspace() else next(known, UNKNOWN)
        yield XrayWord(piece, share)


def color(share: int) -> str:
    """Return the color of a share: blue is the model's, orange the voice's."""
    low, high = (
        [int(name[at : at + 2], 16) for at in (1, 3, 5)]
        for name in (MODEL_COLOR, VOICE_COLOR)
    )
    mixed = [round(a + (b - a) * share / 100) for a, b in zip(low, high, strict=True)]
    return "#{:02X}{:02X}{:02X}".format(*mixed)


def in_words(text: str, shares: Sequence[int]) -> str:
    """Return the X-ray as text, for those who cannot see its colors."""
    words = {"model": 0, "both": 0, "voice": 0}
    for piece in pieces(text, shares):
        if piece.by:
            words[piece.by] += 1
    noun = "word" if words["voice"] == 1 else "words"
    counts = (
        f"{words['voice']} {noun} by the voice",
        f"{words['both']} by both",
        f"{words['model']} by the model",
    )
    return ", ".join(counts)
