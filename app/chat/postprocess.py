"""Turns a provider's text into a message: cleaned, checked and split."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, takewhile

from app.core.never_said import never_said
from app.core.secret_patterns import has_secret, redact
from app.core.sentences import (
    folded_words,
    line_key,
    whole_sentences,
    whole_words,
)
from app.providers.base import Used, any_link
from app.voice.sayable import balanced, hide

MAX_UNITS = 2000
"""Discord's limit for one message, counted in UTF-16 units to be on the safe side."""

MAX_PARTS = 4
"""The most messages for one reply; more would be a flood."""

LEAST_WORDS = 8
"""The fewest words of a text that may end without a sentence where it got too long."""

SHORT_NUMBER = 4
"""The digits of a number that may be all of a line, as people answer."""

NEVER = "it has a word that is never said here"
"""The reason for words that `speak.never_say` keeps out."""

_ZERO_WIDTH = "\u200b"

_TEMPLATE_TOKEN = re.compile(
    r"<\|[^|<>\n]{0,40}\|>|</?(?:s|bos|eos|start_of_turn|end_of_turn)>|\[/?INST\]|<</?SYS>>"
)
_ASSISTANT = re.compile(
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language model|assistant)\b"
    r"|\bi(?:'|’)?m (?:just |only )?an? (?:ai|(?:large )?language model|assistant)\b"
    r"|\bi am (?:just |only )?an? (?:ai|(?:large )?language model|assistant)\b"
    r"|\bhow (?:can|may) i (?:help|assist) you(?: today)?\b"
    r"|\bi(?:'|’)m sorry,? but i can(?:no|'|’)t\b"
    r"|\bi cannot (?:assist|help) with\b"
    r"|\b(?:i(?:'|’)?d be|i(?:'|’)?m) happy to (?:help|assist)\b"
    r"|\bfeel free to (?:ask|reach out)\b"
    r"|\bis there anything else i can\b",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^(?:(?:sure|certainly|of course|absolutely)[!,.]?\s+)?"
    r"here(?:'|’)?s?(?: is| are)? (?:a|an|my|one|the)\b[^:\n]{0,60}:\s*",
    re.IGNORECASE,
)
_STRAY = re.compile(r"^(?:\d\d?:\d\d(?::\d\d)?)?:[ ]{1,4}(?=\w\w)")
"""The rest of a log's line before what was said: a colon, or a time with one."""

_INVITE = re.compile(
    r"(?:https?://)?(?:www\.)?"
    r"(?:discord(?:app)?\.com/invite|discord\.gg|dsc\.gg|discord\.io)/[\w-]+",
    re.IGNORECASE,
)
_MASS_PING = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_ID_PING = re.compile(r"<(@[!&]?)(?=\d)")
_LINK = re.compile(
    r"(?:\[(?P<label>[^\[\]\n]{1,200})\])?(?P<open>[(<]?)"
    r"(?P<link>https?://[^\s<>()]+(?:\([^\s<>()]*+\)[^\s<>()]*+)*+)(?P<close>[)>]?)",
    re.IGNORECASE,
)
"""A link, with its label and the signs around it, and with brackets of its own."""

_BLANKS = re.compile(r"  +")
_AROUND = " <>[]*"
_ASCII = "".join(map(chr, range(33, 127)))
_NUMBER = frozenset("0123456789()./+-")
_OPEN_HOUSE = re.compile(r"\d(?: ?\d){0,12}+[A-Za-z]?,?(?: {1,3}[^\s\d]{1,30}){0,5}$")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’)]*(?=\s|$)")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|\n+")


@dataclass(frozen=True)
class Finished:
    """A reply ready to send, or the reason why it must not be sent."""

    parts: tuple[str, ...] = ()
    """The texts of the messages, in order."""
    rejected: str | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def text(self) -> str:
        return "\n".join(self.parts)


