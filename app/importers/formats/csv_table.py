"""CSV with a header: DiscordChatExporter's, of any year, and other tools' tables."""

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from app.importers.dates import DateReader
from app.importers.formats.discord_names import SAID_BY_NOBODY, place_of
from app.importers.head import Head
from app.importers.records import (
    MAX_LINE_BYTES,
    MOST_FILES,
    BrokenFileError,
    BrokenRow,
    File,
    FileGuild,
    Item,
    Note,
    Record,
    is_yes,
)
from app.importers.sources import SourceFile
from app.importers.streams import Stream
from app.importers.text_lines import NOT_UTF8, RowLines

SAMPLES = 20_000
"""Rows that are looked at to find out whether day or month comes first."""

LACKS = (
    "CSV marks neither bots nor replies, and shows joins only as text; JSON has it all"
)

_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")

_NAMES = {
    "text": ("content", "contents", "message", "text", "body", "messagecontent"),
    "author": ("author", "authorname", "username", "user", "name", "sender", "from"),
    "author_id": ("authorid", "userid", "senderid"),
    "date": ("date", "timestamp", "time", "datetime", "createdat", "ts", "sent"),
    "id": ("id", "messageid"),
    "channel": ("channel", "channelname"),
    "channel_id": ("channelid",),
    "reply_to": ("replyto", "replytoid", "referenceid"),
    "bot": ("bot", "isbot", "authorbot"),
    "files": ("attachments", "attachment"),
}
"""The names of columns in small letters, without spaces and underscores."""


class TableColumns(NamedTuple):
    """The places of the columns that are known; -1 for one that is missing."""

    text: int
    author: int
    author_id: int
    date: int
    id: int
    channel: int
    channel_id: int
    reply_to: int
    bot: int
    files: int


def matches(head: Head) -> bool:
    """Return whether the first line names columns of texts, and of people or times."""
    if not head.lines or head.data[:1] in b"[{<":
        return False
    line = next(one for one in [*head.lines[_is_hint(head.lines[0]) :], ""])
    return _columns(_row(line, _delimiter(line))) is not None


def _is_hint(line: str) -> bool:
    """Tell the line that names the separator to Excel."""
    return line.strip().lower() in ("sep=,", "sep=;", "sep=\t", "sep=")


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return the server in the file's name."""
    named = place_of(source.name).guild
    return [named] if named else []


def read(
    source: SourceFile, stream: Stream, order: str | None = None
) -> Iterator[Item]:
    """Read the messages of one table."""
    dates = _dates(source, order)
    rows = _rows(stream)
    _, first = next(rows, (1, []))
    columns = _columns(first)
    if columns is None:
        raise BrokenFileError("line 1", "no column has texts")
    place, spoilt = place_of(source.name), 0
    try:
        for line, row in rows:
            if not row:
                continue
            spoilt += _drop_spoilt_ids(row, columns)
            record = _record(row, columns, dates, line)
            if isinstance(record, Record) and record.channel is None:
                record = record._replace(
                    channel=place.channel, channel_id=place.channel_id
                )
            yield record
    except csv.Error as error:
        raise BrokenFileError("", f"{error}: is a quote missing?") from error
    yield from dates.notes()
    if spoilt:
        yield Note(
            f"{spoilt:,} ids lost their digits in a spreadsheet and are not used:"
            " import the file as it was exported"
        )


def _record(
    row: list[str], columns: TableColumns, dates: DateReader, line: int
) -> Record | BrokenRow:
    def at(column: int) -> str:
        return row[column] if 0 <= column < len(row) else ""

    if len(row) <= columns.text:
        return BrokenRow(f"line {line}", "the row is too short")
    date, text, author = at(columns.date), at(columns.text), at(columns.author)
    ts = dates.read(date) if date else None
    if date and ts is None:
        return BrokenRow(f"line {line}", f"its date {date[:40]!r} is not understood")
    if _is_broken(text):
        return BrokenRow(f"line {line}", NOT_UTF8)
    channel = at(columns.channel) or None
    urls = at(columns.files).split(",", MOST_FILES)[:MOST_FILES]
    return Record(
        author=at(columns.author_id) or author,
        name=author.removesuffix("#0000"),
        text=text,
        id=at(columns.id) or None,
        ts=ts,
        reply_to=at(columns.reply_to) or None,
        channel=channel,
        channel_id=at(columns.channel_id) or None,
        is_bot=is_yes(at(columns.bot)),
        is_system=bool(SAID_BY_NOBODY.fullmatch(text)),
        files=tuple(File.at(url) for url in urls if "://" in url),
    )


def _drop_spoilt_ids(row: list[str], columns: TableColumns) -> int:
    """Empty the ids that a spreadsheet rounded, which would be those of others."""
    ids = (columns.author_id, columns.id, columns.channel_id, columns.reply_to)
    spoilt = [at for at in ids if 0 <= at < len(row) and _ROUNDED.fullmatch(row[at])]
    for at in spoilt:
        row[at] = ""
    return len(spoilt)


def _is_broken(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= one <= "\udcff" for one in text)


def _dates(source: SourceFile, order: str | None) -> DateReader:
    if order is not None:
        return DateReader((), order)
    with source.open() as stream:
        return DateReader(_samples(stream))


def _samples(stream: Stream) -> Iterator[str]:
    rows = _rows(stream)
    _, first = next(rows, (1, []))
    columns = _columns(first)
    if columns is None or columns.date < 0:
        return
    try:
        for count, (_, row) in enumerate(rows):
            if count == SAMPLES:
                return
            if columns.date < len(row):
                yield row[columns.date]
    except csv.Error:
        return


def _rows(stream: Stream) -> Iterator[tuple[int, list[str]]]:
    """Yield each row, the header first, with the number of its last line."""
    csv.field_size_limit(MAX_LINE_BYTES)
    text = io.TextIOWrapper(
        io.BufferedReader(stream),
        encoding="utf-8",
        errors="surrogateescape",
        newline="",
    )
    first, above = text.readline(MAX_LINE_BYTES), 1
    if _is_hint(first):
        first, above = text.readline(MAX_LINE_BYTES), 2
    delimiter = _delimiter(first)
    yield above, _row(first, delimiter)
    begin, last = above + 1, None
    lines = RowLines(text)
    rows = csv.reader(lines, delimiter=delimiter)
    for row in rows:
        lines.begin_row()
        if last is not None:
            yield last
            begin = last[0] + 1
        last = rows.line_num + above, row
    if last is not None:
        if lines.quotes % 2:
            raise csv.Error(f"line {begin}: a quote does not end")
        yield last


def _row(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _delimiter(line: str) -> str:
    return max(",;\t|", key=line.count)


def _columns(names: list[str]) -> TableColumns | None:
    """Find the columns by their names; None if nothing has texts."""
    tidy = [one.strip().lower().replace(" ", "").replace("_", "") for one in names]

    def place(wanted: tuple[str, ...]) -> int:
        return next((tidy.index(one) for one in wanted if one in tidy), -1)

    found = TableColumns(**{field: place(wanted) for field, wanted in _NAMES.items()})
    has_people = max(found.author, found.author_id, found.date) >= 0
    return found if found.text >= 0 and has_people else None
