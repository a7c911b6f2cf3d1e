"""Turns a record into a row: cleaned, filtered, with its channel and author."""

from collections.abc import Callable, Iterable

from app.core.names import GuildId
from app.importers.filters import EMPTY, LONG, OPTED_OUT, SYSTEM, Filters, clean
from app.importers.records import MAX_TEXT_CHARS, ContentIds, Record
from app.store import guilds, imports
from app.store.authors import AuthorKey
from app.store.database import Database
from app.store.imports import KnownMember
from app.store.messages import NewMessage

DEFAULT_CHANNEL = "general"
UNKNOWN_AUTHOR = "someone"


NewMember = tuple[str, str, bool]
"""Author hash, display name, is a bot."""


_LEFT_OUT = frozenset((SYSTEM, OPTED_OUT, LONG))


def is_kept(message: NewMessage, record: Record) -> bool:
    """Tell if a message is stored, be it as context alone."""
    reason = message.dropped
    return reason not in _LEFT_OUT and (reason != EMPTY or bool(record.files))


class Intake:
    """Takes records for one guild, and knows its channels and members."""

    def __init__(
        self,
        database: Database,
        guild: GuildId,
        filters: Filters,
        authors: AuthorKey,
        channel: str | None,
    ) -> None:
        """Prepare for a guild; `channel` overrides the files."""
        self._database = database
        self._guild = guild
        self._filters = filters
        self._authors = authors
        self._channel = channel
        self._channels: dict[tuple[str | None, str | None, str | None], int] = {}
        self._known = database.call(imports.known_members, guild)
        self._members: dict[str, KnownMember] = {}
        self._new: dict[str, NewMember] = {}
        self._waiting: dict[str, KnownMember] = {}

    def take(
        self, record: Record, is_secret: bool, ids: ContentIds, fallback_ts: int
    ) -> NewMessage:
        """Return the row of a record.

        Members without a row yet get a negative one, as `imports.add_batch` expects.

        Args:
            record: As the file has it.
            is_secret: Its text holds a secret.
            ids: Makes ids for records without one.
            fallback_ts: The time of a record without one.
        """
        (
            author, _, text, external, ts, reply_to, channel, channel_id, thread,
            is_bot, is_system, _, mentions, _,
        ) = record  # fmt: skip
        author = author or UNKNOWN_AUTHOR
        member = (
            self._members.get(author)
            or self._waiting.get(author)
            or self._meet(author, record)
        )
        if external is None:
            external = ids.next(str(channel), author, str(ts), text)
        row, has_opted_out = member
        if is_system or has_opted_out or len(text) > MAX_TEXT_CHARS:
            reason: str | None = _refusal(record, member)
        else:
            reason = self._filters.reason(text, is_bot=is_bot, is_secret=is_secret)
        where = (channel, channel_id, thread)
        return NewMessage(
            self._channels.get(where) or self._find_channel(*where),
            row,
            external,
            fallback_ts if ts is None else ts,
            clean(text, mentions),
            reply_to,
            reason,
        )

    def hand_over(self) -> dict[str, NewMember]:
        """Return the new members since the last call, by author."""
        new, self._new = self._new, {}
        self._waiting.clear()
        return new

    def settle(
        self, authors: Iterable[str], members: Iterable[KnownMember | None]
    ) -> None:
        """Note the rows of the members that were handed over."""
        pairs = zip(authors, members, strict=True)
        self._members.update((author, one) for author, one in pairs if one)

    def _meet(self, author: str, record: Record) -> KnownMember:
        digest = self._authors.author(author)
        known = self._known.get(digest)
        if known is not None:
            self._members[author] = known
            return known
        name = clean(record.name) or UNKNOWN_AUTHOR
        self._new[author] = (digest, name, record.is_bot)
        waiting = KnownMember(-len(self._new), False)
        self._waiting[author] = waiting
        return waiting

    def _find_channel(
        self, name: str | None, id: str | None, thread: str | None
    ) -> int:
        call: Callable[..., int] = self._ensure
        if self._channel is not None:
            row = call(self._channel)
        else:
            row = call(clean(name or DEFAULT_CHANNEL), id)
            if thread:
                row = call(clean(f"{name}/{thread}"), parent=row)
        self._channels[name, id, thread] = row
        return row

    def _ensure(
        self, name: str, id: str | None = None, parent: int | None = None
    ) -> int:
        found = self._database.call(
            guilds.ensure_channel, self._guild, name, id, parent=parent
        )
        return int(found.id)


def _refusal(record: Record, member: KnownMember) -> str:
    """Return why a message is not even kept as context."""
    if record.is_system:
        return SYSTEM
    return OPTED_OUT if member.has_opted_out else LONG