def finish(
    text: str,
    bot_name: str,
    speakers: Iterable[str] = (),
    learned: Sequence[str] = (),
    *,
    max_words: int = 0,
    lines: int = 1,
    cut: str = "",
    is_trusted: bool = False,
    never: Sequence[str] = (),
    hidden: Collection[str] = (),
    knows_link: Callable[[str], bool] = any_link,
) -> Finished:
    """Make a provider's text ready to send.

    Args:
        speakers: Names of the people in the prompt, whose lines must not be written.
        learned: Messages that the text must not merely repeat.
        max_words: Longest reply; 0 means no limit.
        lines: Above 1 each line is a message of its own.
        cut: Why the text ended before its writer had finished: deadline or length.
        is_trusted: The chain wrote it, so its words are the guild's own.
        never: Words that must not be in it.
        hidden: Words that stand in spoilers.
        knows_link: Tells if somebody wrote a link; others are taken out.
    """
    names = [bot_name, *speakers]
    line = text.strip() if is_trusted else clean(text, names)
    if cut:
        line = _whole(line, cut)
    if max_words:
        line = shorten(line, max_words)
    line = balanced(hide(_without_links(line, knows_link), hidden))
    if not line:
        wrote = "no whole sentence" if cut else "nothing"
        return Finished(rejected=f"it wrote {wrote}")
    if not is_trusted and (fault := _fault(line, learned)):
        return Finished(rejected=fault)
    safe, notes = neutralise(line)
    if never_said(tuple(never)).found_in(safe):
        return Finished(rejected=NEVER)
    said = safe.split("\n") if lines > 1 else [safe]
    parts = [balanced(part) for line in said for part in split(line, MAX_UNITS - 2)]
    if len(parts) > MAX_PARTS:
        notes = (*notes, f"cut to {MAX_PARTS} messages")
    return Finished(tuple(parts[:MAX_PARTS]), None, notes)


def _fault(line: str, learned: Sequence[str]) -> str:
    """Return why a model's line is not to be said; empty if it may be."""
    if is_assistant_speak(line):
        return "it spoke like an assistant"
    if is_numbers(line):
        return "it wrote only numbers"
    if is_copy(line, learned):
        return "it repeated one learned message"
    return ""


def _without_links(text: str, is_known: Callable[[str], bool]) -> str:
    """Return a text without the links that nobody wrote."""

    def known(found: re.Match[str]) -> str:
        if is_known(found["link"]):
            return found[0]
        around = found["open"] + found["close"]
        return found["label"] or (around if len(around) == 1 else "")

    kept = _LINK.sub(known, text)
    return text if kept == text else _BLANKS.sub(" ", kept).strip()


def _whole(text: str, cut: str) -> str:
    """Return what is whole of a text, or nothing; a long one may end at a word."""
    sentences = whole_sentences(text)
    if sentences or cut != "length" or len(text.split()) < LEAST_WORDS:
        return sentences
    return whole_words(text)


def clean(text: str, names: Sequence[str]) -> str:
    """Take out speaker prefixes, other speakers and template tokens.

    Everything from a second speaker's line on is dropped.
    """
    text = _TEMPLATE_TOKEN.sub("", text.replace("\r\n", "\n").replace("\0", ""))
    own, others = names[:1], names[1:]
    text = _strip_prefix(text.strip(), own)
    kept: list[str] = []
    for line in text.split("\n"):
        if _prefix(line, others) or _is_dialogue(line, own, kept):
            break
        kept.append(_STRAY.sub("", _strip_prefix(line, own)).rstrip())
    joined = "\n".join(kept).strip()
    joined = _LEAD_IN.sub("", joined).strip()
    return _unquote(joined)


def _prefix(line: str, names: Sequence[str]) -> re.Match[str] | None:
    exact = "|".join(re.escape(name) for name in names if name)
    if not exact:
        return None
    # Without the marks that may surround it, a name fits in one way only.
    bare = "|".join(re.escape(kept) for name in names if (kept := name.strip(_AROUND)))
    spelled = rf"{exact}|[<\[*]*+(?:{bare})[>\]*]*+" if bare else exact
    return re.match(rf"\A\s*+(?:{spelled})\s*+[:：]\s*+", line, re.I)


def _strip_prefix(line: str, names: Sequence[str]) -> str:
    match = _prefix(line, names)
    return line[match.end() :] if match else line


def _is_dialogue(line: str, own: Sequence[str], kept: Sequence[str]) -> bool:
    """Return whether a later line starts with the bot's own name, as in a dialogue."""
    return bool(kept) and _prefix(line, own) is not None


