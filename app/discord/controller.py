"""Switches Discord on and off for a home, and carries out the owner's requests."""

import asyncio
import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import aiohttp
import discord

from app.chat.postprocess import neutralise, split
from app.core import secrets
from app.core.errors import UsageError
from app.core.invite_link import invite_url
from app.core.names import GuildId
from app.discord.actions.machine import StoredMachine
from app.discord.backfill import Trained
from app.discord.client import MynahBot
from app.discord.connection import DiscordLink
from app.discord.liveness import is_beating, sockets
from app.discord.messages import Talk, channels_of
from app.discord.ports import STARTS, Ports, ReadyReply
from app.discord.safe_sender import refusal_of, send_parts
from app.discord.stored.guild_events import StoredGuilds
from app.discord.stored.id_map import IdMap
from app.discord.stored.made_replies import StoredReplyRecords
from app.discord.stored.member_data import StoredMembers
from app.discord.stored.message_events import StoredMessages
from app.discord.stored.reply_service import StoredReplies
from app.discord.stored.stored_faces import StoredFaces
from app.discord.surroundings import ConnectionState, Surroundings
from app.ipc import control
from app.service import opinions
from app.service.app_context import AppContext
from app.service.events import Asker
from app.service.handlers.replies import OWNER
from app.service.privacy import delete_after_grace
from app.store import guilds, replies
from app.store.engines.turns import identify_wait
from app.store.reply import outcomes
from app.store.rows import StoredReply

log = logging.getLogger(__name__)

GRACE_CHECK_SECONDS = 6 * 3600.0

NOT_CONNECTED = "The bot is not connected to Discord."


