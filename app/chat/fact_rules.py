"""Rules that read a fact from a plain sentence, one for each way to tell it."""

import re
from collections.abc import Callable

from app.chat.fact_values import NO_THING, bare, liked, place_in, value_of
from app.chat.fact_words import (
    ANIMALS,
    COUNTRIES,
    LANGUAGES,
    MONTH_NAMES,
    MONTHS,
    NAMED,
    PLAYED,
    PRONOUNS,
    TRADES,
)
from app.store.given.member_facts import Fact, words_of


def _lives(found: re.Match[str], rest: str) -> Fact | None:
    place = place_in(rest)
    return Fact("lives", place) if place else None


def _moved(found: re.Match[str], rest: str) -> Fact | None:
    is_named = rest[:1].isupper()
    return (
        _lives(found, re.sub(r"\s(?:last|this|in|a) .*", "", rest))
        if is_named
        else None
    )


def _left(found: re.Match[str], rest: str) -> Fact | None:
    place = place_in(re.sub(r"\sany ?more\b.*", "", rest, flags=re.I))
    return Fact("lives", place, is_over=True) if place else None


_NO_ORIGIN = frozenset(
    "here there future past this that a an my your work home".split()
)


def _from(found: re.Match[str], rest: str) -> Fact | None:
    words = words_of(rest.casefold())
    known = [word for word in words[:2] if word != "the"]
    is_named = rest.removeprefix("the ")[:1].isupper()
    if not known or known[0] in _NO_ORIGIN:
        return None
    if not is_named and known[0] not in COUNTRIES:
        return None
    place = place_in(rest)
    return Fact("from", place) if place else None


_NO_TRADE = frozenset(
    "bad terrible horrible great not failed wannabe good better actual real".split()
)


def _is(found: re.Match[str], rest: str) -> Fact | None:
    """Read a trade: its last word is one that is known."""
    value = re.sub(
        r"\s(?:by trade|at|in|from|of|on|for|here|and) .*|\s(?:by trade|here)$", "",
        value_of(rest, 12), flags=re.I,
    )  # fmt: skip
    words = value.split()
    is_known = bool(words) and len(words) <= 4 and words[-1].casefold() in TRADES
    if not is_known or _NO_TRADE & set(value.casefold().split()):
        return None
    return Fact("is", value)


def _loves(found: re.Match[str], rest: str) -> Fact | None:
    return liked("loves", rest)


def _hates(found: re.Match[str], rest: str) -> Fact | None:
    return liked("hates", rest)


def _dislikes(found: re.Match[str], rest: str) -> Fact | None:
    """Read "I don't like …": hated, or only not loved any more."""
    plain = re.sub(r"\s(?:any ?more|anymore)\b.*", "", rest, flags=re.I)
    if plain != rest or found[1].casefold() not in ("like", "enjoy"):
        fact = liked("loves", plain)
        return fact._replace(is_over=True) if fact else None
    return liked("hates", rest)


_NO_FAVOURITE = frozenset(
    "part thing time way bit one person people kind of user".split()
)


_NO_CHOICE = frozenset("trash not also still in probably about a an".split())


def _favourite(found: re.Match[str], rest: str) -> Fact | None:
    """Read "… game is Celeste"."""
    middle = re.match(
        r"((?:[a-z-]{2,20} ){1,2}?)(?:of mine )?(is|are|would be) ", rest, re.I
    )
    if middle is None:
        return None
    thing, value = middle[1].strip().casefold(), value_of(rest[middle.end() :])
    if middle[2].casefold() == "are" and thing.endswith("s"):
        thing = thing[:-1]
    first = value.casefold().split()[:1]
    odd = NO_THING | _NO_CHOICE
    if not first or set(thing.split()) & _NO_FAVOURITE or first[0] in odd:
        return None
    return Fact(f"favourite {thing}", value)


_DAY = re.compile(
    r"(?:on )?(?:the )?(?:(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]{3,9})"
    r"|([a-z]{3,9}) (?:the )?(\d{1,2})(?:st|nd|rd|th)?)\b",
    re.I,
)


def _birthday(found: re.Match[str], rest: str) -> Fact | None:
    day = _DAY.match(rest)
    if day is None:
        return None
    number, month = (day[1], day[2]) if day[1] else (day[4], day[3])
    at = MONTHS.get(month.casefold())
    if at is None or not 1 <= int(number) <= 31:
        return None
    return Fact("birthday", f"{int(number)} {MONTH_NAMES[at]}")


def _pronouns(found: re.Match[str], rest: str) -> Fact | None:
    first = rest.split()[0].strip(".,!)").casefold() if rest.split() else ""
    parts = first.split("/")
    fits = 2 <= len(parts) <= 3 and PRONOUNS.issuperset(parts)
    return Fact("pronouns", first) if fits else None


_NO_NAME = frozenset(
    "later when if crazy back maybe a an the old on at tomorrow tonight now"
    " asap what whatever anything names name mud out up in it that this your"
    " my for again today insane stupid weird paranoid lazy cynical biased old-"
    " fashioned not and or by to ishmael legion dr mr mrs ms pvt sgt".split()
)


def _name(found: re.Match[str], rest: str) -> Fact | None:
    value = value_of(rest, 3)
    words = value.split()
    if not words or words[0].casefold() in _NO_NAME or not words[0][:2].isalpha():
        return None
    if len(words[0]) < 2:
        return None
    if len(words) > 1 and not all(word[0].isupper() for word in words):
        return None
    return Fact("name", value)


