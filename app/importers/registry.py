"""The formats that can be imported, recognized by their content."""

import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from app.importers import dce, discord_package, jsonl, markov_discord_json, text
from app.importers.records import BrokenFileError, BrokenRow, Record
from app.importers.sources import BombError, SourceFile, Stream

HEAD_BYTES = 256 * 1024

Read = Callable[[SourceFile, Stream], Iterator[Record | BrokenRow]]


class Importer(NamedTuple):
    """One format: its test and its reader."""

    name: str
    matches: Callable[[bytes], bool]
    """Takes the first `HEAD_BYTES` of a file, unpacked."""
    read: Read


IMPORTERS = (
    Importer("messages (JSON Lines)", jsonl.matches, jsonl.read),
    Importer("DiscordChatExporter JSON", dce.matches_json, dce.read_json),
    Importer("DiscordChatExporter CSV", dce.matches_csv, dce.read_csv),
    Importer(
        "Discord data package", discord_package.matches_json, discord_package.read_json
    ),
    Importer(
        "Discord data package CSV",
        discord_package.matches_csv,
        discord_package.read_csv,
    ),
    Importer("training JSON", markov_discord_json.matches, markov_discord_json.read),
    Importer("text", text.matches, text.read),
)

_BY_ENDING = {".jsonl": IMPORTERS[0], ".jsonl.gz": IMPORTERS[0]}


def find_importer(source: SourceFile) -> Importer:
    """Find the format of a file.

    Raises:
        BrokenFileError: If the format is unknown.
    """
    head = _head(source)
    for ending, importer in _BY_ENDING.items():
        # Report a broken first line as such, rather than learn it as text.
        if source.name.lower().endswith(ending):
            return importer
    found = next((importer for importer in IMPORTERS if importer.matches(head)), None)
    is_json = source.name.lower().endswith((".json", ".json.gz"))
    if found is None or (is_json and found.read is text.read):
        names = ", ".join(importer.name for importer in IMPORTERS)
        raise BrokenFileError("start", f"in no known format ({names})")
    return found


def _head(source: SourceFile) -> bytes:
    try:
        with source.open() as stream:
            head = b""
            while len(head) < HEAD_BYTES and (
                piece := stream.read(HEAD_BYTES - len(head))
            ):
                head += piece
            return head
    except (OSError, EOFError, zlib.error, BombError) as error:
        raise BrokenFileError("start", f"cannot be unpacked ({error})") from error
