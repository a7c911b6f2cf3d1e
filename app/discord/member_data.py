"""What is stored of one person, and how it is given out or removed."""

import json

from app.discord.id_map import RowsHost
from app.service.voice_keeper import Forgotten
from app.store import feedback, members
from app.store.members import Kept


class PrivacyHost(RowsHost):
    """The part of the host that answers members about their own data."""

    async def has_opted_out(self, guild: int, author: int) -> bool:
        """Whether a member wants nothing of theirs to be learned."""
        row = await self.guild_row(guild)
        found = await self._context.database.run(members.find, row, self.author(author))
        return found is not None and bool(found.has_opted_out)

    async def opt_out(self, guild: int, author: int, on: bool) -> Forgotten:
        """Note the choice; opting out forgets what there is."""
        row = await self.guild_row(guild)
        await self._context.database.run(
            members.set_opted_out, row, self.author(author), on
        )
        if not on:
            return Forgotten(0, 0, 0, False)
        return await self.forget_author(guild, author)

    async def allow_tuning(self, guild: int, author: int, on: bool) -> None:
        """Note whether a model may be tuned on what a member wrote."""
        row = await self.guild_row(guild)
        await self._context.database.run(
            members.set_allows_tuning, row, self.author(author), on
        )

    async def kept(self, guild: int, author: int) -> Kept:
        """How much is stored of a member."""
        row = await self.guild_row(guild)
        return await self._context.reader.run(members.kept, row, self.author(author))

    async def export_author(self, guild: int, author: int) -> bytes:
        """What is stored about a member, as JSON Lines."""
        row = await self.guild_row(guild)
        hashed = self.author(author)
        rows = await self._context.reader.run(members.messages_of, row, hashed)
        rows += await self._context.reader.run(feedback.by_author, row, hashed)
        lines = (json.dumps(one, ensure_ascii=False) for one in rows)
        return "\n".join(lines).encode()

    async def forget_author(
        self, guild: int, author: int, since_ms: int = 0
    ) -> Forgotten:
        """Forget what a member wrote, everywhere; returns when nothing is left."""
        row = await self.guild_row(guild)
        return await self._context.voices.forget_author(
            row, str(author), since_ms=since_ms
        )
