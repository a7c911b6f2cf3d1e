"""Finds out what an import would learn, and stores nothing."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from app.importers import gate
from app.importers.file_reader import FileReader, short
from app.importers.filters import LONG, SYSTEM, Filters
from app.importers.gate import Accepted, ChosenFiles, ReadingOptions, Target
from app.importers.intake import DEFAULT_CHANNEL
from app.importers.records import MAX_TEXT_CHARS, FileGuild, Record
from app.importers.sources import find_sources
from app.ipc.control import (
    CountedText,
    FoundServer,
    ImportedFile,
    ImportPreviewReply,
    UnreadFile,
)

OnFile = Callable[[str, int, int], None]
"""Takes a file's name, the bytes done and those of all files."""

TELL_EVERY = 5000


def preview(
    paths: Sequence[Path],
    target: Target | None,
    filters: Filters,
    *,
    reading: ReadingOptions,
    channel: str | None = None,
    is_deep: bool = True,
    on_file: OnFile = lambda name, done, total: None,
) -> ImportPreviewReply:
    """Tell what files hold, for one server or for each that they name.

    Raises:
        UsageError: If a path does not exist, or the files are of other servers.
    """
    began = time.monotonic()
    with find_sources(paths) as sources:
        survey = gate.survey(sources, reading.as_format)
        choices = gate.each(survey) if target is None else [gate.choose(survey, target)]
        passed_over = list(survey.passed_over)
        if choices:
            passed_over += choices[0].passed_over
        look = _Look(filters, reading, channel, on_file)
        look.total = sum(one.source.size for one in survey.accepted)
        reply = ImportPreviewReply(
            servers=[look.server(choice, is_deep=is_deep) for choice in choices],
            files=look.files,
            filtered=look.reasons.total(),
            reasons=dict(look.reasons),
            errors=gate.told(
                [UnreadFile(*fault) for fault in survey.faults] + look.errors
            ),
            refused=look.refused,
            passed_over=gate.summed_up(passed_over),
            notes=gate.notes_of([file for one in choices for file in one.files])
            + look.notes,
            seconds=time.monotonic() - began,
        )
    return reply


class _Look:
    """Reads files and counts what they hold."""

    def __init__(
        self,
        filters: Filters,
        reading: ReadingOptions,
        channel: str | None,
        tell: OnFile,
    ) -> None:
        self.files: list[ImportedFile] = []
        self.errors: list[UnreadFile] = []
        self.notes: list[str] = []
        self.reasons: Counter[str] = Counter()
        self.refused = self.total = 0
        self._done = 0
        self._filters = filters
        self._reading = reading
        self._channel = channel
        self._tell = tell

    def server(self, choice: ChosenFiles, *, is_deep: bool) -> FoundServer:
        """Return what one server's files hold; only their number unless it is deep."""
        guild = choice.guild or FileGuild()
        channels: Counter[str] = Counter()
        times: list[int] = []
        for file in choice.files if is_deep else ():
            self._file(file, choice, channels, times)
        return FoundServer(
            id=guild.id,
            name=guild.name,
            files=len(choice.files),
            messages=channels.total(),
            channels=[CountedText(*one) for one in channels.most_common()],
            first=min(times) / 1000 if times else None,
            last=max(times) / 1000 if times else None,
        )

    def _file(
        self,
        file: Accepted,
        choice: ChosenFiles,
        channels: Counter[str],
        times: list[int],
    ) -> None:
        reader = FileReader(file, choice.keys, self._reading)
        read = learned = 0
        first = last = None
        for record in reader:
            read += 1
            reason = self._reason(record)
            if reason:
                self.reasons[reason] += 1
            else:
                learned += 1
                place = self._channel or record.channel or DEFAULT_CHANNEL
                thread = f"/{record.thread}" if record.thread else ""
                channels[place + thread] += 1
                if record.ts is not None:
                    first = min(record.ts, record.ts if first is None else first)
                    last = max(record.ts, record.ts if last is None else last)
            if read % TELL_EVERY == 0:
                self._tell(file.source.name, self._done + reader.done(), self.total)
        times += [one for one in (first, last) if one is not None]
        self._done += file.source.size
        self._tell(file.source.name, self._done, self.total)
        self.reasons.update(reader.left_out)
        self.errors += reader.errors()
        self.notes += reader.notes
        self.refused += reader.refused
        name, kind = short(file.source.name), file.importer.name
        row = ImportedFile(name, read, learned, kind, reader.refused)
        self.files.append(row)

    def _reason(self, record: Record) -> str | None:
        """Return why a message would not be learned, whoever wrote it."""
        if record.is_system:
            return SYSTEM
        if len(record.text) > MAX_TEXT_CHARS:
            return LONG
        return self._filters.reason(record.text, is_bot=record.is_bot)
