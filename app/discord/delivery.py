"""Delivers a reply to Discord: makes, types, sends or streams it, and notes it."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import aiohttp
import discord

from app.chat.postprocess import preview
from app.discord.attachments import source_files
from app.discord.messages import Talk, incoming, place_of
from app.discord.ports import Ask, Incoming, Ports, ReadyReply, Unsent
from app.discord.safe_sender import StreamedMessage, reference_to, send_parts, typing
from app.settings.schema import Config

log = logging.getLogger(__name__)


def ask_for(said: Incoming, reason: str) -> Ask:
    """Build the request for a reply to a message."""
    return Ask(said.place, said.id, said.author, said.author_name, said.text, reason)


class Delivery:
    """Makes and delivers replies, one at a time per channel."""

    def __init__(
        self, bot: discord.Client, ports: Ports, clock: Callable[[], float]
    ) -> None:
        self._bot = bot
        self._ports = ports
        self._clock = clock
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._under_way: set[int] = set()
        """Triggers being answered now."""

    async def respond(self, ask: Ask, channel: object, config: Config) -> None:
        """Make a reply and send it as an answer to its trigger."""
        if not isinstance(channel, Talk):
            return
        with self._answering(ask.trigger):
            is_over = await self._respond(ask, channel, config)
        if not is_over:
            await self.finish_unsent()

    @contextmanager
    def _answering(self, trigger: int) -> Iterator[None]:
        self._under_way.add(trigger)
        try:
            yield
        finally:
            self._under_way.discard(trigger)

    async def _respond(self, ask: Ask, channel: Talk, config: Config) -> bool:
        """Return False if the reply has to be made again, as in `deliver`."""
        async with self._locks[channel.id]:
            if config.reply.stream and not config.reply.shadow:
                with _failures_told(channel):
                    await self._stream(ask, channel)
                return True
            async with typing(channel):
                answer = await self._ports.replies.answer(ask)
            return answer is None or await self.deliver(answer, channel, ask.trigger)

    async def deliver(
        self, answer: ReadyReply, channel: Talk, trigger: int, *, tts: bool = False
    ) -> bool:
        """Send a reply's parts, and note their ids.

        Returns False if a source was forgotten meanwhile, so that it was not sent.
        """
        if answer.is_draft or not answer.parts:
            return True
        files = await source_files(self._bot, answer.files, channel)
        reference = reference_to(channel.id, trigger)
        # Fetching files takes a while, in which a source may have been deleted.
        if answer.files and not await self._ports.replies.may_send(answer.reply):
            return False
        with _failures_told(channel):
            ids = await send_parts(
                channel, answer.parts, trigger,
                reference=reference, files=files, tts=tts,
            )  # fmt: skip
            await self._ports.replies.sent(answer.reply, ids)
        return True

    async def _stream(self, ask: Ask, channel: Talk) -> None:
        """Show the reply while it is being written."""
        reference = reference_to(channel.id, ask.trigger)

        async def send(text: str) -> discord.Message:
            return await channel.send(
                text, nonce=f"{ask.trigger}-0", enforce_nonce=True, reference=reference
            )

        growing = StreamedMessage(send, self._clock)
        async with typing(channel):
            async for piece in self._ports.replies.stream(ask):
                if isinstance(piece, str):
                    await growing.show(preview(piece))
                elif piece is None:
                    await growing.withdraw()
                elif piece.parts:
                    await growing.finish(piece.parts[0])
                    rest = await send_parts(channel, piece.parts[1:], ask.trigger + 1)
                    first = [growing.id] if growing.id else []
                    await self._ports.replies.sent(piece.reply, first + rest)

    async def finish_unsent(self) -> None:
        """Send replies that were begun before a restart, unless they are too old."""
        for unsent in await self._ports.replies.unsent():
            channel = self._bot.get_channel(unsent.channel)
            place = place_of(channel)
            if place is None or not isinstance(channel, Talk):
                continue
            if unsent.trigger in self._under_way:
                continue
            config = await self._ports.guilds.settings(place)
            written = discord.utils.snowflake_time(unsent.trigger).timestamp()
            if self._clock() - written <= config.speak.max_age_seconds:
                with self._answering(unsent.trigger):
                    await self._finish(unsent, channel)

    async def _finish(self, unsent: Unsent, channel: Talk) -> None:
        try:
            message = await channel.fetch_message(unsent.trigger)
        except (discord.NotFound, discord.Forbidden):
            # The message was deleted, or the time to answer the command is over.
            return
        said = incoming(message, self._bot.user.id if self._bot.user else 0)
        if said is None:
            return
        async with self._locks[channel.id]:
            answer: ReadyReply | None = ReadyReply(unsent.claim.reply, unsent.parts)
            if not unsent.parts:
                ask = replace(ask_for(said, "mention"), claim=unsent.claim)
                answer = await self._ports.replies.answer(ask)
            if answer is not None:
                await self.deliver(answer, channel, unsent.trigger)


@contextmanager
def _failures_told(channel: Talk) -> Iterator[None]:
    """Log Discord's refusals; the reply's row shows that it was never sent.

    The next session tries again, unless it lacks permission.
    """
    try:
        yield
    except discord.Forbidden:
        log.warning("No right to write in channel %s", channel.id)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.error("A reply could not be sent: %s", error)
