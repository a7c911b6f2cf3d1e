"""Finishes the replies that were begun and not sent, or closes them with a reason."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import discord

from app.chat.postprocess import in_name
from app.discord.messages import Talk, incoming
from app.discord.permissions import NO_RIGHT, may_write
from app.discord.ports import Ask, Incoming, Ports, ReadyReply, Unsent
from app.discord.sent_before import is_by, sent_before
from app.discord.talk.attached_context import attached_turns
from app.discord.talk.attached_pictures import attached_pictures
from app.discord.talk.voice_messages import is_unheard
from app.settings.schema import Config

if TYPE_CHECKING:
    from app.discord.delivery import Delivery

log = logging.getLogger(__name__)

MADE_AGAIN = 3
"""The tries for a reply whose words go again and again before it is sent."""

NOT_THERE = "I am not in that server any more"
NO_PLACE = "nobody writes in that channel"
NO_CALL = "what it answers is not a message of a person"


def ask_for(said: Incoming, reason: str) -> Ask:
    """Build the request for a reply to a message; a command has no words for it."""
    text = "" if reason == "command" else said.text
    name, to = said.author_name, said.reply_to
    return Ask(said.place, said.id, said.author, name, text, reason, reply_to=to)


class UnsentReplies:
    """Looks at them at every start, and after trouble on the way to Discord."""

    def __init__(
        self,
        bot: discord.Client,
        ports: Ports,
        clock: Callable[[], float],
        delivery: "Delivery",
    ) -> None:
        self._bot = bot
        self._ports = ports
        self._clock = clock
        self._delivery = delivery
        self._finishing = asyncio.Lock()

    async def make_again(self) -> None:
        """Make a reply again that lost its words just before it was sent."""
        for _ in range(MADE_AGAIN):
            if await self.finish():
                return

    async def servers(self) -> set[int]:
        """Return the servers to which something may still be sent."""
        return {one.guild for one in await self._ports.replies.unsent(self._clock())}

    async def finish(self) -> bool:
        """Send what may still be sent, and close the rest.

        Returns False if another try may send some more.
        """
        is_over = True
        # Two at once would write the same replies twice.
        async with self._finishing:
            for unsent in await self._ports.replies.unsent(self._clock()):
                is_over &= await self._finish_one(unsent)
        return is_over

    async def _finish_one(self, unsent: Unsent) -> bool:
        under_way = self._delivery.under_way
        if under_way.find(unsent.trigger):
            return True
        guild = self._bot.get_guild(unsent.guild)
        if guild is None:
            return await self._close(unsent, NOT_THERE)
        if guild.unavailable:
            # When the server is back, its replies are looked at again.
            return True
        try:
            with under_way.answering(unsent.trigger, unsent.channel):
                return await self._answer(unsent)
        except (discord.NotFound, discord.Forbidden, discord.InvalidData) as error:
            await self._ports.replies.refused(unsent.claim.reply, _unread(error))
            return True
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("An unsent reply waits after %s", error)
            return False

    async def _close(self, unsent: Unsent, reason: str) -> bool:
        await self._ports.replies.keep_silent(unsent.claim.reply, reason)
        return True

    async def _answer(self, unsent: Unsent) -> bool:
        # An archived thread is not among the known channels.
        known = self._bot.get_channel(unsent.channel)
        channel = known or await self._bot.fetch_channel(unsent.channel)
        if not isinstance(channel, Talk):
            return await self._close(unsent, NO_PLACE)
        message = await channel.fetch_message(unsent.trigger)
        own = self._bot.user.id if self._bot.user else 0
        said = incoming(message, own)
        if said is None:
            return await self._close(unsent, NO_CALL)
        config = await self._ports.guilds.settings(said.place)
        lines = in_name(unsent.parts, _speaker(unsent, config))
        ids = await sent_before(channel, is_by(own), unsent.trigger, lines)
        if not ids and unsent.role:
            by_hook = self._delivery.hooks.is_own
            ids = await sent_before(channel, by_hook, unsent.trigger, unsent.parts)
        if ids:
            await self._ports.replies.sent(unsent.claim.reply, ids)
            return True
        if not may_write(channel):
            return await self._close(unsent, NO_RIGHT)
        async with self._delivery.turn(channel.id):
            answer = await self._ready(unsent, message, said, config)
            if answer is None:
                return True
            sent = await self._delivery.deliver(answer, channel, unsent.trigger)
            return sent.state not in ("forgotten", "unsent")

    async def _ready(
        self,
        unsent: Unsent,
        message: discord.Message,
        said: Incoming,
        config: Config,
    ) -> ReadyReply | None:
        """Return a reply to send; None if there is none, or it is a draft now."""
        replies = self._ports.replies
        if unsent.parts and config.reply.shadow:
            await replies.hold(unsent.claim.reply)
            return None
        if unsent.parts:
            return ReadyReply(
                unsent.claim.reply,
                unsent.parts,
                _speaker(unsent, config),
                bool(unsent.role),
                has_buttons=config.reply.buttons,
            )
        turns = await attached_turns(message, config, self._ports.replies.took)
        ask = ask_for(said, unsent.reason)
        seen = attached_pictures(message, config)
        ask = replace(
            ask,
            claim=unsent.claim,
            turns=turns,
            pictures=seen,
            is_unheard=is_unheard(message, ask.text),
        )
        with self._delivery.under_way.making(ask):
            return await replies.answer(ask)


def _speaker(unsent: Unsent, config: Config) -> str:
    """Return the name of the character that speaks; empty for the bot itself."""
    return config.speak.sayable_name(unsent.role) if unsent.role else ""


def _unread(error: discord.DiscordException) -> str:
    """Return why a call that waits for its answer cannot be read again."""
    if isinstance(error, discord.Forbidden):
        return "I may no longer read the message"
    return (
        "the message that it answers is gone, or the time to answer the command is over"
    )
