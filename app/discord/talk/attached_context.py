"""The things that come with a message, as turns before it: text files and names.

Only text files are read, from Discord itself; of all else a model learns the name that
Discord already sent. Nothing of it is stored or learned.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from time import perf_counter

import aiohttp
import discord

from app.settings.schema import Config

log = logging.getLogger(__name__)

TEXT_SUFFIXES = frozenset(
    ".txt .md .log .csv .tsv .json .jsonl .xml .yaml .yml .toml .ini .cfg .conf .py .js"
    " .ts .jsx .tsx .java .kt .c .h .cpp .hpp .cs .go .rs .rb .php .lua .sh .bat .ps1"
    " .sql .html .css .tex .rst .srt .diff .patch".split()
)
MAX_BYTES = 64 * 1024
"""The largest file that is read; Discord itself makes files of long messages."""

MAX_CHARS = 2_400
"""The characters of all files together that a model is shown."""

PIECE_CHARS = 600
"""The characters of one turn; a prompt cuts longer ones."""

LEAST_ASCII = 0.8
MOST_FILES = 3
MOST_NAMES = 6
READ_SECONDS = 1.5
"""The time that a reply waits for Discord's files."""

SETTING = "context.attached"

Turns = tuple[tuple[str, str], ...]
Took = Callable[[str, float], None]


async def attached_turns(message: discord.Message, config: Config, took: Took) -> Turns:
    """Return (speaker, text) for what came with a message that is answered.

    Args:
        took: Told the time for files, and the setting that has them read.
    """
    if not config.context.attached:
        return ()
    began = perf_counter()
    read = await _files(message.attachments)
    if read:
        took(SETTING, (perf_counter() - began) * 1000)
    turns = [*_names(message, set(read))][:MOST_NAMES]
    left = MAX_CHARS
    for name, text in read.items():
        shown = text[:left]
        left -= len(shown)
        turns += [
            (name, shown[at : at + PIECE_CHARS])
            for at in range(0, len(shown), PIECE_CHARS)
        ]
    return tuple(turns)


def _names(message: discord.Message, read: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what Discord tells of things that no model here can look at."""
    for sticker in message.stickers:
        yield "sticker", sticker.name
    if message.poll is not None:
        answers = [one.text or "" for one in message.poll.answers]
        yield "poll", f"{message.poll.question.text} ({', '.join(answers)})"
    if message.content:
        for embed in message.embeds:
            if embed.title:
                yield "link", embed.title[:PIECE_CHARS]
    for file in message.attachments:
        if file.filename not in read:
            yield "file", " ".join(filter(None, (file.filename, file.description)))


async def _files(attachments: Sequence[discord.Attachment]) -> dict[str, str]:
    """Read the text files; what cannot be read in time is left out."""
    texts: dict[str, str] = {}
    wanted = [one for one in attachments if _is_text(one)][:MOST_FILES]
    try:
        async with asyncio.timeout(READ_SECONDS):
            for file in wanted:
                text = _decoded(await file.read())
                if text:
                    texts[file.filename] = text
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.info("A file is answered without its text: %s", error)
    return texts


def _is_text(file: discord.Attachment) -> bool:
    is_known = PurePath(file.filename).suffix.lower() in TEXT_SUFFIXES
    return is_known and 0 < file.size <= MAX_BYTES


def _decoded(data: bytes) -> str:
    """Return a file's text; empty if it holds none, whatever its name says."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        # An older Western encoding is mostly ASCII, and other data is not.
        if sum(byte < 128 for byte in data) < len(data) * LEAST_ASCII:
            return ""
        text = data.decode("cp1252", "replace")
    return "" if "\0" in text else text.strip()