def _unquote(text: str) -> str:
    """Remove one pair of marks around the whole text."""
    for left, right in (('"', '"'), ("“", "”"), ("«", "»"), ("<em>", "</em>")):
        if len(text) > len(left + right) and text.startswith(left):
            inner = text.removeprefix(left).removesuffix(right)
            if text.endswith(right) and left not in inner and right not in inner:
                return inner.strip()
    return text


def is_assistant_speak(text: str) -> bool:
    """Return whether the text sounds like a help desk rather than a person."""
    return _ASSISTANT.search(text) is not None


def is_numbers(text: str) -> bool:
    """Return whether a text is numbers rather than words, and more than a short one.

    Models go on like that: in 1 % of their lines, and 0.1 % of people's.
    """
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    return digits > letters + SHORT_NUMBER


def is_copy(text: str, learned: Iterable[str]) -> bool:
    """Return whether the text is just one learned message of three words or more."""
    words = folded_words(text)
    if len(words) < 3:
        return False
    return any(words == folded_words(message) for message in learned)


def still_said(text: str, sources: Sequence[Used]) -> tuple[Used, ...]:
    """Return the messages whose words are in a text that may have been cut."""
    said = line_key(text)
    return tuple(used for used in sources if line_key(used.run) in said)


def _last_sentence(text: str) -> str:
    """Return the text up to its last sentence's end, if that keeps enough of it."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return text[: ends[-1]].strip() if ends and ends[-1] >= len(text) * 0.4 else ""


def shorten(text: str, max_words: int) -> str:
    """Shorten to `max_words` words, preferably at the end of a sentence."""
    spans = [match.span() for match in re.finditer(r"\S+", text)]
    if len(spans) <= max_words:
        return text
    whole = text[: spans[max_words - 1][1]]
    return _last_sentence(whole) or whole


def neutralise(text: str) -> tuple[str, tuple[str, ...]]:
    """Disarm pings, and remove invites and secrets; returns notes on each."""
    notes = []
    if has_secret(text):
        text = redact(text, "[removed]")
        notes.append("removed what looks like a secret")
    text, found = _INVITE.subn("[invite removed]", text)
    if found:
        notes.append("removed an invite")
    text, found = _MASS_PING.subn("@" + _ZERO_WIDTH, text)
    text, more = _ID_PING.subn(rf"<{_ZERO_WIDTH}\1", text)
    if found + more:
        notes.append("made a mention harmless")
    return text, tuple(notes)


def preview(text: str) -> str:
    """Return what may be shown of a text that is still being written.

    Its last word may be the start of something that must not be said, and the numbers
    before it the start of a telephone number or of a house's address, so they are held
    back.
    """
    words = neutralise(text)[0].rstrip(_ASCII).rstrip()
    words = _OPEN_HOUSE.sub("", words).rstrip()
    while words and _NUMBER.issuperset(last := words.rsplit(None, 1)[-1]):
        words = words.removesuffix(last).rstrip()
    return balanced(split(words)[0]) if words else ""


def in_name(parts: Sequence[str], name: str) -> tuple[str, ...]:
    """Return parts of a reply, which begin with the name of the speaker, if any."""
    if not name or not parts:
        return tuple(parts)
    name, _ = neutralise(name)
    first = f"{name}: {parts[0]}"
    is_short = units(first) <= MAX_UNITS
    return (first, *parts[1:]) if is_short else (f"{name}:", *parts)


def units(text: str) -> int:
    """Return the length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int = MAX_UNITS) -> list[str]:
    """Split a text into parts within the limit: at sentences, else words."""
    parts = []
    rest = text.strip()
    while units(rest) > limit:
        end = _cut(rest, limit)
        parts.append(rest[:end].strip())
        rest = rest[end:].strip()
    return [part for part in (*parts, rest) if part]


def _cut(text: str, limit: int) -> int:
    """Return the best place to end a first part of at most `limit` units."""
    sizes = accumulate(2 if ord(character) > 0xFFFF else 1 for character in text)
    hard = sum(1 for _ in takewhile(lambda size: size <= limit, sizes))
    window = text[:hard]
    sentences = [match.end() for match in _SENTENCE.finditer(window)]
    if sentences and sentences[-1] > hard // 3:
        return sentences[-1]
    space = max(window.rfind(" "), window.rfind("\n"))
    return space + 1 if space > hard // 3 else hard
