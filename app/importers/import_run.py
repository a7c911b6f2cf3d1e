"""An import: files → records → rows of the database, one batch per transaction."""

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from app.core.errors import UsageError
from app.importers import discord_package
from app.importers.filters import FORGOTTEN
from app.importers.intake import Intake, IntakeEntry, NewMember
from app.importers.records import BrokenFileError, BrokenRow, ContentIds, Record
from app.importers.registry import find_importer
from app.importers.sources import BombError, SourceFile, find_sources, fingerprint
from app.ipc.control import ImportedFile, UnreadFile
from app.store import imports
from app.store.database import Database
from app.store.messages import NewAttachment, NewMessage

BATCH = 1000
"""Rows per transaction: a running bot waits some milliseconds for the lock."""

MAX_BROKEN_ROWS = 100
"""The number of broken rows after which a file is abandoned."""


@dataclass(frozen=True)
class ImportStep:
    """The progress of an import."""

    label: str
    done: int
    """Bytes of all files."""
    total: int
    messages: int
    """Read so far."""
    seconds: float


@dataclass
class Counts:
    """The results of an import: each message was added, a duplicate, or filtered."""

    guild: str
    read: int = 0
    added: int = 0
    duplicates: int = 0
    filtered: int = 0
    """New messages that are not learned; useful ones are stored as context."""
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
    """The number filtered, by reason."""
    files: list[ImportedFile] = field(default_factory=list)
    errors: list[UnreadFile] = field(default_factory=list)
    """The files that could not be read in full, each with position and reason."""


class ImportRun:
    """One import into one guild; `counts` holds the results so far."""

    def __init__(
        self,
        database: Database,
        guild: int,
        name: str,
        intake: Intake,
        *,
        channel: str | None = None,
        on_step: Callable[[ImportStep], None] = lambda step: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts = Counts(name)
        self._database = database
        self._guild = guild
        self._intake = intake
        self._channel = channel
        self._on_step = on_step
        self._clock = clock
        self._began = clock()
        self._flight: _Flight | None = None

    def run(self, paths: Sequence[Path]) -> Counts:
        """Store the messages of all files.

        Raises:
            UsageError: If a path does not exist or makes no sense.
        """
        with find_sources(paths) as found:
            sources = _of_guild(found, self.counts.guild)
            total = sum(source.size for source in sources)
            done = 0
            for source in sources:
                read, added = self.counts.read, self.counts.added
                for batch in self._batches(source):
                    self._send(batch)
                    self._tell(source, done + batch.bytes_done, total)
                self._land()
                self._database.call(imports.finish, self._guild, batch.file)
                done += source.size
                self.counts.files.append(
                    ImportedFile(
                        Path(source.name).name,
                        self.counts.read - read,
                        self.counts.added - added,
                    )
                )
        self.counts.seconds = self._clock() - self._began
        return self.counts

    def _batches(self, source: SourceFile) -> Iterator["_Batch"]:
        """Yield the file's messages that no earlier try stored."""
        file = fingerprint(source, self._channel or "")
        batch = _Batch(file, 0)
        skip = self._database.call(imports.position, self._guild, file)
        ids = ContentIds()
        try:
            importer = find_importer(source)
            with source.open() as stream:
                for record in self._records(importer.read(source, stream), source):
                    entry = self._intake.take(record, ids, batch.position)
                    batch.position += 1
                    self._add(batch, entry, is_known=batch.position <= skip)
                    if len(batch.messages) >= BATCH:
                        batch.bytes_done = stream.done()
                        yield batch
                        batch = _Batch(file, batch.position)
        except BrokenFileError as error:
            self._report(source, error.position, error.reason)
        except (OSError, EOFError, zlib.error, BombError) as error:
            self._report(source, f"after {batch.position:,} messages", str(error))
        batch.bytes_done = source.size
        yield batch

    def _records(
        self, items: Iterator[Record | BrokenRow], source: SourceFile
    ) -> Iterator[Record]:
        """Yield the records; report the first broken row, and give up after many."""
        broken: list[BrokenRow] = []
        for item in items:
            if isinstance(item, Record):
                self.counts.read += 1
                yield item
                continue
            broken.append(item)
            if len(broken) > MAX_BROKEN_ROWS:
                break
        if broken:
            more = f" (and {len(broken) - 1} more rows)" if len(broken) > 1 else ""
            self._report(source, broken[0].position, broken[0].reason + more)

    def _add(self, batch: "_Batch", entry: IntakeEntry, *, is_known: bool) -> None:
        if not entry.is_stored:
            self._count_filtered(entry.message)
        elif is_known:
            self.counts.duplicates += 1
        else:
            if entry.files:
                place = len(batch.messages)
                batch.files += [(place, file) for file in entry.files]
            batch.messages.append(entry.message)

    def _send(self, batch: "_Batch") -> None:
        """Store a batch while the next one is read."""
        self._land()
        newcomers = self._intake.hand_over()
        stored = self._database.submit(
            imports.add_batch,
            self._guild,
            batch.file,
            batch.position,
            list(newcomers.values()),
            batch.messages,
            batch.files,
        )
        self._flight = (batch, newcomers, stored)

    def _land(self) -> None:
        """Wait for the batch that is being stored, and count it."""
        if self._flight is None:
            return
        batch, newcomers, stored = self._flight
        self._flight = None
        rows, forgotten, members = stored.result()
        self._intake.settle(newcomers, members)
        for place, (row, message) in enumerate(zip(rows, batch.messages, strict=True)):
            if place in forgotten:
                self._count_filtered(message._replace(dropped=FORGOTTEN))
            elif row is None:
                self.counts.duplicates += 1
            elif message.dropped is None:
                self.counts.added += 1
            else:
                self._count_filtered(message)

    def _count_filtered(self, message: NewMessage) -> None:
        reasons, reason = self.counts.reasons, str(message.dropped)
        self.counts.filtered += 1
        reasons[reason] = reasons.get(reason, 0) + 1

    def _report(self, source: SourceFile, position: str, reason: str) -> None:
        error = UnreadFile(source.name, f"{position}: {reason}")
        self.counts.errors.append(error)

    def _tell(self, source: SourceFile, done: int, total: int) -> None:
        seconds = self._clock() - self._began
        self._on_step(ImportStep(source.name, done, total, self.counts.read, seconds))


@dataclass
class _Batch:
    """Messages that are stored together, and their end in the file."""

    file: str
    position: int
    messages: list[NewMessage] = field(default_factory=list)
    files: list[tuple[int, NewAttachment]] = field(default_factory=list)
    bytes_done: int = 0


_Flight = tuple[_Batch, dict[str, NewMember], "Future[imports.StoredBatch]"]


def _of_guild(sources: Sequence[SourceFile], name: str) -> list[SourceFile]:
    """Select one guild of a data package, without private messages.

    Raises:
        UsageError: If it holds several guilds, none with that name.
    """
    package_files = [
        source for source in sources if discord_package.is_messages(source)
    ]
    if not package_files:
        return list(sources)
    guild_of = {
        source.name: discord_package.guild_of(source) for source in package_files
    }
    known = {guild for guild in guild_of.values() if guild is not None}
    chosen = {guild for guild in known if name in guild}
    if not chosen and len(known) > 1:
        names = ", ".join(sorted(guild for _, guild in known))
        raise UsageError(
            f"The data package has no server {name}.", f"It contains {names}."
        )
    return [
        source for source in package_files if guild_of[source.name] in (chosen or known)
    ]
