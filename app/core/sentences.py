"""Finds the whole sentences and words of a text that broke off, and compares lines."""

import re

_END = re.compile(r"(?<![.!?…。！？])[.!?…。！？]++[\"'”’)\]]*+(?=\s|$)")

LEAST_COPY = 4
"""The fewest words of a line that is not just a common phrase."""

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


def first_sentences(text: str, most: int) -> str:
    """Return at most so many first sentences of a text, without line breaks."""
    text = text.strip().split("\n", 1)[0].rstrip()
    ends = [match.end() for match in _END.finditer(text)]
    return text[: ends[most - 1]] if len(ends) >= most else text


def whole_words(text: str) -> str:
    """Return the text up to its last whole word; a single word stays."""
    head, space, _ = text.rstrip().rpartition(" ")
    return head.rstrip(" ,;:-–(") if space and head.strip() else text


def folded_words(text: str) -> list[str]:
    """Return the words of a text in one case, without its signs."""
    return re.findall(r"\w+", text.casefold())


def line_key(text: str) -> str:
    """Return the words of a text in one case, or its signs where it has no words."""
    return " ".join(folded_words(text)) or text.strip()


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
