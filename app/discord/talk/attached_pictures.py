"""The pictures that come with a call, read from Discord when a model can see them.

Nothing else is fetched, and nothing of a picture is stored or learned.
"""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

import aiohttp
import discord
from yarl import URL

from app.core.errors import UsageError
from app.replies.request import FileReader
from app.settings.schema import Config

log = logging.getLogger(__name__)

HOSTS = frozenset(["cdn.discordapp.com", "media.discordapp.net"])
"""Discord's hosts of files; a picture from anywhere else is not read."""

MOST_PICTURES = 2
MAX_BYTES = 5 << 20
"""The largest file that is read; the frame between two processes has room for it."""

CHUNK = 64 * 1024
READ_SECONDS = 3.0
"""The time that a reply waits for one file."""

STARTS = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
"""The types of pictures that are read, and the bytes that each begins with."""

TOO_LARGE = "The file is too large."
NOT_READ = "The file could not be read from Discord."


def attached_pictures(
    message: discord.Message, config: Config
) -> tuple[FileReader, ...]:
    """Return what reads each picture of a message; hidden ones stay hidden."""
    if config.context.pictures == "off":
        return ()
    shown = [one for one in message.attachments if _is_picture(one)]
    shown = shown[:MOST_PICTURES]
    return tuple(partial(read_file, one, STARTS[_type(one)]) for one in shown)


def _is_picture(file: discord.Attachment) -> bool:
    return _type(file) in STARTS and not file.is_spoiler()


def _type(file: discord.Attachment) -> str:
    return (file.content_type or "").partition(";")[0].strip().lower()


async def read_file(file: discord.Attachment, starts: Sequence[bytes]) -> bytes:
    """Read a file that begins in one of those ways.

    Raises:
        UsageError: If it is too large, elsewhere, or not what it says.
    """
    if file.size > MAX_BYTES:
        raise UsageError(TOO_LARGE)
    if not _is_on_discord(file.url):
        raise UsageError("The file is not at Discord.")
    data = bytearray()
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for chunk in file.read_chunked(CHUNK):
                data += chunk
                if len(data) > MAX_BYTES:
                    raise UsageError(TOO_LARGE)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.info("A message is answered without its file: %s", error)
        raise UsageError(NOT_READ) from error
    if not bytes(data[:8]).startswith(tuple(starts)):
        raise UsageError("The file is not what it says it is.")
    return bytes(data)


def _is_on_discord(url: str) -> bool:
    try:
        found = URL(url)
    except ValueError:
        return False
    is_plain = found.scheme == "https" and found.user is None and found.port == 443
    return is_plain and found.host in HOSTS
