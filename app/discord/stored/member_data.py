"""The data stored about one person, for export or removal."""

from app.discord.stored.id_map import IdMap
from app.service import privacy
from app.service.app_context import AppContext
from app.service.voices.forgetter import Forgotten
from app.service.words import member_portrait
from app.service.words.member_portrait import Portrait
from app.store import guilds, members
from app.store.members import Kept


class StoredMembers:
    """The port of member data, for one home."""

    def __init__(self, context: AppContext, ids: IdMap) -> None:
        self._context = context
        self._ids = ids

    async def chosen_server(self, author: int) -> int | None:
        """Return the server whose voice a person chose for direct messages."""
        chosen, run = self._ids.author(author), self._context.database.run
        row = await run(members.chosen_guild, chosen)
        found = await run(guilds.get, row) if row is not None else None
        return int(found.discord_id) if found and found.discord_id else None

    async def choose_server(self, author: int, guild: int) -> None:
        """Note the server whose voice a person wants in direct messages."""
        row, hashed = await self._ids.guild(guild), self._ids.author(author)
        await self._context.database.run(members.choose_guild, row, hashed)

    async def opt_out(self, guild: int, author: int, on: bool) -> Forgotten:
        """Note the choice; opting out also forgets the member's messages.

        Opting in applies from now on: messages written in between stay out.
        """
        row, hashed = await self._ids.guild(guild), self._ids.author(author)
        if on:
            return await privacy.opt_out(self._context, row, hashed)
        await privacy.opt_in(self._context, row, hashed)
        return Forgotten(0, 0, 0, False)

    async def allow_tuning(self, guild: int, author: int, on: bool) -> None:
        """Note whether a model may be tuned on a member's messages."""
        row = await self._ids.guild(guild)
        await self._context.database.run(
            members.set_allows_tuning, row, self._ids.author(author), on
        )

    async def allow_voice(self, guild: int, author: int, on: bool) -> None:
        """Note whether the bot may speak like a member; a no ends what is begun."""
        row = await self._ids.guild(guild)
        await self._context.database.run(
            members.set_allows_voice, row, self._ids.author(author), on
        )

    async def kept(self, guild: int, author: int) -> Kept:
        """Return the amount of data stored about a member."""
        row = await self._ids.guild(guild)
        return await self._context.reader.run(
            members.kept, row, self._ids.author(author)
        )

    async def export_author(self, guild: int, author: int) -> bytes:
        """Return a member's data as JSON Lines."""
        row = await self._ids.guild(guild)
        return await privacy.export(self._context, row, self._ids.author(author))

    async def forget_author(
        self, guild: int, author: int, since_ms: int = 0, *, by_owner: bool = False
    ) -> Forgotten:
        """Forget a member's messages everywhere; return when nothing is left."""
        row = await self._ids.guild(guild)
        hashed = self._ids.author(author)
        return await privacy.forget(
            self._context, row, hashed, since_ms=since_ms, by_owner=by_owner
        )

    async def remember_author(self, guild: int, author: int) -> bool:
        """Let a member's own forgotten messages be learned again."""
        row = await self._ids.guild(guild)
        remember = self._context.forgetter.remember_author
        return await remember(row, str(author), by_owner=False) > 0

    async def portrait(self, guild: int, author: int) -> Portrait:
        """Return what is known of a member, for themselves."""
        row = await self._ids.guild(guild)
        portrait = member_portrait.portrait_of
        return await portrait(self._context, row, self._ids.author(author))

    async def forget_fact(self, guild: int, author: int, number: int) -> int:
        """Delete a fact by its number, 0 for all; return the number deleted."""
        row, hashed = await self._ids.guild(guild), self._ids.author(author)
        return await member_portrait.forget_fact(self._context, row, hashed, number)

    async def correct_fact(
        self, guild: int, author: int, number: int, value: str
    ) -> None:
        """Give a fact another value."""
        row, hashed = await self._ids.guild(guild), self._ids.author(author)
        correct = member_portrait.correct_fact
        await correct(self._context, row, hashed, number, value)
