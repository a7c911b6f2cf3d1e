"""The words of a reply that is said aloud."""

import re
from collections.abc import Sequence

from app.chat.postprocess import neutralise

MOST_CHARACTERS = 500
"""The longest reply that is said; some forty seconds of speech."""

_FOR_EYES = re.compile(r"://|\bwww\.|\|\||```|<(?:[@#/]|t:|id:)", re.IGNORECASE)
"""Signs of what is read and not said: links, spoilers, code, Discord's own marks."""

_EMOJI = re.compile(r"<a?:\w{2,32}:\d{15,20}>|(?<![\w<:]):\w{2,32}:(?!\d)")

_MARKS = re.compile(r"[*~`]+|\b_+|_+\b|^(?:>{1,3}|#{1,3}|-#?) ", re.MULTILINE)
"""The marks by which Discord shows words in bold, as a title and so on."""


def spoken(parts: Sequence[str]) -> str:
    """Return what is said aloud of a reply; empty if the reply has to be read."""
    text, removed = neutralise("\n".join(parts))
    if removed or len(text) > MOST_CHARACTERS or _FOR_EYES.search(text):
        return ""
    words = " ".join(_MARKS.sub("", _EMOJI.sub(" ", text)).split())
    return words if any(map(str.isalnum, words)) else ""
