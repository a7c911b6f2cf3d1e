"""Features of a single chat line: words, names, questions, greetings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

WORD = re.compile(r"[^\W_](?:[\w+#'./-]*[\w+#])?")
TOKEN = re.compile(r"\S+")
EDGES = "@<>()[]{}:;,.!?'\"*`~-"
QUESTION_WORDS = frozenset(
    "how what why where who which when whats wheres hows can could does do is are did "
    "would should will anyone anybody someone somebody has have any".split()
)
THANKS = frozenset("thanks thank thx ty cheers thanx tnx tks appreciated".split())
GREETINGS = frozenset("hi hello hey hiya yo morning evening all hola greetings".split())
AGREEMENTS = frozenset(
    "yes yeah yep yup no nope nah ok okay k right sure true exactly indeed correct "
    "cool great nice lol haha hehe oh ah hmm well good np yw".split()
)
JOINERS = frozenset(
    "and but or so because then also which that it its if or i'm its it's im".split()
)
_CALLS = (":", ",")
BOT_NAME = re.compile(r"bot[a-z]{0,2}[_\d]*$")
RENAMED = re.compile(r"^=*+ ?+(\S++) is now known as (\S+)")
JOINED = re.compile(r"^=*+ ?+(\S++) .*has joined")

Names = Mapping[str, int]
"""The number of an author by each lower-case form of the name."""


@dataclass(frozen=True, slots=True)
class MessageFeatures:
    """One message for the linker; `seconds` is any clock that only moves forward."""

    author: str | None
    """None for the service's own notices: joins, quits, name changes."""
    seconds: float
    text: str
    mentions: tuple[str, ...] = ()
    """Authors in mentions that the service confirms."""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The features read from one line."""

    words: frozenset[str]
    flags: tuple[float, ...]
    targets: tuple[int, ...]
    """Authors that the line mentions, the addressed one first."""
    is_addressed: bool
    """True if it starts with the name of its first target."""
    has_strange_address: bool
    """True if it starts with `someone:` and that name is unknown."""


FLAGS = (
    "question_mark", "question_word", "thanks", "greeting", "agreement", "joiner",
    "command", "link", "action", "capital", "ends_open", "exclamation", "first_person",
    "second_person", "words", "digits",
)  # fmt: skip


def flags_of(text: str, tokens: list[str]) -> tuple[float, ...]:
    """Return the marks of `FLAGS`, in that order."""
    first = tokens[0] if tokens else ""
    bag = set(tokens)
    end = text[-1:] if text else ""
    return (
        float("?" in text),
        float(first in QUESTION_WORDS or bool(QUESTION_WORDS & set(tokens[:3]))),
        float(bool(THANKS & bag)),
        float(first in GREETINGS),
        float(first in AGREEMENTS),
        float(first in JOINERS),
        float(text[:1] in "!;."),
        float("://" in text or "www." in text),
        float(text.startswith(("*", "/me"))),
        float(text[:1].isupper()),
        float(end.isalnum() or end == ","),
        float(end == "!"),
        float(bool(bag & {"i", "my", "i'm", "im", "i've", "me"})),
        float(bool(bag & {"you", "your", "you're", "u", "ur"})),
        float(min(len(tokens), 60)) ** 0.5,
        float(any(token[:1].isdigit() for token in tokens)),
    )


def read(line: MessageFeatures, names: Names) -> Reading:
    """Read a line; `names` are the known names of the channel."""
    rough = TOKEN.findall(line.text.lower())
    heard = {known_name(token, names) for token in rough} - {None}
    found = [names[name.lower()] for name in line.mentions if name.lower() in names]
    found += [
        names[name] for name in map(partial(known_name, names=names), rough) if name
    ]
    start = rough[0] if rough else ""
    is_addressed = known_name(start, names) is not None
    strange = not is_addressed and start[-1:] in _CALLS and len(start) > 2
    body = line.text
    if is_addressed or strange:
        body = body.split(None, 1)[1] if len(rough) > 1 else ""
    tokens = WORD.findall(body.lower())
    words = frozenset(token for token in tokens if token not in heard)
    targets = tuple(dict.fromkeys(found))
    return Reading(words, flags_of(body, tokens), targets, is_addressed, strange)


def known_name(token: str, names: Names) -> str | None:
    """Return the known name in a token, with or without punctuation around it."""
    if len(token) > 2 and token in names:
        return token
    bare = token.rstrip(EDGES)
    if len(bare) > 2 and bare in names:
        return bare
    bare = bare.lstrip(EDGES)
    return bare if len(bare) > 2 and bare in names else None


def forms(name: str) -> set[str]:
    """Return the lower-case forms of an author's name."""
    lower = name.lower()
    # People shorten a name of several words to its first, if that is distinct enough.
    first = lower.split(None, 1)[0] if " " in lower.strip() else ""
    called = {first} if len(first) > 3 else set()
    return {
        *called,
        lower,
        lower.strip("|_-^`[]{}\\"),
        lower.rstrip("0123456789_-|`^"),
    } - {""}


def joined(text: str) -> str | None:
    """Return the person whose arrival a service notice announces."""
    match = JOINED.match(text)
    return match.group(1) if match else None


def renamed(text: str) -> tuple[str, str] | None:
    """Return (old name, new name) from a service notice."""
    match = RENAMED.match(text)
    return (match.group(1), match.group(2)) if match else None


def looks_like_bot(name: str) -> bool:
    """Guess from the name whether an author is a bot, if the service does not say."""
    return BOT_NAME.search(name.lower()) is not None
