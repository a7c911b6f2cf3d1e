"""Switches Discord on and off for a home, and carries out the owner's requests."""

import asyncio
import contextlib
import math
from collections.abc import Sequence
from random import Random

import discord

from app.chat.postprocess import neutralise, split
from app.core import secrets
from app.core.errors import UsageError
from app.core.state_file import StateFile
from app.discord.client import ConnectionState, MynahBot, Surroundings
from app.discord.connection import DiscordLink
from app.discord.guild_events import DiscordHost
from app.discord.messages import Talk
from app.discord.ports import ReadyReply
from app.discord.sending import send_parts
from app.discord.texts import invite_url
from app.ipc import control
from app.service import opinions
from app.service.app_context import AppContext, Json
from app.service.events import Asker
from app.service.handlers.replies import OWNER
from app.store import guilds, replies
from app.store.tables import Reply

GRACE_CHECK_SECONDS = 6 * 3600.0

NOT_CONNECTED = "The bot is not connected to Discord."


class DiscordController:
    """Keeps a home connected while it has a bot token, and acts on Discord for it."""

    def __init__(self, context: AppContext, rng: Random) -> None:
        self._context = context
        self._host = DiscordHost(context, rng)
        settings = context.settings
        self._surroundings = Surroundings(
            self._host,
            lambda: settings.home.bot,
            StateFile(context.home.discord_file),
            rng=rng,
        )
        self._state = ConnectionState("offline")
        self._link: DiscordLink | None = None
        self._wanted = True
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Stay connected whenever that is wanted and possible."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_grace_times())
            await self._stay_connected()

    async def _keep_grace_times(self) -> None:
        """Delete overdue data even if the bot stays connected for weeks."""
        while True:
            await asyncio.sleep(GRACE_CHECK_SECONDS)
            # Offline it may not know yet that it was invited again.
            if self._state.name == "online":
                await self._host.delete_after_grace()

    async def _stay_connected(self) -> None:
        while True:
            self._changed.clear()
            home = self._context.home
            token = await asyncio.to_thread(secrets.get, home, "bot_token")
            if token and self._wanted:
                await self._run_link(token)
            await self._changed.wait()

    async def _run_link(self, token: str) -> None:
        """Connect until Discord refuses, or until the wish changes."""
        self._link = DiscordLink(token, self._surroundings, self._tell)
        running = asyncio.create_task(self._link.run())
        changed = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({running, changed}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                # An exception here is a bug, and ends the process with its traceback.
                running.result()
            else:
                self._tell(ConnectionState("offline"))
        finally:
            changed.cancel()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def _tell(self, state: ConnectionState) -> None:
        self._state = state
        if state.name != "online" and state.detail:
            self._context.events.event(f"Discord: {state.detail}")

    def state(self) -> Json:
        """Return the `discord` part of the status."""
        state, client = self._state, self._link.client if self._link else None
        told: Json = {
            "state": "off" if state.name == "offline" else state.name,
            "reason": state.detail,
            "hint": state.hint,
            "is_mention_only": state.is_mention_only,
        }
        if client is not None and client.user is not None:
            told["user"] = client.user.display_name
            told["invite"] = invite_url(client.user.id)
            if math.isfinite(client.latency):
                told["latency_ms"] = round(client.latency * 1000, 1)
        return told

    async def reconnect(self, asker: Asker, request: control.Reconnect) -> Json:
        """Connect again with the present token, or go offline."""
        self._wanted = request.connect
        self._changed.set()
        return {"connect": request.connect}

    async def listen(self, asker: Asker, request: control.Listen) -> Json:
        """Start or stop learning from a channel."""
        guild = await self._context.guild(request.guild)
        channel = await self._context.channel(guild.id, request.channel)
        await self._context.database.run(guilds.set_learning, channel.id, request.learn)
        return {"channel": channel.name, "learn": request.learn}

    async def send(self, asker: Asker, request: control.Send) -> Json:
        """Say the owner's words in a channel."""
        guild = await self._context.guild(request.guild)
        channel = await self._context.channel(guild.id, request.channel)
        talk = self._talk(channel.discord_id)
        nonce = discord.utils.time_snowflake(discord.utils.utcnow())
        sent = await send_parts(talk, split(neutralise(request.text)[0]), nonce)
        return {"sent": [str(one) for one in sent]}

    async def decide(self, asker: Asker, request: control.Decide) -> Json:
        """Send a draft, as it is or as edited by the owner, or discard it."""
        row = await self._context.database.run(replies.get, request.reply)
        if row is None or row.state != "draft":
            raise UsageError(f"Reply {request.reply} is not a draft.")
        if not request.approve:
            await self._context.database.run(replies.set_state, row.id, "failed")
            await opinions.rate(self._context, row.id, OWNER, -1, "draft")
        elif request.text is None or request.text == row.text:
            await self._send_draft(row, None)
            await opinions.rate(self._context, row.id, OWNER, 1, "draft")
        else:
            await self._send_draft(row, request.text)
            await opinions.rate(self._context, row.id, OWNER, -1, "edited", row.text)
        return {"reply": row.id, "sent": request.approve}

    async def _send_draft(self, row: Reply, text: str | None) -> None:
        if text is not None:
            await self._context.database.run(replies.finish, row.id, {"text": text})
        channel = await self._context.database.run(lambda: row.channel)
        talk = self._talk(channel.discord_id if channel else None)
        pieces = tuple(split(neutralise(text or row.text)[0]))
        answer = ReadyReply(row.id, pieces)
        await self._client().delivery.deliver(answer, talk, int(row.trigger or 0))

    async def train(self, asker: Asker, request: control.Train) -> Json:
        """Read the history of channels, or of all listened channels."""
        guild = await self._context.guild(request.guild)
        found = self._client().get_guild(int(guild.discord_id or 0))
        if found is None:
            raise UsageError(f"The bot is not in {guild.name}.")
        training = self._client().training
        if training.is_running(found.id):
            raise UsageError("This server is already being trained.")
        channels = await self._chosen(guild.id, found, request.channels)
        if not channels:
            raise UsageError(
                "The bot listens to no channel there.", "Choose a channel first."
            )
        await training.start(found, channels, None)
        return {"guild": guild.name, "channels": [one.name for one in channels]}

    async def _chosen(
        self, guild: int, found: discord.Guild, names: Sequence[str]
    ) -> list[discord.TextChannel]:
        if not names:
            return await self._client().training.channels_of(found)
        rows = [await self._context.channel(guild, name) for name in names]
        ids = {int(row.discord_id) for row in rows if row.discord_id}
        return [one for one in found.text_channels if one.id in ids]

    async def job(self, asker: Asker, request: control.JobControl) -> Json:
        """Pause, resume or stop a job, or the training of a guild's row."""
        if self._context.jobs.steer(request.job, request.action):
            return {"job": request.job, "action": request.action}
        guild = await self._context.database.run(guilds.get, request.job)
        training = self._client().training
        number = int(guild.discord_id or 0) if guild else 0
        if request.action == "stop":
            done = await training.stop(number)
        elif request.action == "pause":
            done = await training.pause(number)
        else:
            done = training.resume(number)
        if not done:
            raise UsageError(f"There is no such job to {request.action}.")
        return {"job": request.job, "action": request.action}

    def _client(self) -> MynahBot:
        client = self._link.client if self._link else None
        if client is None or self._state.name != "online":
            raise UsageError(
                NOT_CONNECTED, self._state.hint or "Connect the bot first."
            )
        return client

    def _talk(self, channel: str | None) -> Talk:
        found = self._client().get_channel(int(channel or 0))
        if not isinstance(found, Talk):
            raise UsageError("The bot cannot see that channel.")
        return found
