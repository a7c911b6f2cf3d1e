"""Looks at the beginning of a JSON file, and at single values of it."""

from typing import NamedTuple

from app.importers.json_stream import BrokenPieceError, Json, JsonReader
from app.importers.records import BrokenFileError, JsonObject
from app.importers.sources import SourceFile


class Outline(NamedTuple):
    """The beginning of a JSON file, by which its format is known."""

    head: JsonObject
    """The values before the messages."""
    array: str | None
    """The key where the messages begin; "" if the file is an array."""
    first: Json
    """The first message, if that key has an array."""
    fault: str = ""
    """The fault after which nothing can be read, with its place."""


LISTS = ("messages", "chats", "data")
"""Keys of values that may be too long to read at once."""

MOST_KEYS = 64
MOST_ODD = 100
"""Items that are looked at for a message."""


def outline(source: SourceFile) -> Outline | None:
    """Read the beginning of a JSON file; None if it is something else."""
    with source.open() as stream:
        reader = JsonReader(stream)
        head: JsonObject = {}
        try:
            if reader.peek() == "[":
                return Outline(head, "", _first(reader))
            if reader.peek() != "{":
                return None
            for key in reader.keys():
                if key in LISTS:
                    is_list = reader.peek() == "["
                    return Outline(head, key, _first(reader) if is_list else None)
                if len(head) < MOST_KEYS:
                    head[key] = reader.value()
                else:
                    reader.skip()
        except (BrokenFileError, BrokenPieceError) as error:
            return Outline(head, None, None, f"{error.position}: {error.reason}")
        return Outline(head, None, None)


def _first(reader: JsonReader) -> Json:
    """Return the first object, or the first item that can be read."""
    found = None
    for number in reader.items():
        try:
            item = reader.value()
        except BrokenPieceError:
            item = None
        if isinstance(item, dict):
            return item
        found = item if found is None else found
        if number == MOST_ODD:
            break
    return found


def header(source: SourceFile, wanted: tuple[str, ...]) -> JsonObject:
    """Return the values of those keys, wherever they stand; broken ones are missing."""
    found: JsonObject = {}
    with source.open() as stream:
        reader = JsonReader(stream)
        try:
            for key in reader.keys():
                if key in wanted:
                    found[key] = reader.value()
                else:
                    reader.skip()
                if len(found) == len(wanted):
                    break
        except (BrokenFileError, BrokenPieceError):
            return found
    return found
