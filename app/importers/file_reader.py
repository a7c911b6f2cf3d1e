"""Reads one file: a bad row costs itself, and each fault is counted with its reason."""

import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

from app.importers.gate import Accepted, ReadingOptions
from app.importers.records import (
    EARLIEST_MS,
    PRIVATE,
    BrokenFileError,
    BrokenRow,
    Note,
    Record,
)
from app.importers.streams import READ_ERRORS, Stream, explain_read_error
from app.ipc.control import UnreadFile

PRIVATE_MESSAGE = "private"
OTHER_SERVER = "of another server"
"""Reasons for leaving a record out."""

NOISE = 1000
"""The number of broken rows after which a file without a message is given up."""

MOST_KINDS = 20
"""The kinds of faults that are told of one file."""

AHEAD_SECONDS = 2 * 24 * 3600
_VALUES = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


def short(name: str) -> str:
    """Return the last part of a path."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


class FileReader:
    """Yields the records of a file that its import is about."""

    def __init__(
        self, file: Accepted, keys: frozenset[str], reading: ReadingOptions
    ) -> None:
        self.refused = 0
        self.left_out: Counter[str] = Counter()
        self.notes: list[str] = []
        self._file = file
        self._keys = keys
        self._reading = reading
        self._kinds: dict[str, str] = {}
        """The first fault of each kind."""
        self._more: Counter[str] = Counter()
        """The number of further faults by kind; "" counts those of other kinds."""
        self._latest = round((time.time() + AHEAD_SECONDS) * 1000)
        self._stream: Stream | None = None

    def done(self) -> int:
        """The number of bytes read from the file on disk."""
        return self._stream.done() if self._stream else 0

    def __iter__(self) -> Iterator[Record]:
        source, importer = self._file.source, self._file.importer
        count = 0
        try:
            with closing(source.open()) as stream:
                self._stream = stream
                if importer.read_dated and self._reading.dates:
                    items = importer.read_dated(source, stream, self._reading.dates)
                else:
                    items = importer.read(source, stream)
                keys, latest = self._keys, self._latest
                for item in items:
                    if isinstance(item, Record):
                        guild, ts = item.guild, item.ts
                        is_plain = (guild is None or guild in keys) and (
                            ts is None or EARLIEST_MS <= ts <= latest
                        )
                        if is_plain or self._is_wanted(item, count):
                            count += 1
                            yield item
                    elif isinstance(item, Note):
                        self.notes.append(f"{short(source.name)}: {item.text}")
                    else:
                        self._refuse(item)
                        if self.refused > NOISE and not count:
                            raise BrokenFileError("", "none of its rows is a message")
        except BrokenFileError as error:
            self._fault(str(error))
        except READ_ERRORS as error:
            self._fault(f"after {count:,} messages: {explain_read_error(error)}")
        if not count and not self.refused and not self.left_out and not self._kinds:
            self.notes.append(f"{short(source.name)}: it holds no messages")

    def _is_wanted(self, record: Record, before: int) -> bool:
        guild, ts = record.guild, record.ts
        if guild is not None and guild not in self._keys:
            if guild == PRIVATE:
                self.left_out[PRIVATE_MESSAGE] += 1
                return False
            if self._keys:
                self.left_out[OTHER_SERVER] += 1
                return False
        if ts is not None and not EARLIEST_MS <= ts <= self._latest:
            where = f"message {before + self.refused + 1}"
            reason = "its time is before 1985 or in the future"
            self._refuse(BrokenRow(where, reason))
            return False
        return True

    def _refuse(self, row: BrokenRow) -> None:
        self.refused += 1
        self._fault(f"{row.position}: {row.reason}" if row.position else row.reason)

    def _fault(self, text: str) -> None:
        kind = _VALUES.sub("…", text)
        if kind in self._kinds:
            self._more[kind] += 1
        elif len(self._kinds) < MOST_KINDS:
            self._kinds[kind] = text
        else:
            self._more[""] += 1

    def errors(self) -> list[UnreadFile]:
        """Return the first fault of each kind, and the number of the others."""
        name, told = self._file.source.name, []
        for kind, first in self._kinds.items():
            more = self._more[kind]
            told.append(first + (f" (and {more:,} more like it)" if more else ""))
        if self._more[""]:
            told.append(f"{self._more['']:,} more faults of other kinds")
        return [UnreadFile(name, text) for text in told]
