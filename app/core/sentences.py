"""Finds the whole sentences and words of a text that broke off."""

import re

_END = re.compile(r"(?<![.!?…。！？])[.!?…。！？]++[\"'”’)\]]*+(?=\s|$)")

_LEAST_LETTERS = 2
"""The fewest letters of a sentence; "1." and "O." are none."""


def whole_sentences(text: str) -> str:
    """Return the text up to the end of its last sentence or line, or nothing.

    With several lines, the last one counts as unfinished.
    """
    lines, _, last = text.rstrip().rpartition("\n")
    ends = [match.end() for match in _END.finditer(last)]
    whole = last[: ends[-1]] if ends else ""
    if _letters(whole) >= _LEAST_LETTERS:
        return f"{lines}\n{whole}".strip()
    return lines.strip() if _letters(lines) >= _LEAST_LETTERS else ""


def whole_words(text: str) -> str:
    """Return the text up to its last whole word; a single word stays."""
    head, space, _ = text.rstrip().rpartition(" ")
    return head.rstrip(" ,;:-–(") if space and head.strip() else text


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
