"""The value of a fact: the words behind its beginning, up to the end of the clause."""

import re

from app.store.given.member_facts import Fact, words_of

MOST_WORDS = 6

_STOP = re.compile(
    r"\s(?:and (?:i|you|he|she|it|we|they|im|i'm|zero|no)|but|because|bc|cause|so|since"
    r"|unless|personally|bro|all my|i|im|i'm"
    r"|when|while|if|though|although|who|which|that|where|btw|tbh|ngl|lol|lmao|xd"
    r"|haha\w*|rn|right now|now|atm|at the moment|these days|for (?:years|now|ages|a"
    r" while|months|weeks|\w+ years)|i think|i guess|thanks|thx|too|as well|by the way"
    r"|hands down|in general|at all|so much|a lot|very much|again|with|originally)\b"
    r"|,|\s[-–—(:/]|[)\"“”*~^=]|\s[<:;]\S",
    re.I,
)
"""The end of a value."""

_SIGNS = re.compile(
    r"[^\w\s'’.,&+/()-]|[\u2600-\u27bf\U0001f000-\U0001ffff\ufe0f\u200d]+"
)
_ARTICLE = re.compile(r"(?:the|a|an)\s", re.I)


def value_of(rest: str, most: int = MOST_WORDS) -> str:
    """Return the words up to the end of a clause; nothing if they are too many."""
    end = _STOP.search(f" {rest}")
    text = rest[: max(end.start() - 1, 0)] if end else rest
    text = _SIGNS.sub("", text).strip(" .,'’-/")
    return text if len(text.split()) <= most else ""


def bare(value: str) -> str:
    """Return a value without its article."""
    return _ARTICLE.sub("", value, count=1)


_NO_PLACE = frozenset(
    "fear hope peace denial squalor chaos darkness misery luxury pain hell"
    " heaven silence poverty exile my your his her our their this that these"
    " it here there society constant a an harmony shame sin style terror dread"
    " bed pyjamas pajamas hiding limbo isolation front general color colour"
    " theory practice space despair bliss".split()
)
_PLACES = frozenset("town village city suburb hamlet farm island flat valley".split())
_LANDSCAPES = frozenset(
    "coast countryside north south east west mountains suburbs netherlands uk"
    " us usa alps highlands midlands city centre center capital bay islands"
    " seaside".split()
)


def place_in(rest: str) -> str:
    """Return the place that words begin with; nothing if it is none."""
    head, _, after = rest.partition(",")
    value, words = value_of(head), words_of(head.casefold())
    if not value or not words:
        return ""
    if words[0] in ("a", "an"):
        return value if _PLACES & set(words[:4]) else ""
    if words[0] == "the":
        is_named = head[len(words[0]) :].strip()[:1].isupper()
        if not is_named and not (len(words) > 1 and words[1] in _LANDSCAPES):
            return ""
    elif words[0] in _NO_PLACE or (value[0].islower() and len(value.split()) > 3):
        return ""
    if value == head.strip() and after.strip():
        more = value_of(after.strip(), 3)
        if more[:1].isupper() or more.startswith(("near ", "close to ")):
            return f"{value}, {more}"
    return value


NO_THING = frozenset(
    "it this that these those you him her them me us how when what where who"
    " why way everyone everybody everything nothing your his their my our"
    " being having love to myself one some all ur its whatever whoever any".split()
)
_PASSING = frozenset("this here there you your that these those it".split())
_LOOSE_ENDS = frozenset("of than for to from by more".split())
_NARROWS = re.compile(r"\s(?:who|which|that|where|when|if|with)\b", re.I)
_NO_ACT = frozenset(
    "think say see be admit imagine pretend know ask break have do call tell".split()
)


def liked(kind: str, rest: str) -> Fact | None:
    """Read the thing that somebody likes, or does not."""
    value, end = value_of(rest), _STOP.search(f" {rest}")
    words = value.casefold().split()
    if not words or len(value) < 3 or "'" in words[0] or not words[0][0].isalpha():
        return None
    # "the sky here" is of this moment, and "mods that …" of some mods alone.
    is_narrow = end is not None and _NARROWS.match(end[0]) is not None
    if is_narrow or _PASSING & set(words) or words[-1] in _LOOSE_ENDS:
        return None
    if words[0] == "to":
        is_act = kind == "loves" and 2 <= len(words) <= 4 and words[1] not in _NO_ACT
        return Fact(kind, value) if is_act else None
    if words[0] == "the":
        named = value.split()[1:]
        is_named = bool(named) and all(word[0].isupper() for word in named)
        return Fact(kind, value) if is_named else None
    return None if words[0] in NO_THING else Fact(kind, value)
