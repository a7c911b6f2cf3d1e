"""Reads items of a large, untrusted JSON file one by one."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import ijson

from app.importers.records import MAX_LINE_BYTES, BrokenFileError, BrokenRow, Record
from app.importers.sources import SourceFile, Stream

MAX_DEPTH = 100
"""No export nests deeper than ten; the parser's memory grows with the square of it."""

_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class _Shallow:
    """A file that ends with an error if its JSON nests too deeply."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._depth = 0
        self._is_in_string = False
        self._is_escaped = False
        self._string_bytes = 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size) or b""
        brackets = self._outside_strings(data)
        steps = map(_STEP.__getitem__, brackets.translate(None, _NOT_BRACKETS))
        depths = list(itertools.accumulate(steps, initial=self._depth))
        if max(depths) > MAX_DEPTH:
            raise BrokenFileError("start", f"it nests deeper than {MAX_DEPTH}")
        self._depth = depths[-1]
        return data

    def _outside_strings(self, data: bytes) -> bytes:
        """Return the data without strings; every other part between quotes is one."""
        if self._is_escaped:
            data = b"\\" + data
        bare = data.replace(b"\\\\", b"").replace(b'\\"', b"")
        self._is_escaped = bare.endswith(b"\\")
        parts = bare.split(b'"')
        outside = b"".join(parts[self._is_in_string :: 2])
        if len(parts) > 1:
            self._string_bytes = 0
        self._is_in_string ^= len(parts) % 2 == 0
        self._string_bytes += len(data) if self._is_in_string else 0
        if self._string_bytes > MAX_LINE_BYTES:
            raise BrokenFileError("a string", "it does not end")
        return outside


def records(
    stream: Stream, prefix: str, make: Callable[[dict[str, Any]], Record]
) -> Iterator[Record | BrokenRow]:
    """Yield what `make` returns for the items at `prefix`.

    Raises:
        BrokenFileError: If the file ends early or is not JSON.
    """
    count = 0
    try:
        for item in ijson.items(_Shallow(stream), prefix, use_float=True):
            count += 1
            yield _made(item, make, f"message {count}")
    except ijson.IncompleteJSONError:
        raise BrokenFileError(f"message {count + 1}", "the file ends early") from None
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise BrokenFileError(f"message {count + 1}", f"not JSON ({error})") from error


def _made(
    item: Any, make: Callable[[dict[str, Any]], Record], position: str
) -> Record | BrokenRow:
    try:
        return make(item)
    except KeyError as error:
        return BrokenRow(position, f"not a message (it lacks {error})")
    except (TypeError, ValueError, AttributeError) as error:
        return BrokenRow(position, f"not a message ({error})")


def first(source: SourceFile, prefix: str, before: str) -> dict[str, Any]:
    """Return the object at `prefix` if it precedes the array at `before`, else {}."""
    with source.open() as stream:
        builder = ijson.ObjectBuilder()
        try:
            for path, event, value in ijson.parse(_Shallow(stream), use_float=True):
                if (path, event) == (before, "start_array"):
                    break
                if path == prefix or path.startswith(f"{prefix}."):
                    builder.event(event, value)
                    if (path, event) == (prefix, "end_map"):
                        found = builder.value
                        return found if isinstance(found, dict) else {}
        except (ijson.JSONError, BrokenFileError, UnicodeDecodeError):
            return {}
    return {}
