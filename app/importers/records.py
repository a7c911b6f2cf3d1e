"""Records that an importer reads from a file: one per message, or an error."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

MAX_TEXT_CHARS = 20_000
"""The longest text; Discord's own limit is 4,000 characters."""

MAX_LINE_BYTES = 4 * 1024 * 1024
"""The longest line; a longer one is a bomb, or not a file of lines."""


class File(NamedTuple):
    """An attachment, as far as the export describes it."""

    id: str
    name: str
    url: str


class Record(NamedTuple):
    """One message as it appears in its file."""

    author: str
    """Id of the author; exports without ids have the name here as well."""
    name: str
    text: str
    id: str | None = None
    """None for formats without ids; then the content gives one."""
    ts: int | None = None
    """Milliseconds since the epoch."""
    reply_to: str | None = None
    channel: str | None = None
    """Name of the channel, if the file has it."""
    channel_id: str | None = None
    thread: str | None = None
    """Name of the thread within the channel."""
    is_bot: bool = False
    is_system: bool = False
    """True for joins, pins and the like, which nobody wrote."""
    files: tuple[File, ...] = ()
    mentions: Mapping[str, str] | None = None
    """Display names by id, of those that the text mentions by id."""


def text_of(value: object) -> str:
    """Return `value` if it is text.

    Raises:
        TypeError: If it is not text.
    """
    if isinstance(value, str):
        return value
    raise TypeError(f"its text is {value!r:.40}")


class BrokenFileError(Exception):
    """The file cannot be read further; says where and why."""

    def __init__(self, position: str, reason: str) -> None:
        super().__init__(f"{position}: {reason}")
        self.position = position
        self.reason = reason


class BrokenRow(NamedTuple):
    """An unreadable row; later rows are still read."""

    position: str
    reason: str


class ContentIds:
    """Ids for messages without one, from the content and its repetitions.

    The same file gives the same ids, and so does a later, longer export.
    """

    def __init__(self) -> None:
        self._seen: dict[bytes, int] = {}

    def next(self, *content: str) -> str:
        """Return the id of the next message with this content."""
        text = "\0".join(content).encode("utf-8", "replace")
        digest = hashlib.blake2b(text, digest_size=10).digest()
        count = self._seen.get(digest, 0)
        self._seen[digest] = count + 1
        return f"{digest.hex()}-{count}"


def milliseconds(iso: str) -> int | None:
    """Convert an ISO 8601 time to milliseconds since the epoch; UTC without a zone."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)
