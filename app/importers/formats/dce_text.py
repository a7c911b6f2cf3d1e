"""DiscordChatExporter's plain text: a heading, then a block per message."""

import re
from collections.abc import Iterator

from app.importers.dates import DateReader
from app.importers.formats.discord_names import SAID_BY_NOBODY, guild_named, place_of
from app.importers.head import Head
from app.importers.records import BrokenRow, File, FileGuild, Item, Record
from app.importers.sources import SourceFile
from app.importers.streams import Stream
from app.importers.text_lines import NOT_UTF8, MessageLines, all_lines, decoded

RULE = "=" * 62

LACKS = "plain text has no ids and marks neither bots nor replies; JSON has it all"

_HEAD = re.compile(
    r"\[(?P<date>\d[^\]\n]{5,40})\] (?P<author>\S.{0,60}?)( \(pinned\))?"
)
_PARTS = {"{Attachments}", "{Embed}", "{Stickers}", "{Reactions}"}
_HEADING_LINES = 12
SAMPLES = 100_000


def matches(head: Head) -> bool:
    """Return whether it begins with the heading."""
    start = [line.strip() for line in head.lines[:3]]
    return start[:1] == [RULE] and start[1:2] != [] and start[1].startswith("Guild: ")


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return the server that the heading names."""
    name, _ = _heading(source)
    found = guild_named(name)
    return [found] if found else []


def _heading(source: SourceFile) -> tuple[str | None, str | None]:
    """Return the names of server and channel."""
    guild = channel = None
    with source.open() as stream:
        for number, line in all_lines(stream):
            text = decoded(line) or ""
            if text.startswith("Guild: "):
                guild = text.removeprefix("Guild: ").strip()
            elif text.startswith("Channel: "):
                channel = text.removeprefix("Channel: ").strip()
            if number == _HEADING_LINES or (number > 1 and text == RULE):
                break
    return guild, channel.split(" / ", 1)[-1] if channel else None


def read(
    source: SourceFile, stream: Stream, order: str | None = None
) -> Iterator[Item]:
    """Read the messages of one channel."""
    _, channel = _heading(source)
    place = place_of(source.name)
    dates = DateReader(() if order else _samples(source), order)
    for block in _blocks(stream):
        if isinstance(block, BrokenRow):
            yield block
            continue
        line, date, author, body = block
        ts = dates.read(date)
        if ts is None:
            yield BrokenRow(f"line {line}", f"its date {date!r} is not understood")
            continue
        text, files = _body(body)
        yield Record(
            author=author,
            name=author.removesuffix("#0000"),
            text=text,
            ts=ts,
            channel=place.channel or channel,
            channel_id=place.channel_id,
            is_system=bool(SAID_BY_NOBODY.fullmatch(text)),
            files=files,
        )
    yield from dates.notes()


Block = tuple[int, str, str, MessageLines]


def _blocks(stream: Stream) -> Iterator[Block | BrokenRow]:
    """Yield each message: line, date, author, and the lines of its body."""
    rules, is_after_blank = 0, True
    block: Block | None = None
    for number, raw in all_lines(stream):
        line = decoded(raw)
        if line is None:
            yield BrokenRow(f"line {number}", NOT_UTF8)
            continue
        if line == RULE:
            rules += 1
            continue
        if rules < 2:
            continue
        found = _HEAD.fullmatch(line) if is_after_blank else None
        if found:
            if block:
                yield block
            block = (number, found["date"], found["author"], MessageLines())
        elif block and rules == 2:
            block[3].add(line)
        is_after_blank = not line.strip()
    if block:
        yield block


def _body(lines: MessageLines) -> tuple[str, tuple[File, ...]]:
    """Split the body into its text and the attachments' addresses."""
    text: list[str] = []
    urls: list[str] = []
    part = ""
    for line in lines:
        if line in _PARTS:
            part = line
        elif not part:
            text.append(line)
        elif part == "{Attachments}" and line.strip():
            urls.append(line.strip())
    return "\n".join(text).strip(), tuple(map(File.at, urls))


def _samples(source: SourceFile) -> Iterator[str]:
    with source.open() as stream:
        for number, raw in all_lines(stream):
            if number > SAMPLES:
                return
            if raw[:1] == b"[" and (found := _HEAD.fullmatch(decoded(raw) or "")):
                yield found["date"]
