"""A character card as a persona: a name, a description and a lorebook."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.chat.lorebook import ALWAYS
from app.core.errors import UsageError
from app.core.labels import many
from app.core.sentences import whole_sentences, whole_words
from app.service.given.card_file import HINT, Json, picture_of, read_card
from app.service.given.lorebooks import (
    MOST_NAME_CHARS,
    MOST_TEXT_CHARS,
    MOST_WORD_CHARS,
    MOST_WORDS,
    one_line,
)
from app.store.rows import StoredLoreEntry

MOST_PERSONA_CHARS = 600
"""The characters of a persona, which every prompt holds; the rest becomes lore."""

MOST_ENTRIES = 150
MOST_PICTURE_BYTES = 4 << 20
MOST_FIELD_CHARS = 20_000
FIRST_WORDS_CHARS = 300
SOMEONE = "someone"
"""The word for the person whom a card calls the user."""

_FORMER = {
    "name": "char_name", "description": "char_persona", "scenario": "world_scenario",
    "first_mes": "char_greeting", "mes_example": "example_dialogue",
}  # fmt: skip
"""Names that some generators of V1 give the fields."""

_UNUSED = {
    "system_prompt": "its system prompt",
    "post_history_instructions": "its instructions after the chat",
    "alternate_greetings": "its other first messages",
    "group_only_greetings": "its first messages for groups",
    "assets": "its pictures and sounds",
}
"""Fields that nothing here uses, in words."""

_SCRIPTS = ("regex_scripts", "risuai", "depth_prompt", "tavern_helper")
"""Extensions that run something or add to prompts."""

_CHAR = re.compile(r"\{\{char\}\}|<(?:bot|char)>", re.I)
_USER = re.compile(r"\{\{user\}\}|<user>", re.I)
_MACRO = re.compile(r"\{\{[^{}]{0,200}\}\}")
_DECORATOR = re.compile(r"^@@.*$", re.M)
_START = re.compile(r"<START>", re.I)


@dataclass(frozen=True)
class CharacterCard:
    """All that a card gives a server."""

    name: str
    persona: str
    lore: tuple[StoredLoreEntry, ...]
    unused: tuple[str, ...]
    """Parts of it that have no use here, in words."""
    picture: bytes | None = None
    """PNG."""


def character_of(file: bytes) -> CharacterCard:
    """Return the character in a card's file.

    Raises:
        UsageError: If there is none, or the file is damaged.
    """
    card = read_card(file)
    data = card.get("data")
    fields = data if isinstance(data, dict) else card
    texts = {name: _text(fields, name) for name in (*_FORMER, "personality")}
    name = one_line(texts["name"])[:MOST_NAME_CHARS].strip()
    if not name:
        raise UsageError("The card names no character.", HINT)
    called = one_line(_text(fields, "nickname"))[:MOST_NAME_CHARS] or name
    told = {field: _filled(text, called) for field, text in texts.items()}
    about = [told["personality"], told["description"]]
    pieces = list(_pieces(" ".join(map(_ended, about)), MOST_PERSONA_CHARS))
    persona, rest = (pieces[0], pieces[1:]) if pieces else ("", [])
    lore = list(_own_lore(name, rest, told, called))
    book, faults = _book(fields, called)
    room = MOST_ENTRIES - len(lore)
    if len(book) > room:
        faults.append(many(len(book) - room, "entry") + " beyond the most")
    lore = _numbered([*lore, *book[:room]])
    unused = [*_unused(fields), *faults, *_cut(texts)]
    picture = picture_of(file)
    if picture is not None and len(picture) > MOST_PICTURE_BYTES:
        unused.append(f"its picture, which has more than {MOST_PICTURE_BYTES >> 20} MB")
        picture = None
    return CharacterCard(name, persona, tuple(lore), tuple(unused), picture)


def _text(fields: Json, name: str) -> str:
    value = fields.get(name) or fields.get(_FORMER.get(name, ""))
    return value[:MOST_FIELD_CHARS] if isinstance(value, str) else ""


def _filled(text: str, name: str) -> str:
    """Return a text with the names that its macros stand for, and without others."""
    filled = _USER.sub(SOMEONE, _CHAR.sub(lambda _: name, text))
    return _MACRO.sub("", _DECORATOR.sub("", filled))


def _ended(text: str) -> str:
    text = one_line(text)
    return text if not text or text[-1] in ".!?…。！？" else f"{text}."


def _pieces(text: str, first: int) -> Iterator[str]:
    """Yield a text in pieces that end with a sentence, if one ends in time."""
    most, left = first, one_line(text)
    while left:
        piece = left[:most]
        if len(left) > most:
            piece = whole_sentences(piece) or whole_words(piece)
        yield piece.strip()
        left, most = left[len(piece) :].lstrip(), MOST_TEXT_CHARS


def _own_lore(
    name: str, rest: Sequence[str], told: dict[str, str], called: str
) -> Iterator[StoredLoreEntry]:
    """Yield entries of what does not fit into a persona."""
    speaks = _lines(told, called)
    if speaks:
        yield StoredLoreEntry(f"{name} speaks"[:MOST_NAME_CHARS], [ALWAYS], speaks)
    for piece in _pieces(told["scenario"], MOST_TEXT_CHARS):
        title = f"{name} now"[:MOST_NAME_CHARS]
        yield StoredLoreEntry(title, [ALWAYS], piece)
    for piece in rest:
        yield StoredLoreEntry(name, [ALWAYS], piece)


def _lines(told: dict[str, str], called: str) -> str:
    """Return lines of the character, to be spoken like."""
    begin = f"{called}:"
    first = next(_pieces(told["first_mes"], FIRST_WORDS_CHARS), "")
    examples = _START.sub("\n", told["mes_example"]).splitlines()
    said = [line.strip() for line in examples]
    said = [line.removeprefix(begin).strip() for line in said if line.startswith(begin)]
    kept = begin
    for line in [first, *said]:
        more = f" “{one_line(line)}”"
        if line and len(kept) + len(more) <= MOST_TEXT_CHARS:
            kept += more
    return "" if kept == begin else kept


def _book(fields: Json, called: str) -> tuple[list[StoredLoreEntry], list[str]]:
    """Return the entries of a card's lorebook, and what it left out, in words."""
    book = fields.get("character_book")
    found = book.get("entries") if isinstance(book, dict) else None
    listed = list(found.values()) if isinstance(found, dict) else found
    entries, patterns, off, others = list[StoredLoreEntry](), 0, 0, 0
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict) or not _filled(_text(entry, "content"), called):
            continue
        if not entry.get("enabled", True) or entry.get("disable"):
            off += 1
        elif entry.get("use_regex"):
            patterns += 1
        else:
            others += bool(entry.get("selective") and entry.get("secondary_keys"))
            entries += _entry(entry, called)
    counts = (
        (off, "entry", "that the card switched off"),
        (patterns, "entry", "brought up by a pattern"),
        (others, "second list", "of words, which must be there too"),
    )
    return entries, [f"{many(n, noun)} {what}" for n, noun, what in counts if n]


