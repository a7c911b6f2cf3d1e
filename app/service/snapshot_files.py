"""A snapshot as a file, with messages and settings, for another machine."""

import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import UsageError
from app.core.files import replacing
from app.service.given.cast import MOST_CHARACTERS
from app.service.given.character_cards import MOST_PERSONA_CHARS
from app.service.given.lorebooks import (
    MOST_NAME_CHARS,
    check_room,
    checked,
    one_line,
)
from app.service.guild_export import rows_of
from app.store import voice_changes
from app.store.database import Database
from app.store.rows import StoredLoreEntry, StoredSnapshot

FACTS = "snapshot"
"""The suffix that lets `mynah import` of the file take only the messages."""

MESSAGES = "messages.jsonl"
FORMAT = 1
MAX_NAME_CHARS = 200
MAX_FACTS_BYTES = 1 << 20

_BROKEN = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    KeyError, TypeError, ValueError, RuntimeError,
)  # fmt: skip
"""An encrypted, unknown or too deeply nested file is a RuntimeError."""

Setting = tuple[str | None, str, object]
"""A channel's name or None, a setting's name, its value."""

CastMember = tuple[str, str, int | None, list[str]]
"""A character's name, description, dial, and names of its channels."""


@dataclass(frozen=True)
class Facts:
    """The contents of a file besides messages."""

    name: str
    settings: list[Setting]
    lore: list[StoredLoreEntry]
    cast: list[CastMember]


def write(
    reader: Database,
    snapshot: StoredSnapshot,
    guild: str,
    settings: Sequence[Setting],
    cast: Sequence[CastMember],
    target: Path,
) -> int:
    """Write a snapshot; return its number of messages. Blocking.

    Raises:
        UsageError: If the file's directory does not exist.
    """
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {target.parent}.")
    facts = {
        "format": FORMAT,
        "name": snapshot.name,
        "settings": list(settings),
        "lore": snapshot.lore,
        "characters": list(cast),
    }
    written, after = 0, 0
    with (
        replacing(target, is_secret=True) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        archive.writestr(FACTS, json.dumps(facts))
        with archive.open(MESSAGES, "w", force_zip64=True) as lines:
            while page := reader.call(voice_changes.of_snapshot, snapshot, after, 500):
                rows = [row for row, _, _ in page]
                for row in reader.call(rows_of, guild, rows):
                    lines.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
                    written += 1
                after = rows[-1]
    return written


def read(path: Path) -> Facts:
    """Read and check the contents of a file besides messages.

    Raises:
        UsageError: If it is not a snapshot.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(FACTS).file_size > MAX_FACTS_BYTES:
                raise UsageError(f"{path} is not a snapshot: its header is too long.")
            facts = json.loads(archive.read(FACTS))
        name, settings, version = facts["name"], facts["settings"], facts["format"]
        kept = [_setting(*one) for one in settings]
        lore = [_entry(*one) for one in facts.get("lore", ())]
        cast = [_character(*one) for one in facts.get("characters", ())]
        if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME_CHARS:
            raise ValueError("its name is odd")
    except _BROKEN as error:
        raise UsageError(f"{path} is not a snapshot: {error}.") from error
    check_room(lore)
    if len(cast) > MOST_CHARACTERS:
        raise UsageError(f"{path} has more than {MOST_CHARACTERS} characters.")
    if version != FORMAT:
        raise UsageError(f"{path} was written by a newer Mynah.", "Update this Mynah.")
    return Facts(name, kept, lore, cast)


def _setting(channel: object, key: object, value: object) -> Setting:
    if not isinstance(key, str) or not isinstance(channel, str | None):
        raise TypeError("a setting is odd")
    return channel, key, value


def _character(
    name: object, about: object, dial: object, channels: object
) -> CastMember:
    if not (isinstance(name, str) and isinstance(about, str)):
        raise TypeError("a character is odd")
    if not (dial is None or type(dial) is int and 0 <= dial <= 100):
        raise TypeError("the dial of a character is odd")
    if not isinstance(channels, list) or not all(isinstance(n, str) for n in channels):
        raise TypeError("the channels of a character are odd")
    called = one_line(name)[:MOST_NAME_CHARS].strip()
    if not called:
        raise ValueError("a character has no name")
    return called, one_line(about)[:MOST_PERSONA_CHARS], dial, channels


def _entry(name: object, words: object, text: object, book: object) -> StoredLoreEntry:
    if not (isinstance(name, str) and isinstance(text, str) and isinstance(book, str)):
        raise TypeError("an entry of the lorebook is odd")
    if not isinstance(words, list) or not all(isinstance(one, str) for one in words):
        raise TypeError("the words of an entry are odd")
    return checked(name, words, text, book)
