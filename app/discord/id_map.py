"""Maps Discord's ids of guilds and channels to rows of the store."""

from app.discord.ports import MessagePlace
from app.service.app_context import AppContext
from app.store import guilds
from app.store.authors import AuthorKey


class RowsHost:
    """Finds and makes the rows of guilds and channels, and remembers them."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._authors = AuthorKey.load(context.home.author_key_file)
        self._guilds: dict[int, int] = {}
        self._channels: dict[tuple[int, int, str], int] = {}

    def author(self, author: int) -> str:
        """Return the hash for a Discord user."""
        return self._authors.author(str(author))

    async def guild_row(self, guild: int, name: str | None = None) -> int:
        """Return the row of a guild, created on first sight."""
        if guild not in self._guilds:
            find, ensure = guilds.find, guilds.ensure
            known = await self._context.database.run(find, str(guild))
            if known is None or name is not None:
                called = name or str(guild)
                known = await self._context.database.run(ensure, called, str(guild))
            self._guilds[guild] = int(known.id)
        return self._guilds[guild]

    async def channel_row(
        self, guild: int, channel: int, name: str, parent: int | None = None
    ) -> int:
        """Return the row of a channel in the guild of that row."""
        key = (guild, channel, name)
        known = self._channels.get(key)
        # The owner may have forgotten the channel.
        if known is None or not await self._context.database.run(
            guilds.get_channel, known
        ):
            made = await self._context.database.run(
                guilds.ensure_channel, guild, name, str(channel), parent=parent
            )
            self._channels[key] = int(made.id)
        return self._channels[key]

    async def rows_of(self, place: MessagePlace) -> tuple[int, int]:
        """Return rows of the guild, and of the channel whose settings apply."""
        guild = await self.guild_row(place.guild, place.guild_name)
        return guild, await self.channel_row(guild, place.root, place.root_name)

    async def own_channel_row(self, place: MessagePlace) -> tuple[int, int]:
        """Return rows of the guild, and of the exact channel or thread."""
        guild, root = await self.rows_of(place)
        if place.parent is None:
            return guild, root
        row = await self.channel_row(guild, place.channel, place.channel_name, root)
        return guild, row

    def forget_rows(self, guild: int) -> None:
        """Drop the remembered rows of this guild, which may be gone."""
        row = self._guilds.pop(guild, None)
        for key in [key for key in self._channels if key[0] == row]:
            del self._channels[key]
