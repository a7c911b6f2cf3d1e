"""From Discord's ids to those of the store, and to the times inside them."""

from collections.abc import Sequence

from app.core.names import GuildId
from app.discord.ports import MessagePlace
from app.importers.filters import clean
from app.service.app_context import AppContext
from app.store import guilds, messages, places
from app.store.authors import AuthorKey
from app.store.places import Place, PlaceRows

DISCORD_EPOCH_MS = 1_420_070_400_000


class IdMap:
    """Finds and makes the rows of guilds and channels; those of guilds are kept."""

    def __init__(self, context: AppContext) -> None:
        self._database = context.database
        self._authors = AuthorKey.load(context.home.author_key_file)
        self._guilds: dict[int, GuildId] = {}

    def author(self, author: int | str) -> str:
        """Return the hash for a Discord user, or for what stands for their id."""
        return self._authors.author(str(author))

    async def guild(self, guild: int, name: str | None = None) -> GuildId:
        """Return the row of a guild, created on first sight."""
        if guild not in self._guilds:
            find, ensure = guilds.find, guilds.ensure
            known = await self._database.run(find, str(guild))
            if known is None or name is not None:
                called = name or str(guild)
                known = await self._database.run(ensure, called, str(guild))
            self._guilds[guild] = known.id
        return self._guilds[guild]

    async def rows(self, place: MessagePlace) -> PlaceRows:
        """The rows of a place; the owner may have forgotten the channel meanwhile."""
        return await self._database.run(places.rows_of, stored(place))

    async def note(self, found: Sequence[MessagePlace]) -> None:
        """Note the names and readers of places."""
        known = [stored(place) for place in found]
        await self._database.run(places.rows_of_many, known)

    async def messages(self, guild: GuildId, ids: Sequence[int]) -> list[int]:
        """The rows of messages in the guild of that row, as far as they are stored."""
        externals = [str(one) for one in ids]
        return await self._database.run(messages.rows_of, guild, externals)

    def forget(self, guild: int) -> None:
        """The row of this guild is gone, or may be."""
        self._guilds.pop(guild, None)


def stored(place: MessagePlace) -> Place:
    """A place as the store has it."""
    return Place(
        str(place.guild),
        place.guild_name,
        str(place.channel),
        clean(place.channel_name),
        str(place.root),
        clean(place.root_name),
        place.is_private,
        place.is_parent_private if place.parent else place.is_private,
        place.is_age_restricted,
    )


def snowflake_ms(snowflake: int) -> int:
    """Return the time inside a Discord id."""
    return (snowflake >> 22) + DISCORD_EPOCH_MS


def first_snowflake(ms: int | None) -> int:
    """Return the first id of a time on Discord; 0 for an unknown one."""
    return max(0, (ms or 0) - DISCORD_EPOCH_MS) << 22
