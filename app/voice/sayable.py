"""Finds what a person would say again in a message: no pasted code, logs or quotes.

Voices learn this in place of the message. What stood only in spoilers is left out too,
so that nobody is told it.
"""

import re
from collections.abc import Iterable

from app.voice.pasted import unpasted

_SUSPECT = re.compile(r"[<>`|:\t\n0-9$\u2500-\u257f]")
"""Most messages have none of this and no wide gap, and can be said as they are."""

_WIDE_GAP = "   "

_FENCE = re.compile(r"`{3,}+[^`]*+(?:`{1,2}+(?!`)[^`]*+)*+(?:`{3,}+|\Z)")
"""A fence to the next one, or to the end."""

_MARKS = re.compile(r"[<>`|:\t\n\u2500-\u257f]|\$ ")
"""All of these but the digits, which most of the others have alone."""

_BOLD_MARK = re.compile(r"(?P<begins>(?<![\w*])\*\*(?![\s*]))|(?<![\s*])\*\*(?![\w*])")
"""Stars within a word stand for letters that somebody would not write."""

_STARRED = re.compile(r"(?<!\w)\w{1,3}\Z")
"""So do those behind so short a word."""

_QUOTED_REST = re.compile(r"^>>> .*", re.DOTALL | re.MULTILINE)
_LABELLED = re.compile(
    r"!?\[([^\[\]\n]{1,200})\]\(<?https?://[^\s()<>]{1,2000}>?"
    r"(?: \"[^\"\n]{0,200}\")?\)"
)
_LINK = re.compile(r"<?https?://[^\s<>]+>?", re.IGNORECASE)
_FLEETING = re.compile(
    r"//(?:cdn|media)\.discordapp\.|[?&#;](?:x-(?:amz|goog|oss|cos)-|hm=|hmac="
    r"|sig=|signature=|(?:\w{1,20}[_-])?token=|auth=|jwt=|policy=|key-pair-id="
    r"|exp(?:iry|ires|ires_?at)?=)"
    r"|(?:\.\.|…)>?\Z",
    re.IGNORECASE,
)
"""Of links: signed ones, which end to work, and those that were cut."""

_EMOJI = re.compile(
    r"<a?:\w{1,32}:\d+>"
    r"|<a?:(?=\d{0,32}[^\W\d])(?P<open>\w{2,32}+)(?::\d*)?>?"
    r"|(?<!\w):(?=\d{0,32}[^\W\d])(?P<cut>\w{2,32}+):\d{5,22}>?"
    r"|(?<![\w:<])(?=\d{0,32}[^\W\d])(?P<bare>\w{2,32}+):\d{17,20}>?(?!\d)"
)


def sayable(text: str) -> str:
    """Return what is left of a message; empty if nothing is."""
    if not _SUSPECT.search(text) and _WIDE_GAP not in text:
        return text
    if not _MARKS.search(text):
        return text if unpasted([text]) else ""
    left = _FENCE.sub(" ", text) if "```" in text else text
    left = _outside(left, "||")
    left = _QUOTED_REST.sub("", left)
    if "://" in left:
        left = _LINK.sub(_lasting, _LABELLED.sub(r"\1", left))
    if ":" in left:
        left = _EMOJI.sub(_whole_emoji, left)
    said = unpasted(left.split("\n"))
    if left == text and "\n".join(said) == text:
        return text
    return "\n".join(filter(None, (" ".join(line.split()) for line in said)))


def hidden_words(texts: Iterable[str]) -> frozenset[str]:
    """Return the words of texts that stand in their spoilers alone, in one case."""
    inside: set[str] = set()
    outside: set[str] = set()
    for text in texts:
        outside.update(_words(_outside(text, "||")))
        for part in _marked(text, "||")[1::2]:
            inside.update(_words(part))
    return frozenset(inside - outside)


def hide(text: str, words: Iterable[str]) -> str:
    """Return a text with those words in spoilers, unless they are in one."""
    known = frozenset(words)
    if not known:
        return text
    parts = _marked(text, "||")
    for at in range(0, len(parts), 2):
        pieces = re.split(r"(\s+)", parts[at])
        parts[at] = "".join(
            f"||{one}||" if known.intersection(_words(one)) else one for one in pieces
        ).replace("|| ||", " ")
    return "||".join(parts)


def balanced(text: str) -> str:
    """Return a text whose fences, spoilers and bold words begin and end."""
    before = None
    # What stood around a mark that was taken out may make another one.
    while text != before:
        before, text = text, _more_balanced(text)
    return text


def _more_balanced(text: str) -> str:
    if text.count("```") % 2:
        text = "".join(text.rpartition("```")[::2])
    text = _without_lone_bold(text.strip())
    if text.count("||") % 2:
        shown = text.rstrip()
        # What was to be hidden stays so.
        text = shown.removesuffix("||") if shown.endswith("||") else f"{shown}||"
    text = text.strip()
    return text if text.strip("*") else ""


def _without_lone_bold(text: str) -> str:
    """Take out a mark of bold words without another; short words may have stars."""
    opened: re.Match[str] | None = None
    for mark in [*_BOLD_MARK.finditer(text)]:
        if opened is None and not mark["begins"]:
            if _STARRED.search(text, 0, mark.start()):
                continue
            return _without_lone_bold(text[: mark.start()] + text[mark.end() :])
        opened = mark if opened is None else None
    if opened is not None:
        text = text[: opened.start()] + text[opened.end() :]
    return text


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _marked(text: str, mark: str) -> list[str]:
    """Return the parts of a text, those between two marks at odd places."""
    parts = text.split(mark)
    if len(parts) % 2 == 0:
        last = parts.pop()
        parts[-1] += mark + last
    return parts


def _outside(text: str, mark: str) -> str:
    """Return what is not between two marks."""
    return " ".join(_marked(text, mark)[::2]) if mark in text else text


def _lasting(found: re.Match[str]) -> str:
    return "" if _FLEETING.search(found[0]) else found[0]


def _whole_emoji(found: re.Match[str]) -> str:
    """Return the name of a broken emoji, by which the server's own is found."""
    name = found["open"] or found["cut"] or found["bare"]
    return f":{name}:" if name else found[0]
