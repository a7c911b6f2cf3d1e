"""Records that an importer reads from a file: one per message, or an error."""

import hashlib
from array import array
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from app.core.names import is_same

JsonObject = dict[str, Any]
"""An object of a JSON file, of which nothing is known yet."""

MAX_TEXT_CHARS = 20_000
"""The longest text; Discord's own limit is 4,000 characters."""

MOST_FILES = 100
"""The most attachments of one message; Discord allows ten."""

MAX_LINE_BYTES = 4 * 1024 * 1024
"""The longest line; a longer one is a bomb, or not a file of lines."""

EARLIEST_MS = 473_385_600_000
"""The year 1985; no chat is older."""


NO_TIME_MS = 31_536_000_000
"""The end of 1970: an earlier time is a number in place of one."""


class FileGuild(NamedTuple):
    """A server that a file says it is of; what it does not say is None."""

    id: str | None = None
    name: str | None = None
    is_private: bool = False
    """True for a conversation outside any server."""

    @property
    def key(self) -> str:
        """The name of the server in `Record.guild`."""
        return PRIVATE if self.is_private else self.id or self.name or ""

    def is_named(self, name: str) -> bool:
        """Tell if a person may call it that."""
        return name == self.id or (self.name is not None and is_same(name, self.name))


PRIVATE = "\0private"
"""The `Record.guild` of a message outside any server."""


class File(NamedTuple):
    """An attachment, as far as the export describes it."""

    id: str
    name: str
    url: str

    @classmethod
    def at(cls, url: str) -> "File":
        """Return the attachment of which only the address is known."""
        return cls(url, url.rsplit("/", 1)[-1].split("?", 1)[0], url)


def files_of(attachments: object) -> Iterator[File]:
    """Yield the attachments of a message; a broken entry does not cost the message."""
    listed = attachments if isinstance(attachments, list) else []
    for file in listed[:MOST_FILES]:
        if isinstance(file, str):
            yield File.at(file)
        elif isinstance(file, dict):
            url = str(file.get("url", ""))
            names = (file.get(key) for key in ("fileName", "filename", "name"))
            yield File(
                str(file.get("id", url)), str(next(filter(None, names), "")), url
            )


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
    guild: str | None = None
    """The key of its server, in files that may hold several."""


class OddValueError(ValueError):
    """A value that no message has; says which."""


def why_no_message(item: object, error: Exception) -> str:
    """Return why an item that could not be read is not a message."""
    if isinstance(error, KeyError):
        why = f"it lacks {error}"
    elif isinstance(error, OddValueError):
        why = str(error)
    elif isinstance(item, dict):
        # The words of Python tell its owner nothing.
        why = "one of its values is of the wrong kind"
    else:
        why = f"it is {item!r:.40}"
    return f"not a message ({why})"


def is_yes(value: object) -> bool:
    """Tell if a mark is set, which some programs write as text."""
    if isinstance(value, str):
        return value.strip().lower() in ("true", "1", "yes")
    return bool(value)


def objects_of(value: object) -> list[JsonObject]:
    """Return the objects of a list; a broken entry does not cost the message."""
    if not isinstance(value, list):
        return []
    return [one for one in value if isinstance(one, dict)]


def text_of(value: object) -> str:
    """Return `value` if it is text.

    Raises:
        OddValueError: If it is not text.
    """
    if isinstance(value, str):
        return value
    raise OddValueError(f"its text is {value!r:.40}")


def id_of(value: object) -> str | None:
    """Return an id as text; None stays None.

    Raises:
        OddValueError: If it is not an id, such as a number that lost digits.
    """
    if value is None or type(value) is str:
        return value
    if type(value) is int and abs(value) < 1 << 64:
        return str(value)
    raise OddValueError(f"its id is {value!r:.40}")


def name_of(value: object) -> str | None:
    """Return a name that may be missing.

    Raises:
        OddValueError: If it is neither text nor a number.
    """
    if value is None or type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    raise OddValueError(f"a name is {value!r:.40}")


def time_of(stamp: object) -> int | None:
    """Return an ISO 8601 time in milliseconds since the epoch; None if there is none.

    Exports of messages without times have written the first minutes of 1970.

    Raises:
        OddValueError: If it is something else.
    """
    ts = milliseconds(str(stamp)) if stamp else None
    if stamp and ts is None:
        raise OddValueError(f"its time is {stamp!r:.40}")
    return None if ts is not None and 0 <= ts < NO_TIME_MS else ts


class BrokenFileError(Exception):
    """The file cannot be read further; says where and why."""

    def __init__(self, position: str, reason: str) -> None:
        super().__init__(f"{position}: {reason}" if position else reason)
        self.position = position
        self.reason = reason


NOTHING = "it is empty"
"""The reason for leaving an empty file out."""


class BrokenRow(NamedTuple):
    """An unreadable row; later rows are still read."""

    position: str
    reason: str


class Note(NamedTuple):
    """Something about the whole file that its owner should know."""

    text: str


Item = Record | BrokenRow | Note
"""An item that a reader yields."""


class ContentIds:
    """Ids for messages without one, from the content and its repetitions.

    The same file gives the same ids, and so does a later, longer export. It takes some
    20 bytes a message: a table of half of each digest, with the place that it chooses
    or a later one.
    """

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 << 10))
        self._count = 0
        self._repeats: dict[bytes, int] = {}
        """The number of times that a content came again."""

    def next(self, *content: str) -> str:
        """Return the id of the next message with this content."""
        text = "\0".join(content).encode("utf-8", "replace")
        digest = hashlib.blake2b(text, digest_size=10).digest()
        count = 0
        if not self._is_first(int.from_bytes(digest[:8], "little") or 1):
            count = self._repeats[digest] = self._repeats.get(digest, 0) + 1
        return f"{digest.hex()}-{count}"

    def _is_first(self, key: int) -> bool:
        table, mask = self._table, len(self._table) - 1
        at = key & mask
        while found := table[at]:
            if found == key:
                return False
            at = (at + 1) & mask
        table[at] = key
        self._count += 1
        if self._count * 3 > len(table) * 2:
            self._grow()
        return True

    def _grow(self) -> None:
        old, self._count = self._table, 0
        self._table = array("Q", bytes(16)) * len(old)
        for key in filter(None, old):
            self._is_first(key)


def milliseconds(iso: str) -> int | None:
    """Convert an ISO 8601 time to milliseconds since the epoch; UTC without a zone."""
    try:
        moment = datetime.fromisoformat(iso)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
