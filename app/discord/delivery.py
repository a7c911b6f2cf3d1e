"""Delivers a reply to Discord: makes, types, sends or streams it, and notes it."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Literal
from weakref import WeakValueDictionary

import aiohttp
import discord

from app.chat.postprocess import preview
from app.discord import answers
from app.discord.actions.reply_buttons import again_button
from app.discord.actions.under_way import UnderWay
from app.discord.attachments import source_files
from app.discord.messages import Talk
from app.discord.permissions import NO_RIGHT, may_write
from app.discord.ports import Ask, Ports, ReadyReply
from app.discord.safe_sender import (
    MaySend,
    StreamedMessage,
    WordsGoneError,
    is_blocked,
    reference_to,
    refusal_of,
    send_parts,
    typing,
)
from app.discord.talk.character_hooks import CharacterHooks, HookGoneError, Mouth
from app.discord.talk.voice_messages import VoiceFile, is_wanted, voice_answer
from app.discord.unsent_replies import UnsentReplies
from app.settings.schema import Config

log = logging.getLogger(__name__)


CLOSED_SECONDS = 300.0
"""The time in which nobody uncalled is answered in a channel that refused a reply."""


REMEMBERED_COPIES = 100

WENT = "a message that it drew on was forgotten, or is not for everyone here any more"


@dataclass(frozen=True)
class Sent:
    """The outcome of a delivery, with Discord's reason where it was refused."""

    state: Literal["sent", "silent", "forgotten", "blocked", "refused", "unsent"]
    reason: str = ""