def _entry(entry: Json, called: str) -> Iterator[StoredLoreEntry]:
    """Yield an entry of a card, in pieces if it is long."""
    keys = [one_line(_filled(key, called)) for key in _strings(entry.get("keys"))]
    words = [key for key in keys if 0 < len(key) <= MOST_WORD_CHARS]
    words = [word for word in words if not word.startswith("/")][:MOST_WORDS]
    names = [_text(entry, "name"), _text(entry, "comment"), *words, "entry"]
    name = next(filter(None, map(one_line, names)))[:MOST_NAME_CHARS]
    if entry.get("constant"):
        words = [ALWAYS]
    for piece in _pieces(_filled(_text(entry, "content"), called), MOST_TEXT_CHARS):
        yield StoredLoreEntry(name, words, piece)


def _strings(value: object) -> list[str]:
    listed = value if isinstance(value, list) else []
    return [one for one in listed if isinstance(one, str)]


def _numbered(entries: Sequence[StoredLoreEntry]) -> list[StoredLoreEntry]:
    """Return entries with names of their own."""
    seen: dict[str, int] = {}
    named = []
    for entry in entries:
        number = seen[entry.name] = seen.get(entry.name, 0) + 1
        end = f" {number}" if number > 1 else ""
        name = entry.name[: MOST_NAME_CHARS - len(end)] + end
        named.append(replace(entry, name=name))
    return named


def _unused(fields: Json) -> Iterator[str]:
    """Yield what a card has that nothing here uses."""
    yield from (words for name, words in _UNUSED.items() if fields.get(name))
    extensions = fields.get("extensions")
    known = extensions if isinstance(extensions, dict) else {}
    if any(known.get(name) for name in _SCRIPTS):
        yield "its scripts and added prompts"


def _cut(texts: dict[str, str]) -> Iterator[str]:
    if any(len(text) == MOST_FIELD_CHARS for text in texts.values()):
        yield f"texts beyond {MOST_FIELD_CHARS:,} characters"
