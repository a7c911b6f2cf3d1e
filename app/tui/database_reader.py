"""The screens' own reader of the database: read-only and safe to show."""

import asyncio
import dataclasses
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from app.core.errors import AppError
from app.core.names import GuildId
from app.core.paths import Home
from app.core.safe_text import safe_json, safe_text

if TYPE_CHECKING:
    from app.core.explanation import Explanation
    from app.store.database import Database
    from app.store.messages import Moment
    from app.store.overview import Bucket, ChannelActivity
    from app.store.rows import StoredMessage, StoredReply
    from app.store.usage import DayUse, SentRequest

P = ParamSpec("P")
T = TypeVar("T")


class DatabaseReader:
    """The read-only database of a home, opened on first use."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._database: Database | None = None
        self._opening = asyncio.Lock()
        self.trouble = ""
        """The reason why nothing can be read, for a person."""

    @property
    def is_there(self) -> bool:
        """Return whether anything was ever stored."""
        from app.store.engines.address import has_database

        return has_database(self._home)

    async def channels(self, guilds: Sequence[GuildId]) -> "list[ChannelActivity]":
        """Return the channels of guilds, the most recently active first."""
        from app.store import overview

        rows = await self._read(overview.channels_by_activity, guilds) or []
        return [row._replace(name=safe_text(row.name)) for row in rows]

    async def guild_names(self, guilds: Collection[GuildId]) -> dict[GuildId, str]:
        """Return the names of guilds."""
        from app.store.search import guild_pages

        found = await self._read(guild_pages.names, guilds) or {}
        return {row: safe_text(name) for row, name in found.items()}

    async def messages(
        self,
        guild: GuildId,
        channel: int | None = None,
        containing: str = "",
        limit: int = 100,
        before: "Moment | None" = None,
    ) -> "list[StoredMessage]":
        """Return the newest messages of a guild or channel, oldest first.

        Args:
            before: The moment of the channel that they come before.
        """
        from app.store import messages

        page = await self._read(
            messages.page,
            guild,
            channel=channel,
            containing=containing,
            before=before,
            limit=limit,
        )
        return [_clean(row) for row in reversed(page or [])]

    async def moment_after(
        self, channel: int, moment: "Moment", step: int
    ) -> "Moment | None":
        """Return the moment that many messages later; None past the newest one."""
        from app.store import messages

        later = await self._read(messages.page_of_channel, channel, moment, step) or []
        return (later[-1].ts, later[-1].id + 1) if len(later) == step else None

    async def replies(
        self,
        guild: GuildId | None = None,
        channel: int | None = None,
        limit: int = 100,
        until: int | None = None,
    ) -> "list[StoredReply]":
        """Return the newest replies, or the newest until a time, oldest first."""
        from app.store import replies

        rows = await self._read(
            replies.latest, guild, channel=channel, until=until, limit=limit
        )
        return [_clean(row) for row in reversed(rows or [])]

    async def drafts(self) -> "list[StoredReply]":
        """Return the waiting shadow drafts, oldest first."""
        from app.store import overview

        return [_clean(row) for row in await self._read(overview.drafts) or []]

    async def reply(self, row: int) -> "StoredReply | None":
        """Return the reply in that row."""
        from app.store import replies

        found = await self._read(replies.get, row)
        return _clean(found) if found else None

    async def explanation(self, reply: int) -> "Explanation | None":
        """Return all that is kept of a reply."""
        from app.store.reply import reply_explanations

        found = await self._read(reply_explanations.explained, reply)
        return _clean(found) if found else None

    async def conversations(self, messages: list[int]) -> dict[int, int]:
        """Return the conversation of each of those messages, if known."""
        from app.store import overview

        return await self._read(overview.conversations, messages) or {}

    async def around(self, message: int) -> "list[StoredMessage]":
        """Return the messages of a channel around one of them, oldest first."""
        from app.store import messages

        found = await self._read(messages.get, message)
        if found is None:
            return []
        page = await self._read(messages.around, found, 50, 50)
        return [_clean(row) for row in page or []]

    async def replies_over_time(
        self, since: int, step: int, guild: GuildId | None = None
    ) -> "list[Bucket]":
        """Count replies by provider and time span."""
        from app.store import overview

        found = await self._read(overview.replies_over_time, since, step, guild)
        return [row._replace(provider=safe_text(row.provider)) for row in found or []]

    async def outcomes_over_time(
        self, since: int, step: int
    ) -> list[tuple[int, str, int]]:
        """Count replies by time span and outcome."""
        from app.store import overview

        return await self._read(overview.outcomes_over_time, since, step) or []

    async def use_by_day(self, since: int) -> "list[DayUse]":
        """Return the ledger's totals, newest day first."""
        from app.store import usage

        return [_clean(row) for row in await self._read(usage.by_day, since) or []]

    async def sent_requests(self) -> "list[SentRequest]":
        """Return the newest requests that left the machine, newest first."""
        from app.store import usage

        return [_clean(row) for row in await self._read(usage.sent_requests) or []]

    async def close(self) -> None:
        """Close the connection."""
        if self._database:
            await asyncio.to_thread(self._database.close)
            self._database = None

    async def _read(
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        database = await self._open()
        if database is None:
            return None
        return await database.run(function, *args, **kwargs)

    async def _open(self) -> "Database | None":
        async with self._opening:
            if self._database is None and self.is_there:
                try:
                    self._database = await asyncio.to_thread(_database, self._home)
                    self.trouble = ""
                except AppError as error:
                    self.trouble = safe_text(str(error))
        return self._database


def _database(home: Home) -> "Database":
    from app.store.database import Database
    from app.store.engines.address import place_of

    return Database(place_of(home), read_only=True)


def _clean(row: T) -> T:
    """Return a dataclass with every text in it safe to show."""
    changed = {}
    for name, value in vars(row).items():
        # Most texts are harmless, and copying a row costs more than checking it.
        safe = safe_json(value)
        if safe != value:
            changed[name] = safe
    return dataclasses.replace(row, **changed) if changed else row  # type: ignore[type-var]