class Delivery:
    """Makes and delivers replies, one at a time per channel."""

    def __init__(
        self, bot: discord.Client, ports: Ports, clock: Callable[[], float]
    ) -> None:
        self._bot = bot
        self._ports = ports
        self._clock = clock
        self._locks = WeakValueDictionary[int, asyncio.Lock]()
        """Of the channels where something is made."""
        self._closed: dict[int, float] = {}
        """When Discord last refused to let it write in a channel."""
        self.hooks = CharacterHooks(bot, ports.faces)
        self.under_way = UnderWay()
        self.unsent = UnsentReplies(bot, ports, clock, self)
        self.on_unsent: Callable[[], None] = lambda: None
        """Called when a reply could not be sent, so that it is tried again later."""
        self._copies: dict[int, int] = {}
        """Proxied lines by the messages in whose place they stand."""
        self._waiting: Counter[int] = Counter()
        """The messages that wait for their turn, by channel."""

    async def respond(self, ask: Ask, channel: object, config: Config) -> Sent:
        """Make a reply and send it as an answer to its trigger."""
        if not isinstance(channel, Talk):
            return Sent("silent")
        with self.under_way.making(ask):
            sent = await self._respond(ask, channel, config)
        await self.follow_up(sent)
        return sent

    async def follow_up(self, sent: Sent) -> None:
        """Make a reply again whose words went, and try later what was not sent."""
        if sent.state == "forgotten":
            await self.unsent.make_again()
        elif sent.state == "unsent":
            self.on_unsent()

    @asynccontextmanager
    async def turn(self, channel: int) -> AsyncIterator[None]:
        """Wait for the channel's turn; whoever speaks knows how many wait."""
        lock = self._locks.setdefault(channel, asyncio.Lock())
        self._waiting[channel] += 1
        try:
            await lock.acquire()
        finally:
            self._waiting[channel] -= 1
            if not self._waiting[channel]:
                del self._waiting[channel]
        try:
            yield
        finally:
            lock.release()

    async def reply_of(self, message: int, channel: int) -> int | None:
        """Return the row of the reply that a message of the bot belongs to.

        People see it before the bot has noted that it sent it, and one that grows while
        it is still being written.
        """
        under_way = self.under_way.shown_by(channel, message)
        found = await self._ports.records.find_reply(message)
        for one in under_way:
            if found is not None:
                break
            await one.ended.wait()
            found = await self._ports.records.find_reply(message)
        return found

    async def _respond(self, ask: Ask, channel: Talk, config: Config) -> Sent:
        async with self.turn(channel.id):
            claim = ask.claim or await self._ports.replies.claim(ask)
            if claim is None:
                return Sent("silent")
            if not may_write(channel):
                # The right went while the call waited for its turn.
                await self._ports.replies.keep_silent(claim.reply, NO_RIGHT)
                return Sent("silent", NO_RIGHT)
            ask = replace(ask, claim=claim, waiting=self._waiting[channel.id])
            sent = await self._try(ask, channel, config, is_last=False)
            if sent.state == "blocked":
                sent = await self._try(ask, channel, config, is_last=True)
            return sent

    async def _try(
        self, ask: Ask, channel: Talk, config: Config, *, is_last: bool
    ) -> Sent:
        """Make one line and send it; AutoMod may take another one."""
        is_shown = config.reply.stream and not config.reply.shadow
        is_shown = is_shown and not is_last and not ask.is_start
        is_aloud = is_wanted(ask.is_spoken, config)
        # A character's words show under its name, which the bot's own message has not.
        is_shown = is_shown and not is_aloud
        if is_shown and not await self._ports.replies.is_for_character(ask):
            return await self._stream(ask, channel, config)
        voice, replies = None, self._ports.replies
        async with typing(channel):
            answer = await replies.answer(ask)
            if is_aloud:
                voice = await voice_answer(answer, channel, config, replies)
        if answer is None:
            return Sent("silent")
        if is_aloud:
            # What it drew on may have gone while it was said.
            answer = replace(answer, is_fresh=False)
        # A nonce that made a message makes no other one, even if it was deleted. One
        # that made none stays, as a reply sent just before a kill is known by it.
        nonce = ask.trigger + 2 if is_last and ask.halt.is_shown else ask.trigger
        return await self.deliver(
            answer,
            channel,
            ask.trigger,
            nonce=nonce,
            is_last=is_last,
            is_start=ask.is_start,
            voice=voice,
        )

    async def deliver(
        self,
        answer: ReadyReply,
        channel: Talk,
        trigger: int,
        *,
        tts: bool = False,
        nonce: int | None = None,
        is_last: bool = True,
        is_start: bool = False,
        voice: VoiceFile | None = None,
    ) -> Sent:
        """Send a reply's parts, and note their ids, or why Discord took none.

        Args:
            nonce: The number that names the reply, if not the trigger.
            is_last: No other line follows if AutoMod blocks this one.
            is_start: Nobody is answered.
            voice: The reply as a voice message, which Discord may take instead.
        """
        if answer.is_draft or not answer.parts:
            return Sent("sent" if answer.is_draft else "silent")
        files = await source_files(self._bot, answer.files, channel)
        at = self._in_place_of(trigger)
        answered = None if is_start else reference_to(channel, at)
        ids, may_send = list[int](), self.check_of(answer)
        mouth = await self.mouth_of(answer, channel)
        lines = answer.lines if mouth is None else answer.parts
        try:
            await send_parts(
                channel, lines, nonce or trigger,
                reference=answered, files=files, tts=tts, may_send=may_send,
                view=again_button if answer.has_buttons else None,
                sent=ids, mouth=mouth, voice=voice,
            )  # fmt: skip
        except HookGoneError as gone:
            await self.hooks.lost(gone.hook)
            if not ids:
                # It speaks through a new one, or under the bot's own name.
                return await self.deliver(
                    answer, channel, trigger, tts=tts, nonce=nonce, is_last=is_last,
                    is_start=is_start,
                )  # fmt: skip
        except WordsGoneError:
            return await self._gone(answer.reply, ids)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            return await self._not_sent(
                answer.reply, channel, error, ids, is_last=is_last
            )
        await self._ports.replies.sent(answer.reply, ids)
        return Sent("sent")

    async def mouth_of(self, answer: ReadyReply, channel: Talk) -> Mouth | None:
        """Return the webhook of the character who speaks, where it has one."""
        return await self.hooks.of(channel, answer.name) if answer.is_role else None

    async def answer_command(
        self, answer: ReadyReply, context: discord.ApplicationContext, *, is_aloud: bool
    ) -> Sent:
        """Send a reply as the answer to a deferred command, and note its ids.

        Discord hands out no message of a command, so it is not made again.
        """
        files = await source_files(self._bot, answer.files, context.channel)
        may_send, ids = self.check_of(answer), list[int]()
        lines = answer.lines
        for number, part in enumerate(lines):
            if not await may_send():
                await self._ports.replies.sent(answer.reply, ids)
                return Sent("sent" if ids else "forgotten", WENT)
            if is_aloud and number == 0:
                # The first follow-up changes the deferred answer, and no change is read
                # aloud. Without that answer it is a message of its own.
                await context.interaction.delete_original_response()
            made = [make() for make in files] if number == 0 else []
            is_last = number == len(lines) - 1
            view = again_button() if answer.has_buttons and is_last else None
            try:
                sent = await answers.respond(
                    context, part, tts=is_aloud, files=made, view=view
                )
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                if ids:
                    await self._ports.replies.sent(answer.reply, ids)
                reason = refusal_of(error)
                if reason is None or ids:
                    raise
                await self._ports.replies.refused(answer.reply, reason)
                return Sent("refused", reason)
            ids.append(sent.id)
        await self._ports.replies.sent(answer.reply, ids)
        return Sent("sent")

    def check_of(self, answer: ReadyReply) -> MaySend:
        """Return a check that no source was forgotten or hidden since it was made.

        A draft waits for days, and fetching files or trying again takes a while; the
        first words of a reply that was made a moment ago need no other look.
        """
        is_known = answer.is_fresh and not answer.files

        async def may_send() -> bool:
            nonlocal is_known
            if is_known:
                is_known = False
                return True
            return await self._ports.replies.may_send(answer.reply)

        return may_send

    async def _gone(self, reply: int, sent: Sequence[int]) -> Sent:
        """Note what of a reply was said before its words went."""
        if sent:
            await self._ports.replies.sent(reply, sent)
        return Sent("forgotten", WENT)

    def follow(self, original: int, copy: int) -> None:
        """Answer the proxied line in a message's place."""
        self._copies[original] = copy
        if len(self._copies) > REMEMBERED_COPIES:
            del self._copies[next(iter(self._copies))]

    def _in_place_of(self, trigger: int) -> int:
        return self._copies.get(trigger, trigger)

    def is_closed(self, channel: int) -> bool:
        """Return whether Discord refused a reply there a moment ago."""
        return self._clock() - self._closed.get(channel, 0.0) < CLOSED_SECONDS

    def reopen(self) -> None:
        """Forget refusals, since somebody changed rights."""
        self._closed.clear()

    async def _not_sent(
        self,
        reply: int,
        channel: Talk,
        error: Exception,
        sent: Sequence[int],
        *,
        is_last: bool,
    ) -> Sent:
        """Note a refusal; the next session tries again what only failed.

        Args:
            sent: The ids of the parts that Discord took before.
        """
        reason = refusal_of(error)
        if reason is None:
            log.error("A reply could not be sent: %s", error)
            return Sent("unsent", str(error))
        if is_blocked(error) and not is_last and not sent:
            return Sent("blocked", reason)
        if isinstance(error, discord.Forbidden):
            self._closed = {
                one: then for one, then in self._closed.items() if self.is_closed(one)
            } | {channel.id: self._clock()}
        log.warning("Discord refused a reply in channel %s: %s", channel.id, reason)
        if sent:
            await self._ports.replies.sent(reply, sent)
            return Sent("sent")
        await self._ports.replies.refused(reply, reason)
        return Sent("refused", reason)

    async def _stream(self, ask: Ask, channel: Talk, config: Config) -> Sent:
        """Show the reply while it is being written."""
        growing = StreamedMessage(
            channel,
            ask.trigger,
            self._clock,
            has_buttons=config.reply.buttons,
            answered=self._in_place_of,
        )
        reply, state = ask.claim.reply if ask.claim else 0, Sent("silent")
        rest = list[int]()
        try:
            async with typing(channel):
                async for piece in self._ports.replies.stream(ask):
                    if isinstance(piece, str):
                        await growing.show(preview(piece))
                        ask.halt.is_shown = growing.id is not None
                    elif piece is None or piece.is_draft or not piece.parts:
                        await growing.withdraw()
                    else:
                        await self._finish_stream(growing, piece, ask, channel, rest)
                        state = Sent("sent")
        except WordsGoneError:
            await growing.withdraw()
            return await self._gone(reply, rest)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            # Half a reply would stay for ever.
            await growing.withdraw()
            return await self._not_sent(reply, channel, error, rest, is_last=False)
        return state

    async def _finish_stream(
        self,
        growing: StreamedMessage,
        whole: ReadyReply,
        ask: Ask,
        channel: Talk,
        sent: list[int],
    ) -> None:
        """Show the final text, and send what does not fit into the first message.

        Args:
            sent: Takes the ids of the messages after the first one.
        """
        may_send, trigger = self.check_of(whole), ask.trigger + 1
        lines, view = whole.lines, again_button if whole.has_buttons else None
        rest = lines[1:]
        await growing.finish(lines[0], None if rest else view, may_send)
        ask.halt.is_shown = growing.id is not None
        await send_parts(
            channel, rest, trigger, view=view, may_send=may_send, sent=sent
        )
        first = [growing.id] if growing.id else []
        await self._ports.replies.sent(whole.reply, first + sent)
