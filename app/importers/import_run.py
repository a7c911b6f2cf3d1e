"""An import: files → records → rows of the database, one batch per transaction."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from app.core.names import GuildId
from app.core.secret_patterns import have_secrets
from app.importers import gate
from app.importers.file_reader import FileReader, short
from app.importers.filters import FORGOTTEN
from app.importers.gate import Accepted, ReadingOptions, Target
from app.importers.intake import Intake, NewMember, is_kept
from app.importers.records import ContentIds, Record
from app.importers.sources import SourceFile, find_sources, fingerprint
from app.ipc.control import ImportedFile, PassedOver, UnreadFile
from app.store import guilds, imports
from app.store.database import Database
from app.store.messages import NewAttachment, NewMessage
from app.store.twins import Twins

BATCH = 1000
"""Rows per transaction: a running bot waits some milliseconds for the lock."""

AT_ONCE = 16
"""The texts that are looked at for secrets together."""


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
    refused: int = 0
    """Rows that are not messages; `errors` has the first of each kind."""
    passed_over: list[PassedOver] = field(default_factory=list)
    """Files that are not read, by reason."""
    notes: list[str] = field(default_factory=list)
    """Facts that the files cannot tell."""


def _with_secrets(records: Iterable[Record]) -> Iterator[tuple[Record, bool]]:
    """Yield each record, and whether its text holds a secret."""
    records = iter(records)
    while group := list(islice(records, AT_ONCE)):
        found = have_secrets([record.text for record in group])
        yield from zip(group, found, strict=True)


class ImportRun:
    """One import into one guild; `counts` holds the results so far."""

    def __init__(
        self,
        database: Database,
        guild: GuildId,
        name: str,
        intake: Intake,
        *,
        channel: str | None = None,
        target: Target | None = None,
        reading: ReadingOptions | None = None,
        on_step: Callable[[ImportStep], None] = lambda step: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counts = Counts(name)
        self._database = database
        self._guild = guild
        self._intake = intake
        self._channel = channel
        self._target = target or Target(name)
        self._reading = reading or ReadingOptions()
        self._on_step = on_step
        self._clock = clock
        self._began = clock()
        self._flight: _Flight | None = None
        self._twins = Twins()

    def run(self, paths: Sequence[Path]) -> Counts:
        """Store the messages of all files.

        Raises:
            UsageError: If a path does not exist or makes no sense.
        """
        with find_sources(paths) as sources:
            survey = gate.survey(sources, self._reading.as_format)
            choice = gate.choose(survey, self._target)
            if choice.guild and not self._target.id and choice.files:
                claimed = choice.guild.id or choice.guild.name or self._target.name
                self._database.call(guilds.claim, self._guild, claimed)
            for fault in survey.faults:
                self.counts.errors.append(UnreadFile(fault.name, fault.reason))
            left_out = survey.passed_over + choice.passed_over
            self.counts.passed_over = gate.summed_up(left_out)
            self.counts.notes = gate.notes_of(choice.files)
            total = sum(file.source.size for file in choice.files)
            done = 0
            for file in choice.files:
                self._import(file, choice.keys, done, total)
                done += file.source.size
        self.counts.errors = gate.told(self.counts.errors)
        self.counts.seconds = self._clock() - self._began
        return self.counts

    def _import(
        self, file: Accepted, keys: frozenset[str], done: int, total: int
    ) -> None:
        counts, source = self.counts, file.source
        read, added = counts.read, counts.added
        reader = FileReader(file, keys, self._reading)
        for batch in self._batches(source, reader):
            self._send(batch)
            self._tell(source, done + batch.bytes_done, total)
        self._land()
        self._database.call(imports.finish, self._guild, batch.file)
        counts.errors += reader.errors()
        counts.notes += reader.notes
        counts.refused += reader.refused
        for reason, count in reader.left_out.items():
            counts.filtered += count
            counts.reasons[reason] = counts.reasons.get(reason, 0) + count
        counts.files.append(
            ImportedFile(
                short(source.name),
                counts.read - read,
                counts.added - added,
                file.importer.name,
                reader.refused,
            )
        )

    def _batches(self, source: SourceFile, reader: FileReader) -> Iterator["_Batch"]:
        """Yield the file's messages that no earlier try stored."""
        file = fingerprint(source, self._channel or "")
        batch = _Batch(file, 0)
        skip = self._database.call(imports.position, self._guild, file)
        take, ids = self._intake.take, ContentIds()
        position = 0
        for record, is_secret in _with_secrets(reader):
            message = take(record, is_secret, ids, position)
            position += 1
            if message.dropped is not None and not is_kept(message, record):
                self._count_filtered(message)
            elif position <= skip:
                self.counts.duplicates += 1
            else:
                if record.files:
                    place = len(batch.messages)
                    batch.files += [
                        (place, NewAttachment(*one)) for one in record.files
                    ]
                batch.messages.append(message)
                if len(batch.messages) == BATCH:
                    yield self._filled(batch, position, reader.done())
                    batch = _Batch(file, position)
        yield self._filled(batch, position, source.size)

    def _filled(self, batch: "_Batch", position: int, bytes_done: int) -> "_Batch":
        self.counts.read += position - batch.position
        batch.position, batch.bytes_done = position, bytes_done
        return batch

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
            self._twins,
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
        counts = self.counts
        for place in forgotten:
            self._count_filtered(batch.messages[place]._replace(dropped=FORGOTTEN))
        counts.duplicates += rows.count(None) - len(forgotten)
        for row, message in zip(rows, batch.messages, strict=True):
            if row is not None:
                if message.dropped is None:
                    counts.added += 1
                else:
                    self._count_filtered(message)

    def _count_filtered(self, message: NewMessage) -> None:
        reasons, reason = self.counts.reasons, str(message.dropped)
        self.counts.filtered += 1
        reasons[reason] = reasons.get(reason, 0) + 1

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
