"""Splits texts into words and joins them again, exactly as written.

A word is the text between spaces, with its punctuation. Custom emoji, each Han
character and each run of kana are words of their own, since people write them without
spaces; Thai, Lao, Khmer and Burmese are cut by ICU's dictionaries. One space between
ordinary words is implied, and none between these; a word of white space, or the empty
word, marks every exception.
"""

import re
import string
from collections.abc import Iterable

_EMOJI = r"<a?:\w+:\d+>"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff々〆"
_HIRAGANA = "\u3041-\u309f"
_KATAKANA = "\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_FULL_WIDTH = "\u3001-\u3003\u3008-\u3011\u3014-\u301f\uff01-\uff65"
_CUT = (
    "\u0e01-\u0e3a\u0e40-\u0e5b\u0e80-\u0eff\u1780-\u17ff\u19e0-\u19ff"
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"
)
"""Thai, Lao, Khmer and Burmese."""

_UNSPACED = f"{_HAN}{_HIRAGANA}{_KATAKANA}{_FULL_WIDTH}{_CUT}"

_SPECIAL = re.compile(f"{_EMOJI}|[{_UNSPACED}]")
_RUN = re.compile(f"[{_CUT}]")
_PIECE = re.compile(
    rf"{_EMOJI}|[{_HAN}]|[{_HIRAGANA}]+|[{_KATAKANA}]+|[{_FULL_WIDTH}]+|[{_CUT}]+|\s+"
    rf"|(?:(?!{_EMOJI})[^\s{_UNSPACED}])+"
)
_EDGES = string.punctuation + "…“”„‘’«»¿¡–—、。！？"

JOINT = ""
"""The word that joins its neighbours without a space."""


def split(text: str) -> list[str]:
    """Return the words of a text; `join` gives the text back exactly."""
    words = text.split()
    # Nearly every message is words with single spaces between them, which C splits.
    plain = " ".join(words) == text
    if plain and ((text.isascii() and "<" not in text) or not _SPECIAL.search(text)):
        return words
    return _split_special(text)


def join(words: Iterable[str]) -> str:
    """Join words into a text, including words that never stood together."""
    pieces: list[str] = []
    before: str | None = None
    for word in words:
        if word == JOINT or word.isspace():
            before = None
        else:
            if before is not None and not _are_glued(before, word):
                pieces.append(" ")
            before = word
        pieces.append(word)
    return "".join(pieces)


def fold(word: str) -> str:
    """Fold a word to its lookup form: no case, no outer punctuation."""
    folded = word.casefold()
    return folded.strip(_EDGES) or folded


def _split_special(text: str) -> list[str]:
    words: list[str] = []
    before: str | None = None
    gap = ""
    pieces = _pieces(text)
    for at, piece in enumerate(pieces):
        if piece.isspace():
            if piece == " " and before is not None and at + 1 < len(pieces):
                gap = piece
            else:
                words.append(piece)
                before = None
            continue
        if before is not None:
            understood = "" if _are_glued(before, piece) else " "
            if gap != understood:
                words.append(gap)
        words.append(piece)
        before, gap = piece, ""
    return words


def _pieces(text: str) -> list[str]:
    found: list[str] = _PIECE.findall(text)
    if not _RUN.search(text):
        return found
    # Few guilds need it, and it takes some memory.
    from icu4py.breakers import WordBreaker

    pieces: list[str] = []
    for piece in found:
        pieces += WordBreaker(piece, "en") if _RUN.match(piece) else (piece,)
    return pieces


def _are_glued(before: str, word: str) -> bool:
    if before.isascii() and not before.startswith("<"):
        return False
    kind = _kind(before)
    return kind is not None and kind == _kind(word)


def _kind(word: str) -> str | None:
    found = _SPECIAL.match(word)
    if found is None:
        return None
    return "emoji" if found[0].startswith("<") else "unspaced"