def _given_name(rest: str) -> str:
    """Return the name of a pet that words begin with."""
    value = value_of(re.sub(r"\sand (?=[a-z])(?!i\s).*", "", rest), 4)
    words = value.split()
    if not words or words[0].casefold() in _NO_NAME | {"so", "good", "off", "very"}:
        return ""
    if len(words) > 1 and not all(w[0].isupper() for w in words if w != "and"):
        return ""
    return value


_PET = re.compile(
    r"\b((?:guinea )?[a-z]{2,12}?)(?:s|es)?"
    r"(?:'s name is|'s called| (?:is|are) (?:called|named)| name is) (?!by\b)",
    re.I,
)


def _pet(found: re.Match[str], rest: str) -> Fact | None:
    """Read "… cat is called Momo", or "… cat Momo knocked it over"."""
    if middle := _PET.match(rest):
        thing, value = middle[1].casefold(), _given_name(rest[middle.end() :])
    else:
        thing, _, after = rest.partition(" ")
        first = after.split(" ", 1)[0]
        is_name = first[:1].isupper() and first.isalpha() and first != first.upper()
        thing, value = thing.casefold(), first if is_name and thing.islower() else ""
    thing = thing.replace("guinea ", "guinea-")
    return Fact(f"pet {thing}", value) if thing in NAMED and value else None


_HAS = re.compile(
    r"(?:a|an|one|two|three|four|five|\d{1,2}) (?:[a-z]+ )?([a-z]+)", re.I
)
_CALLED = re.compile(r" (?:called|named) ", re.I)


def _has(found: re.Match[str], rest: str) -> Fact | None:
    """Read "a cat", "two dogs", or "a cat called Momo"."""
    owned = _HAS.match(rest)
    if owned is None:
        return None
    last = owned[1].casefold()
    things = {last, last.removesuffix("s"), last.removesuffix("es")}
    known = sorted(NAMED & things)
    if not known:
        return None
    after = rest[owned.end() :]
    if called := _CALLED.match(after):
        value = _given_name(after[called.end() :])
        return Fact(f"pet {known[0]}", value) if value else None
    is_end = re.match(r"\W*$|,| (?:and|but|so|now|who|which|btw)\b", after)
    return Fact("has", owned[0]) if is_end and known[0] in ANIMALS else None


def _plays(found: re.Match[str], rest: str) -> Fact | None:
    words = words_of(bare(rest).casefold())
    return Fact("plays", words[0]) if words and words[0] in PLAYED else None


def _speaks(found: re.Match[str], rest: str) -> Fact | None:
    words = words_of(rest)
    known = bool(words) and words[0].casefold() in LANGUAGES
    return Fact("speaks", words[0].capitalize()) if known else None


Reader = Callable[[re.Match[str], str], Fact | None]


_I_AM = r"(?:i am|i'm|im)"
_TRULY = r"(?:(?:really|truly|just|absolutely|actually|do|honestly|always|so) )?"
_LEADS: tuple[tuple[str, Reader], ...] = (
    (r"(?:i (?:don't|dont|do not|no longer) live in)", _left),
    (
        (
            rf"(?:i (?:now |currently )?live|{_I_AM} (?:now |currently )?living|living"
            r"|i(?:'ve| have) lived) (?:in|near|on|outside)"
        ),
        _lives,
    ),
    (rf"{_I_AM} based in", _lives),
    (r"i(?:'ve| have)? (?:just |recently )?moved to", _moved),
    (rf"(?:{_I_AM}(?: originally)?|i (?:originally )?come) from", _from),
    (rf"{_I_AM} a (?:big |huge |massive |great )?fan of", _loves),
    (rf"{_I_AM} obsessed with", _loves),
    (rf"(?:{_I_AM}|i work as) (?:actually )?an?", _is),
    (rf"i {_TRULY}(?:love|adore|like|enjoy)", _loves),
    (rf"i {_TRULY}(?:hate|detest|loathe|can't stand|cannot stand)", _hates),
    (
        r"i (?:don't|dont|do not) (?:really )?(like|love|enjoy|adore)",
        _dislikes,
    ),
    (r"(?:my )?(?:all[- ]time )?(?:favou?rite|fave?)", _favourite),
    (r"(?:it's |its )?my (?:birthday|bday|b-day)(?:'s| is)?", _birthday),
    (r"i was born", _birthday),
    (r"my pronouns are", _pronouns),
    (r"i use", _pronouns),
    (
        (
            r"(?:(?:please|pls|just) )?(?:(?:you|everyone) can )?(?:just )?"
            r"call me|my friends call me|i go by|my name is|my name's"
        ),
        _name,
    ),
    (r"(?:my|our)", _pet),
    (r"i(?:'ve got|'ve| have got| have| own)", _has),
    (r"i play(?: the)?", _plays),
    (r"i speak(?: (?:fluent|some|good|native|a little|a bit of))?", _speaks),
)
"""Beginnings of sentences, and what reads the rest; the first that fits counts."""

_RULES = tuple((re.compile(rf"(?:{lead})\s+", re.I), reader) for lead, reader in _LEADS)


def read(sentence: str) -> Fact | None:
    """Return the fact that a sentence begins with."""
    for lead, reader in _RULES:
        if found := lead.match(sentence):
            rest = sentence[found.end() :]
            fact = reader(found, rest)
            if fact is not None:
                return fact
    return None
