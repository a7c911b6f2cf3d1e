"""Reads messages from the arrays of a JSON file, and tells why one is broken."""

from collections.abc import Callable, Iterator

from app.importers.json_stream import BrokenPieceError, JsonReader
from app.importers.records import (
    BrokenFileError,
    BrokenRow,
    JsonObject,
    Record,
    why_no_message,
)
from app.importers.streams import Stream

Make = Callable[[JsonObject], Record]


def read_items(reader: JsonReader, make: Make) -> Iterator[Record | BrokenRow]:
    """Yield what `make` returns for the items of the array that comes next.

    Raises:
        BrokenFileError: If the file ends early or is not JSON.
    """
    number = 0
    try:
        for number in reader.items():
            yield read_item(reader, make, number)
    except BrokenFileError as error:
        raise BrokenFileError(
            f"message {number}, {error.position}", error.reason
        ) from None


def read_item(reader: JsonReader, make: Make, name: object) -> Record | BrokenRow:
    """Return what `make` returns for the next value, or why that is not a message.

    Args:
        name: The number or id of the message.
    """
    try:
        item = reader.value()
    except BrokenPieceError as error:
        return BrokenRow(f"message {name}, {error.position}", error.reason)
    try:
        return make(item)
    except (
        KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError,
    ) as error:  # fmt: skip
        reason = why_no_message(item, error)
    return BrokenRow(f"message {name}, line {reader.line}", reason)


def at_end(reader: JsonReader) -> Iterator[BrokenRow]:
    """Yield an error if something follows the value that was read."""
    if reader.is_there_more():
        yield BrokenRow(
            f"line {reader.line}",
            "a second document follows: save it as a file of its own",
        )


def records(stream: Stream, array: str, make: Make) -> Iterator[Record | BrokenRow]:
    """Yield what `make` returns for the items of an array.

    Args:
        stream: The file.
        array: The key of the array; "" if the file is one.
        make: Makes a message of an item.

    Raises:
        BrokenFileError: If the file ends early or is not JSON.
    """
    yield from records_of(JsonReader(stream), array, make)


def records_of(
    reader: JsonReader, array: str, make: Make
) -> Iterator[Record | BrokenRow]:
    """Like `records`, of a reader that stands at the beginning."""
    if not array:
        yield from read_items(reader, make)
    else:
        for key in reader.keys():
            if key == array and reader.peek() == "[":
                yield from read_items(reader, make)
                continue
            if key == array:
                reason = f"{array!r} is not a list: export the chat again"
                yield BrokenRow(f"line {reader.line}", reason)
            reader.skip()
    yield from at_end(reader)
