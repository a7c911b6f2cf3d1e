"""The formats that can be imported, recognized by their content."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from app.importers.formats import (
    csv_table,
    dce,
    dce_html,
    dce_text,
    discord_package,
    history_tracker,
    irc,
    jsonl,
    markov_discord_json,
    matrix,
    slack,
    telegram,
    text,
    whatsapp,
)
from app.importers.head import Head
from app.importers.records import NOTHING, BrokenFileError, FileGuild, Item
from app.importers.sources import SourceFile
from app.importers.streams import Stream

Read = Callable[[SourceFile, Stream], Iterator[Item]]
ReadDated = Callable[[SourceFile, Stream, str | None], Iterator[Item]]


class Importer(NamedTuple):
    """One format: its test and its reader."""

    key: str
    """Its name on the command line."""
    name: str
    matches: Callable[[Head], bool]
    guilds: Callable[[SourceFile], list[FileGuild]]
    """Tells the servers that a file says it is of."""
    read: Read
    lacks: str = ""
    """Facts that the format cannot tell."""
    read_dated: ReadDated | None = None
    """A reader that takes the order of day and month, where dates have no fixed one."""
    begins: bytes = b""
    """The signs of which its files begin with one; any sign if empty."""

    def is_of(self, head: Head) -> bool:
        """Tell if a file is of this format."""
        is_asked = not self.begins or head.data.lstrip()[:1] in self.begins
        return is_asked and self.matches(head)


def _nothing(source: SourceFile) -> list[FileGuild]:
    """Return no server: the format names none."""
    return []


PACKAGE_LACKS = discord_package.LACKS

JSON = b"[{/"

IMPORTERS = (
    Importer(
        "jsonl", "messages (JSON Lines)", jsonl.matches, jsonl.guilds, jsonl.read,
        begins=JSON,
    ),
    Importer(
        "telegram", "Telegram JSON", telegram.matches, telegram.guilds, telegram.read,
        telegram.LACKS, begins=JSON,
    ),
    Importer(
        "matrix", "Matrix JSON", matrix.matches, _nothing, matrix.read, matrix.LACKS,
        begins=JSON,
    ),
    Importer(
        "slack", "Slack export", slack.matches, slack.guilds, slack.read, slack.LACKS,
        begins=JSON,
    ),
    Importer(
        "tracker-text", "Discord History Tracker text", history_tracker.matches_text,
        history_tracker.guilds_of_text, history_tracker.read_text,
        history_tracker.LACKS, begins=JSON,
    ),
    Importer(
        "package", "Discord data package", discord_package.matches_json,
        discord_package.guilds, discord_package.read_json, PACKAGE_LACKS,
        begins=JSON,
    ),
    Importer(
        "dce", "DiscordChatExporter JSON", dce.matches, dce.guilds, dce.read,
        begins=JSON,
    ),
    Importer(
        "training", "training JSON", markov_discord_json.matches, _nothing,
        markov_discord_json.read, markov_discord_json.LACKS, begins=JSON,
    ),
    Importer(
        "package-csv", "Discord data package CSV", discord_package.matches_csv,
        discord_package.guilds, discord_package.read_csv, PACKAGE_LACKS,
        begins=b"I",
    ),
    Importer(
        "csv", "CSV", csv_table.matches, csv_table.guilds, csv_table.read,
        csv_table.LACKS, csv_table.read,
    ),
    Importer(
        "dce-html", "DiscordChatExporter HTML", dce_html.matches, dce_html.guilds,
        dce_html.read, dce_html.LACKS, dce_html.read, begins=b"<",
    ),
    Importer(
        "dce-text", "DiscordChatExporter text", dce_text.matches, dce_text.guilds,
        dce_text.read, dce_text.LACKS, dce_text.read, begins=b"=",
    ),
    Importer(
        "tracker", "Discord History Tracker", history_tracker.matches_database,
        history_tracker.guilds_of_database, history_tracker.read_database,
        history_tracker.LACKS, begins=b"S",
    ),
    Importer(
        "whatsapp", "WhatsApp text", whatsapp.matches, _nothing, whatsapp.read,
        whatsapp.LACKS, whatsapp.read,
    ),
    Importer("irc", "IRC log", irc.matches, _nothing, irc.read, irc.LACKS, irc.read),
    Importer("text", "text", text.matches, _nothing, text.read, text.LACKS),
)  # fmt: skip

KEYS = tuple(importer.key for importer in IMPORTERS)
TEXT = IMPORTERS[-1]
JSON_LINES = IMPORTERS[0]


def find_importer(head: Head, as_format: str | None = None) -> Importer:
    """Find the format of a file; `as_format` is the key of the one to take.

    Raises:
        BrokenFileError: If the format is unknown.
    """
    if as_format is not None:
        return next(one for one in IMPORTERS if one.key == as_format)
    if not head.data.strip():
        raise BrokenFileError("", NOTHING)
    found = next((one for one in IMPORTERS if one.is_of(head)), None)
    name = head.name.lower().removesuffix(".gz")
    if name.endswith(".jsonl") and found in (None, TEXT):
        if head.data.lstrip()[:1] == b"[":
            raise BrokenFileError("", "it is a list: write one object a line")
        # Report a broken first line as such.
        return JSON_LINES
    if found is None or (found is TEXT and name.endswith(NO_PROSE)):
        raise BrokenFileError("", why_unknown(head))
    return found


NO_PROSE = (
    ".json", ".csv", ".tsv", ".html", ".htm", ".xml", ".yml", ".yaml", ".toml", ".ini",
    ".sql",
)  # fmt: skip
"""The ends of names of files that nobody fills with prose."""

_MAGIC = (
    (b"SQLite format 3\0", "a database of no known program"),
    (b"\x1f\x8b", "packed twice: unpack it first"),
    (b"BZh", "packed: unpack it first"),
    (b"\xfd7zXZ\0", "packed: unpack it first"),
    (b"(\xb5/\xfd", "packed: unpack it first"),
    (b"7z\xbc\xaf'\x1c", "an archive: unpack it first"),
    (b"PK\x07\x08", "a part of an archive: unpack it first"),
    (b"Rar!", "an archive: unpack it first"),
    (b"{\\rtf", "a document: save it as plain text"),
    (b"[LINE] ", "a chat of LINE, which Mynah cannot read"),
    (b"%PDF", "a document: export the chat as JSON"),
)


UNKNOWN_JSON = "in no known format: its JSON has"
"""The beginning of the reason for a sound JSON file that is no chat."""

_JSON_LIKE = re.compile(rb"\A\s*(?:\{\s*[\"}']|\[\s*[\[{\"\]'\d])")
_STAMPED = re.compile(rb"\A\s*\[\s*\d{1,4}[-:/.]|\A\s*\[[^\[\]{}\"]{1,60}\]\s*\S")


def why_unknown(head: Head) -> str:
    """Return what a file is not, and what to do."""
    data = head.data
    if data.startswith(history_tracker.MAGIC) and head.source.on_disk() is None:
        return "it is a database: unpack the archive, and import the folder"
    for magic, what in _MAGIC:
        if data.startswith(magic):
            return f"it is {what}"
    if data[257:262] == b"ustar":
        return "it is an archive: unpack it first"
    if _is_like_json(head):
        return _why_unknown_json(head)
    start = data[:1000].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<!--")):
        return "it is a web page of no known export: export the chat as JSON"
    if data.startswith(b"From ") and b"\nSubject:" in data:
        return "it is mail, not a chat"
    if head.is_text:
        return (
            "in no known format, and it does not look like prose with one message a"
            " line (--as text learns each line)"
        )
    if b"\0" not in data or _is_utf16(data):
        return "it is not UTF-8: save it as UTF-8"
    return "in no known format"


def _is_like_json(head: Head) -> bool:
    """Tell JSON from lines that begin with a stamp or a name in brackets."""
    if _STAMPED.match(head.data) and not head.name.lower().endswith(".json"):
        return False
    outline = head.outline
    is_sound = outline is not None and not outline.fault
    return is_sound or _JSON_LIKE.match(head.data) is not None


def _is_utf16(data: bytes) -> bool:
    """Tell text in UTF-16 without a mark, whose ends of lines still have zeros."""
    return any(
        data[place::2].count(b"\0") > 0 and b"\0" not in data[1 - place :: 2]
        for place in (0, 1)
    )


def _why_unknown_json(head: Head) -> str:
    outline = head.outline
    if outline is None:
        return "it is not JSON"
    if outline.fault:
        return outline.fault
    if not outline.head and outline.first is None:
        return "it holds no messages"
    keys = outline.first if isinstance(outline.first, dict) else outline.head
    named = ", ".join(str(key)[:30] for key in list(keys)[:6])
    return (
        f"{UNKNOWN_JSON} {named or 'no messages'};"
        " export the chat with DiscordChatExporter as JSON"
    )
