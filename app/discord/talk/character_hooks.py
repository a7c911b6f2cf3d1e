"""The webhooks under which characters speak with their own names and pictures.

A webhook has one picture, so each character has one in each channel where it spoke.
Discord's rules for them are those of resources/webhook.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

import aiohttp
import discord
from discord.utils import MISSING

from app.discord.messages import Talk
from app.discord.ports.character_faces import CharacterFaces, Face

log = logging.getLogger(__name__)

SETTING = "speak.webhooks"

UNSAYABLE = ("clyde", "discord")
"""Parts that no webhook's name may have: resources/webhook#create-webhook."""

LOOKED_AT = 50
"""The latest messages among which one is sought that may be there already."""

Homes = discord.TextChannel | discord.VoiceChannel | discord.ForumChannel


class HookGoneError(Exception):
    """Tells that somebody deleted a webhook."""

    def __init__(self, hook: int) -> None:
        super().__init__(f"webhook {hook} is gone")
        self.hook = hook


@dataclass(frozen=True)
class Mouth:
    """A webhook in the channel or thread where it speaks."""

    hook: discord.Webhook
    place: Talk

    async def send(
        self,
        text: str,
        files: Sequence[discord.File],
        view: discord.ui.View | None,
        *,
        tts: bool,
    ) -> discord.WebhookMessage:
        """Send a message; py-cord tries no second time.

        Raises:
            HookGoneError: If the webhook is gone.
        """
        try:
            return await self.hook.send(
                text,
                files=[*files] or MISSING,
                view=view or MISSING,
                tts=tts,
                thread=self._thread,
                allowed_mentions=discord.AllowedMentions.none(),
                wait=True,
            )
        except discord.NotFound as error:
            raise HookGoneError(self.hook.id) from error

    async def find(
        self, text: str, after: int, known: Collection[int]
    ) -> discord.Message | None:
        """Return a message of it with those words that is on Discord already."""
        async for one in self.place.history(limit=LOOKED_AT):
            is_new = one.id > after and one.id not in known
            is_same = one.content.split() == text.split()
            if is_new and is_same and one.webhook_id == self.hook.id:
                return one
        return None

    async def edit(
        self,
        message: int,
        text: str,
        files: Sequence[discord.File] = (),
        view: discord.ui.View | None = None,
    ) -> None:
        """Give one of its messages other words."""
        await self.hook.edit_message(
            message,
            content=text,
            attachments=[],
            files=[*files] or MISSING,
            view=view,
            thread=self._thread,
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def delete(self, message: int) -> None:
        """Delete one of its messages."""
        thread = self.place if isinstance(self.place, discord.Thread) else None
        await self.hook.delete_message(message, thread_id=thread.id if thread else None)

    @property
    def _thread(self) -> discord.Thread:
        is_thread = isinstance(self.place, discord.Thread)
        return self.place if is_thread else MISSING  # type: ignore[return-value]


class CharacterHooks:
    """Makes, finds and deletes the bot's webhooks for characters."""

    def __init__(self, bot: discord.Client, faces: CharacterFaces) -> None:
        self._bot = bot
        self._faces = faces
        self._open: dict[int, discord.Webhook] = {}
        """Those with their secrets, which are never stored."""
        self._session: aiohttp.ClientSession | None = None
        self._making = asyncio.Lock()

    def is_own(self, message: discord.Message) -> bool:
        """Tell if a character of the bot wrote a message."""
        hook = message.webhook_id
        return hook is not None and self._faces.is_own_hook(hook)

    def writer_of(self, message: discord.Message) -> int | None:
        """Return the webhook that wrote a message; None if the bot itself did."""
        return message.webhook_id if self.is_own(message) else None

    async def of(self, channel: Talk, name: str) -> Mouth | None:
        """Return what a character speaks through there; None where it cannot."""
        home = _home(channel)
        if home is None:
            return None
        rights = home.permissions_for(home.guild.me)
        # Without the history nobody can tell what was said before a connection broke.
        if not (rights.manage_webhooks and rights.read_message_history):
            return None
        face = await self._faces.face(channel.guild.id, name)
        if face is None or any(word in name.casefold() for word in UNSAYABLE):
            return None
        began = perf_counter()
        try:
            async with self._making:
                hook = await self._hook(home, face)
            self._faces.took(SETTING, (perf_counter() - began) * 1000)
            return Mouth(hook, channel)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            # As with the 15 webhooks that a channel may have.
            log.warning("A character has no webhook in %s: %s", channel.id, error)
            return None

    async def by(self, message: discord.Message) -> Mouth | None:
        """Return what wrote one of the characters' messages, if it is still there."""
        channel = message.channel
        if not self.is_own(message) or not isinstance(channel, Talk):
            return None
        try:
            return Mouth(await self._opened(message.webhook_id or 0), channel)
        except discord.HTTPException:
            return None

    async def delete_message(self, channel: Talk, message: int) -> None:
        """Delete a message of the bot, or of one of its characters.

        Raises:
            HTTPException: If Discord does not let it.
        """
        try:
            # py-cord's types say that a partial message has no such method.
            await channel.get_partial_message(message).delete()  # type: ignore[misc]
        except discord.Forbidden:
            mouth = await self.by(await channel.fetch_message(message))
            if mouth is None:
                raise
            await mouth.delete(message)

    async def lost(self, hook: int) -> None:
        """Note that somebody deleted a webhook."""
        self._open.pop(hook, None)
        await self._faces.drop_hook(hook)

    async def tidy_all(self, present: Collection[int]) -> None:
        """Do the same as `tidy` in those of the servers that have webhooks."""
        for guild in await self._faces.hooked_guilds():
            if guild in present:
                await self.tidy(guild)

    async def tidy(self, guild: int) -> None:
        """Delete the webhooks of characters that are gone or look otherwise now."""
        async with self._making:
            for hook in await self._faces.outdated_hooks(guild):
                try:
                    with suppress(discord.NotFound):
                        await (await self._opened(hook)).delete()
                except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                    # The next start tries again.
                    log.warning("A character's webhook could not go: %s", error)
                    continue
                await self.lost(hook)

    async def close(self) -> None:
        """Close its own connections."""
        if self._session is not None:
            await self._session.close()

    async def _hook(self, home: Homes, face: Face) -> discord.Webhook:
        """Return the webhook of a face in a channel; make it if there is none."""
        guild = home.guild.id
        known = await self._faces.hook(guild, home.id, face.mark)
        if known is not None:
            with suppress(discord.NotFound):
                return await self._opened(known)
            await self._faces.drop_hook(known)
        picture = await self._faces.picture(guild, face.name)
        made = await home.create_webhook(name=face.name, avatar=picture)
        await self._faces.add_hook(guild, home.id, made.id, face.mark)
        return self._keep(made)

    async def _opened(self, hook: int) -> discord.Webhook:
        if hook not in self._open:
            return self._keep(await self._bot.fetch_webhook(hook))
        return self._open[hook]

    def _keep(self, hook: discord.Webhook) -> discord.Webhook:
        if self._session is None:
            self._session = aiohttp.ClientSession(middlewares=(_once,))
        hook.session = self._session
        self._open[hook.id] = hook
        return hook


def _home(channel: Talk) -> Homes | None:
    """Return the channel that has the webhooks of a channel or thread."""
    home = channel.parent if isinstance(channel, discord.Thread) else channel
    return home if isinstance(home, Homes) else None


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Let py-cord send nothing twice: a webhook knows no nonce.

    It sends again after an answer of 5xx, and after some errors of the system.
    """
    try:
        answer = await handler(request)
    except OSError as error:
        raise aiohttp.ClientConnectionError(str(error)) from error
    if answer.status >= 500:
        raise aiohttp.ClientConnectionError(f"Discord answered {answer.status}")
    return answer
