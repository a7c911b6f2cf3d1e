"""Finds the whole sentences and words of a text that broke off."""

import re

_END = re.compile(r"(?<![.!?…。！？])[.!?…。！？]++[\"'”’)\]]*+(?=\s|$)")

_LEAST_LETTERS = 2
"""The fewest letters of a sentence; "1." and "O." are none."""


def whole_sentences(text: str) -> str:
    """Return the text up to the end of its last sentence or line, or nothing.

    With several lines, the last one counts as unfinished. The beginning stays as it is,
    since places in the text are counted from there.
    """
    text = text.rstrip()
    last = text.rfind("\n") + 1
    ends = [last, *(match.end() for match in _END.finditer(text, last))]
    if _letters(text[last : ends[-1]]) >= _LEAST_LETTERS:
        return text[: ends[-1]]
    lines = text[:last].rstrip()
    return lines if _letters(lines) >= _LEAST_LETTERS else ""


def whole_words(text: str) -> str:
    """Return the text up to its last whole word; a single word stays."""
    head, space, _ = text.rstrip().rpartition(" ")
    return head.rstrip(" ,;:-–(") if space and head.strip() else text


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
