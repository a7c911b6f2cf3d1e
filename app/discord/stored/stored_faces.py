"""Characters' names, pictures and webhooks, as they are stored."""

from app.discord.ports.character_faces import Face
from app.discord.stored.id_map import IdMap
from app.service.app_context import AppContext
from app.store.rows import StoredCharacterHook


class StoredFaces:
    """The port of characters' faces, for one home."""

    def __init__(self, context: AppContext, ids: IdMap) -> None:
        self._cast = context.cast
        self._settings = context.settings
        self._ids = ids
        self._parts = context.parts

    def is_own_hook(self, webhook: int) -> bool:
        """Tell if the bot made that webhook for a character."""
        return self._cast.is_own_hook(webhook)

    async def face(self, guild: int, name: str) -> Face | None:
        """Return a character's face; None if it is gone or shall have none."""
        row = await self._ids.guild(guild)
        if not (await self._settings.of(row)).speak.webhooks:
            return None
        for one in await self._cast.of(row):
            if one.name == name:
                return Face(name, one.face or name)
        return None

    async def picture(self, guild: int, name: str) -> bytes | None:
        """Return a character's picture, a PNG; None if it has none."""
        return await self._cast.picture(await self._ids.guild(guild), name)

    async def hook(self, guild: int, channel: int, mark: str) -> int | None:
        """Return the webhook that shows a face in a channel."""
        row, wanted = await self._ids.guild(guild), (str(channel), mark)
        for one in await self._cast.hooks(row):
            if (one.channel, one.face) == wanted:
                return int(one.webhook)
        return None

    async def hooked_guilds(self) -> list[int]:
        """Return the servers with webhooks that are not deleted."""
        return [int(guild) for guild in await self._cast.hooked_guilds()]

    async def outdated_hooks(self, guild: int) -> list[int]:
        """Return webhooks whose characters are gone, or have another face now."""
        row = await self._ids.guild(guild)
        is_on = (await self._settings.of(row)).speak.webhooks
        faces = {one.face or one.name for one in await self._cast.of(row) if is_on}
        hooks = await self._cast.hooks(row)
        return [int(one.webhook) for one in hooks if one.face not in faces]

    async def add_hook(self, guild: int, channel: int, webhook: int, mark: str) -> None:
        """Note a webhook that was made, before anything is said through it."""
        hook = StoredCharacterHook(str(channel), str(webhook), mark)
        await self._cast.put_hook(await self._ids.guild(guild), hook)

    def took(self, setting: str, ms: float) -> None:
        """Note what a part took that the setting of this name switches."""
        self._parts.note(setting, ms)

    async def drop_hook(self, webhook: int) -> None:
        """Note that a webhook is deleted."""
        await self._cast.drop_hook(webhook)
