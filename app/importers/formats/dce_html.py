"""DiscordChatExporter's web pages, dark and light."""

import codecs
from collections.abc import Iterator

from app.importers.dates import DateReader
from app.importers.formats.discord_names import SAID_BY_NOBODY, guild_named, place_of
from app.importers.formats.html_page import ExportPage, PageMessage
from app.importers.head import Head
from app.importers.records import BrokenRow, File, FileGuild, Note, Record
from app.importers.sources import SourceFile
from app.importers.streams import Stream

LACKS = "web pages mark only some of the replies; JSON marks them all"

CHUNK = 1 << 16
HEADING_BYTES = 1 << 19
SAMPLES = 20_000


def matches(head: Head) -> bool:
    """Return whether it is a page with a log of a chat."""
    start = head.data[:4096].lstrip().lower()
    is_page = start.startswith((b"<!doctype", b"<html", b"<!--"))
    return is_page and b"chatlog__" in head.data


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return the server that the page is titled after."""
    found = place_of(source.name).guild or guild_named(_title(source)[0])
    return [found] if found else []


def _title(source: SourceFile) -> tuple[str | None, str | None]:
    """Return the names of server and channel in the heading."""
    page = ExportPage()
    with source.open() as stream:
        page.feed((stream.read(HEADING_BYTES) or b"").decode("utf-8", "replace"))
    if page.entries[1:]:
        return page.entries[0], page.entries[1].split(" / ")[-1].strip()
    guild, dash, channel = page.title.partition(" - ")
    return (guild.strip(), channel.strip()) if dash else (None, None)


def read(
    source: SourceFile, stream: Stream, order: str | None = None
) -> Iterator[Record | BrokenRow | Note]:
    """Read the messages of one page."""
    place, (_, channel) = place_of(source.name), _title(source)
    dates = DateReader(() if order else _samples(source), order)
    for message in _messages(stream):
        ts = dates.read(message.date) if message.date else None
        if message.date and ts is None:
            where = f"message {message.id}"
            yield BrokenRow(where, f"its date {message.date!r:.60} is not understood")
            continue
        text = message.text.strip()
        yield Record(
            author=message.author_id or message.author,
            name=message.name or message.author,
            text=text,
            id=message.id or None,
            ts=ts,
            reply_to=message.reply_to or None,
            channel=place.channel or channel,
            channel_id=place.channel_id,
            is_bot=message.is_bot,
            is_system=message.is_system or bool(SAID_BY_NOBODY.fullmatch(text)),
            files=tuple(map(File.at, message.files)),
        )
    yield from dates.notes()


def _messages(stream: Stream) -> Iterator[PageMessage]:
    page = ExportPage()
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    while data := stream.read(CHUNK):
        page.feed(decode(data))
        yield from page.take()
    page.close()
    page.end_message()
    yield from page.take()


def _samples(source: SourceFile) -> Iterator[str]:
    with source.open() as stream:
        for count, message in enumerate(_messages(stream)):
            if count == SAMPLES:
                return
            yield message.date
