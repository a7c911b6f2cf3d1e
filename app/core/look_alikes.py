"""Reads text as people see it: one plain letter for all that look like it."""

import unicodedata
from functools import lru_cache

SIGNS = {
    "a": "a4@",
    "b": "b8",
    "e": "e3",
    "g": "g9",
    "i": "i1!|",
    "l": "l1|!",
    "o": "o0",
    "s": "s5$",
    "t": "t7+",
    "z": "z2",
}
"""The signs that people write for a letter, the letter included."""

KEPT = frozenset("@$!|+")
"""The signs among them; other signs are read as a full stop."""

_ALIKE = str.maketrans(
    "аеорсухіјѕԁһкмтвнгьαορντυικεηγωɡɑıłøđðօսհոᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "aeopcyxijsdhkmtbhrbaopvtuikenywgailoddouhnabcdefghijklmnoprstuvwyz",
) | {ord("æ"): "ae", ord("œ"): "oe", ord("þ"): "th"}
"""Letters of other alphabets; both sides of a comparison are read this way."""

_BOXED = {
    first + n: chr(ord("a") + n)
    for first in (0x1F150, 0x1F170, 0x1F1E6)
    for n in range(26)
}

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters without a shape."""

_MARKS = (
    (0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xE0100, 0xE01EF),
)  # fmt: skip
"""Accents and variants; the vowels of Indic scripts are marks that count."""


def read(text: str, kept: frozenset[str] = frozenset()) -> tuple[str, list[int]]:
    """Return the text as it is seen, and for each character its place in the text.

    Letters and digits stay, white space is a blank, and signs are full stops, except
    `KEPT` and those of `kept`, which get a full stop on each side.
    """
    seen: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        shown = f".{sign}." if sign in kept else _look(sign)
        seen.append(shown)
        places += [place] * len(shown)
    return "".join(seen), places


@lru_cache(maxsize=4096)
def _look(sign: str) -> str:
    if sign.isspace():
        return " "
    plain = unicodedata.normalize("NFKD", sign).casefold()
    plain = unicodedata.normalize("NFKD", plain).translate(_ALIKE).translate(_BOXED)
    return "".join(map(_class, filter(_is_seen, plain)))


def _is_seen(sign: str) -> bool:
    if sign in _BLANK or unicodedata.category(sign) in ("Cf", "Cc", "Me", "Cs"):
        return False
    return not any(first <= ord(sign) <= last for first, last in _MARKS)


def _class(sign: str) -> str:
    if sign.isspace():
        return " "
    is_mark = unicodedata.category(sign) in ("Mn", "Mc")
    return sign if sign.isalnum() or is_mark or sign in KEPT else "."