class DiscordController:
    """Keeps a home connected while it has a bot token, and acts on Discord for it."""

    def __init__(self, context: AppContext, rng: Random) -> None:
        self._context = context
        self._ports = ports_of(context, rng)
        settings = context.settings
        self._surroundings = Surroundings(
            self._ports,
            settings.bot,
            context.discord_state,
            rng=rng,
            troubles=context.troubles,
            supervisor=context.supervisor,
            proxy=lambda: context.discord_proxy,
            shards=context.held.shards,
            identify_wait=None if context.held.shards.are_all else self._identify_wait,
        )
        self._link: DiscordLink | None = None
        self._wanted = True
        self._changed = asyncio.Event()
        context.forgetter.on_withdrawn = self.withdraw
        context.cast.on_change = self.tidy_hooks

    async def _identify_wait(self, bucket: int, seconds: float) -> float:
        return await self._context.database.run(identify_wait, bucket, seconds)

    async def tidy_hooks(self, guild: GuildId) -> None:
        """Delete the webhooks of characters that are gone; later if not connected."""
        client = self._link.client if self._link else None
        row = await self._context.database.run(guilds.get, guild)
        if client is not None and row is not None and row.discord_id:
            await client.delivery.hooks.tidy(int(row.discord_id))

    async def run(self) -> None:
        """Stay connected whenever that is wanted and possible."""
        keep = self._context.supervisor.keep
        overdue, connection = "Deleting overdue data", "The connection to Discord"
        async with asyncio.TaskGroup() as group:
            group.create_task(keep(overdue, self._keep_grace_times))
            group.create_task(keep(connection, self._stay_connected, gives_up=False))

    async def withdraw(self, guild: GuildId, sent: Sequence[tuple[str, str]]) -> None:
        """Delete the bot's messages that lost their words, where the owner wants it."""
        config = await self._context.settings.of(guild)
        if not config.learn.delete_own_lines:
            return
        client, left = self._link.client if self._link else None, 0
        for channel, message in sent:
            talk = client.get_channel(int(channel)) if client else None
            if client is None or not isinstance(talk, Talk):
                left += 1
                continue
            try:
                await client.delivery.hooks.delete_message(talk, int(message))
            except discord.NotFound:
                continue
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.warning("A message in %s could not be deleted: %s", channel, error)
                left += 1
        if left:
            self._context.events.warn(
                f"{left} of the bot's messages that drew on forgotten messages stay on"
                " Discord. Delete them there."
            )

    async def _keep_grace_times(self) -> None:
        """Delete overdue data even if the bot stays connected for weeks."""
        while True:
            await asyncio.sleep(GRACE_CHECK_SECONDS)
            # Offline it may not know yet that it was invited again.
            if self._state.name == "online":
                await delete_after_grace(self._context)

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
        finally:
            is_over = running.done()
            changed.cancel()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            if not is_over:
                self._link = None
        if is_over:
            running.result()

    @property
    def _state(self) -> ConnectionState:
        return self._link.state if self._link else ConnectionState("offline")

    def _tell(self, state: ConnectionState) -> None:
        if state.name != "online" and state.detail:
            self._context.events.event(f"Discord: {state.detail}")

    def state(self) -> control.DiscordStatus:
        """Return the `discord` part of the status."""
        state, client = self._state, self._link.client if self._link else None
        told = control.DiscordStatus(
            state="off" if state.name == "offline" else state.name,
            reason=state.detail,
            hint=state.hint,
            is_mention_only=state.is_mention_only,
        )
        if client is None or client.user is None:
            return told
        return replace(
            told,
            user=client.user.display_name,
            invite=invite_url(client.user.id),
            latency_ms=_milliseconds(client.latency),
            shards=[
                control.ShardStatus(
                    number, is_beating(one), _milliseconds(one.latency) if one else None
                )
                for number, one in sockets(client).items()
            ],
        )

    async def reconnect(
        self, asker: Asker, request: control.Reconnect
    ) -> control.ReconnectReply:
        """Connect again with the present token, or go offline."""
        self._wanted = request.connect
        self._changed.set()
        return control.ReconnectReply(request.connect)

    async def send(self, asker: Asker, request: control.Send) -> control.SendReply:
        """Say the owner's words in a channel."""
        guild = await self._context.guild(request.guild)
        await self._context.held.require(guild.id)
        channel = await self._context.channel(guild.id, request.channel)
        talk = self._talk(channel.discord_id)
        await self._require_sayable(guild.id, request.text)
        nonce = discord.utils.time_snowflake(discord.utils.utcnow())
        parts = split(neutralise(request.text)[0])
        sent = list[int]()
        try:
            await send_parts(talk, parts, nonce, sent=sent)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            reason = refusal_of(error) or str(error)
            done = "Only the beginning" if sent else "Nothing"
            raise UsageError(f"{done} was sent: {reason}.") from error
        return control.SendReply([str(one) for one in sent])

    async def decide(
        self, asker: Asker, request: control.Decide
    ) -> control.DecideReply:
        """Send a draft, as it is or as edited by the owner, or reject it.

        A rejected draft can still be sent.
        """
        row = await self._context.database.run(replies.get, request.reply)
        if row is None or row.state not in ("draft", "rejected"):
            raise UsageError(f"Reply {request.reply} is not a draft.")
        try:
            await self._decide(row, request)
        finally:
            self._tell_changed(row)
        return control.DecideReply(row.id, request.approve)

    async def _decide(self, row: StoredReply, request: control.Decide) -> None:
        if not request.approve:
            await self._context.database.run(outcomes.set_state, row.id, "rejected")
            await opinions.rate(self._context, row.id, OWNER, -1, "draft")
        elif request.text is None or request.text == row.text:
            await self._send_draft(row, None)
            await opinions.rate(self._context, row.id, OWNER, 1, "draft")
        else:
            await self._send_draft(row, request.text)
            await opinions.rate(self._context, row.id, OWNER, -1, "edited", row.text)

    def _tell_changed(self, row: StoredReply) -> None:
        """Let every screen count the drafts that wait."""
        changed = control.ReplyMade(row.id, row.guild_id, row.channel_id)
        self._context.events.tell(changed)

    async def draft_back(
        self, asker: Asker, request: control.DraftBack
    ) -> control.DecideReply:
        """Let a rejected draft wait again, as if nobody had decided."""
        row = await self._context.database.run(replies.get, request.reply)
        if row is None or row.state != "rejected":
            raise UsageError(f"Reply {request.reply} is not a rejected draft.")
        if not row.text:
            raise UsageError("The message behind this draft was forgotten.")
        await self._context.database.run(outcomes.set_state, row.id, "draft")
        await opinions.rate(self._context, row.id, OWNER, 0, "draft")
        self._tell_changed(row)
        return control.DecideReply(row.id, False)

    async def _require_sayable(self, guild: GuildId, text: str) -> None:
        config = await self._context.settings.of(guild)
        if config.speak.forbids(text):
            raise UsageError(
                "The text has a word that the bot never says on this server.",
                "Reword it, or change speak.never_say.",
            )

    async def _send_draft(self, row: StoredReply, text: str | None) -> None:
        await self._context.held.require(row.guild_id)
        await self._require_sayable(row.guild_id, text or row.text)
        if text is not None:
            run, changed = self._context.database.run, {"text": text}
            if await run(replies.finish, row.id, changed) is None:
                raise UsageError("The message behind this draft was forgotten.")
        channel = (
            await self._context.database.run(guilds.get_channel, row.channel_id)
            if row.channel_id
            else None
        )
        talk = self._talk(channel.discord_id if channel else None)
        pieces = tuple(split(neutralise(text or row.text)[0]))
        speak = (await self._context.settings.of(row.guild_id)).speak
        name = speak.sayable_name(row.role) if row.role else ""
        answer = ReadyReply(row.id, pieces, name, bool(row.role))
        delivery, trigger = self._client().delivery, int(row.trigger or 0)
        with delivery.under_way.answering(trigger, talk.id):
            is_start = row.reason in STARTS
            sent = await delivery.deliver(answer, talk, trigger, is_start=is_start)
        if sent.state == "refused":
            # The owner may mend the reason, and then send it.
            await self._context.database.run(outcomes.set_state, row.id, "draft")
        if sent.state != "sent":
            raise UsageError(f"The draft was not sent: {sent.reason}.", "It waits on.")

    async def train(self, asker: Asker, request: control.Train) -> control.TrainReply:
        """Read the history of channels, or of all listened channels."""
        guild = await self._context.guild(request.guild)
        await self._context.held.require(guild.id)
        found = self._client().get_guild(int(guild.discord_id or 0))
        if found is None:
            raise UsageError(f"The bot is not in {guild.name}.")
        training = self._client().training
        chosen = await self._chosen(guild.id, found, request.channels)
        channels = await training.to_read(found, chosen)
        await training.prepare(found, channels, None)
        training.resume(found.id)
        return control.TrainReply(guild.name, [one.name for one in channels])

    async def _chosen(
        self, guild: GuildId, found: discord.Guild, names: Sequence[str]
    ) -> Sequence[Trained] | None:
        """Return the channels with those names; None stands for all."""
        if not names:
            return None
        rows = [await self._context.channel(guild, name) for name in names]
        ids = {int(row.discord_id) for row in rows if row.discord_id}
        channels: list[Trained] = [*channels_of(found), *found.threads]
        return [one for one in channels if one.id in ids]

    async def job(
        self, asker: Asker, request: control.JobControl
    ) -> control.JobControlReply:
        """Pause, resume or stop a job, or the training of a guild's row."""
        if await self._context.jobs.steer(request.job, request.action):
            return control.JobControlReply(request.job, request.action)
        guild = await self._context.database.run(guilds.get, GuildId(request.job))
        training = self._client().training
        number = int(guild.discord_id or 0) if guild else 0
        if request.action == "stop":
            done = await training.stop(number)
        elif request.action == "pause":
            done = await training.pause(number)
        else:
            done = training.resume(number)
        if not done:
            raise UsageError(f"There is no job to {request.action}.")
        return control.JobControlReply(request.job, request.action)

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


def _milliseconds(latency: float) -> float | None:
    """Return a latency of py-cord's, which is no number before the first heartbeat."""
    return round(latency * 1000, 1) if math.isfinite(latency) else None


def ports_of(context: AppContext, rng: Random) -> Ports:
    """The ports of one home."""
    ids = IdMap(context)
    return Ports(
        StoredGuilds(context, ids, rng),
        StoredMessages(context, ids),
        StoredReplies(context, ids, rng),
        StoredReplyRecords(context, ids),
        StoredMembers(context, ids),
        StoredMachine(context),
        StoredFaces(context, ids),
    )
