"""DiscordChatExporter's web pages, dark and light."""

import codecs
from collections.abc import Iterator

from app.importers.dates import DateReader
from app.importers.formats.discord_names import (
    SAID_BY_NOBODY,
    NamedPlace,
    guild_named,
    place_of,
)
from app.importers.formats.html_page import ExportPage, PageMessage
from app.importers.head import Head
from app.importers.records import BrokenRow, FileGuild, Note, Record
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
    place = _place(source)[0]
    return [place.guild] if place.guild else []


def _place(source: SourceFile) -> tuple[NamedPlace, bool]:
    """Return server and channel, and whether the page is one of Mynah's own."""
    page = ExportPage()
    with source.open() as stream:
        page.feed((stream.read(HEADING_BYTES) or b"").decode("utf-8", "replace"))
    own, named = page.own, place_of(source.name)
    if own.get("data-guild"):
        guild = FileGuild(own.get("data-guild-id") or None, own["data-guild"])
        id = own.get("data-channel-id") or None
        return NamedPlace(guild, own.get("data-channel"), id), True
    if page.entries[1:]:
        titled = page.entries[0], page.entries[1].split(" / ")[-1].strip()
    else:
        before, dash, after = page.title.partition(" - ")
        titled = (before.strip(), after.strip()) if dash else ("", "")
    return NamedPlace(
        named.guild or guild_named(titled[0]),
        named.channel or titled[1] or None,
        named.channel_id,
    ), False


def read(
    source: SourceFile, stream: Stream, order: str | None = None
) -> Iterator[Record | BrokenRow | Note]:
    """Read the messages of one page."""
    place, is_own = _place(source)
    dates = DateReader(() if order else _samples(source), order)
    for message in _messages(stream):
        ts = dates.read(message.date) if message.date else None
        if message.date and ts is None:
            where = f"message {message.id}"
            yield BrokenRow(where, f"its date {message.date!r:.60} is not understood")
            continue
        # Other pages are indented around the words.
        text = message.text if is_own else message.text.strip()
        yield Record(
            author=message.author_id or message.author,
            name=message.name or message.author,
            text=text,
            id=message.id or None,
            ts=ts,
            reply_to=message.reply_to or None,
            channel=place.channel,
            channel_id=place.channel_id,
            is_bot=message.is_bot,
            is_system=message.is_system or bool(SAID_BY_NOBODY.fullmatch(text)),
            files=tuple(message.files),
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
