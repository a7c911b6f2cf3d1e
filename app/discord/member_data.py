"""The data stored about one person, for export or removal."""

import json
import time

from app.discord.id_map import RowsHost
from app.service.voice_keeper import Forgotten
from app.store import feedback, members, tombstones
from app.store.members import Kept


class PrivacyHost(RowsHost):
    """The host's answers to members about their own data."""

    async def has_opted_out(self, guild: int, author: int) -> bool:
        """Return whether a member opted out of learning."""
        row = await self.guild_row(guild)
        found = await self._context.database.run(members.find, row, self.author(author))
        return found is not None and bool(found.has_opted_out)

    async def opt_out(self, guild: int, author: int, on: bool) -> Forgotten:
        """Note the choice; opting out also forgets the member's messages.

        Opting in applies from now on: messages written in between stay out.
        """
        if not on and not await self.has_opted_out(guild, author):
            return Forgotten(0, 0, 0, False)
        row, hashed = await self.guild_row(guild), self.author(author)
        run, choose = self._context.database.run, members.set_opted_out
        if not on:
            bury, now_ms = tombstones.bury_author, int(time.time() * 1000)
            await run(bury, row, hashed, now_ms, by_owner=False)
            await run(choose, row, hashed, False)
            return Forgotten(0, 0, 0, False)
        await run(choose, row, hashed, True)
        return await self.forget_author(guild, author)

    async def allow_tuning(self, guild: int, author: int, on: bool) -> None:
        """Note whether a model may be tuned on a member's messages."""
        row = await self.guild_row(guild)
        await self._context.database.run(
            members.set_allows_tuning, row, self.author(author), on
        )

    async def kept(self, guild: int, author: int) -> Kept:
        """Return the amount of data stored about a member."""
        row = await self.guild_row(guild)
        return await self._context.reader.run(members.kept, row, self.author(author))

    async def export_author(self, guild: int, author: int) -> bytes:
        """Return a member's data as JSON Lines."""
        row = await self.guild_row(guild)
        hashed = self.author(author)
        rows = await self._context.reader.run(members.messages_of, row, hashed)
        rows += await self._context.reader.run(feedback.by_author, row, hashed)
        lines = (json.dumps(one, ensure_ascii=False) for one in rows)
        return "\n".join(lines).encode()

    async def forget_author(
        self, guild: int, author: int, since_ms: int = 0, *, by_owner: bool = False
    ) -> Forgotten:
        """Forget a member's messages everywhere; return when nothing is left."""
        row = await self.guild_row(guild)
        return await self._context.voices.forget_author(
            row, str(author), since_ms=since_ms, by_owner=by_owner
        )

    async def remember_author(self, guild: int, author: int) -> bool:
        """Let a member's own forgotten messages be learned again."""
        row = await self.guild_row(guild)
        learning = self._context.voices
        return await learning.remember_author(row, str(author), by_owner=False) > 0
