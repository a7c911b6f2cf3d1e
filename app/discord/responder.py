"""Decides when the bot speaks on Discord."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from time import perf_counter
from weakref import WeakValueDictionary

import discord

from app.chat import reply_trigger
from app.chat.rate_limiter import RateLimiter
from app.core.state_file import StateFile
from app.core.supervisor import Supervisor
from app.discord.actions.strangers import NOT_LISTED
from app.discord.delivery import Delivery
from app.discord.messages import (
    Writable,
    answered_message,
    incoming,
    is_to_others,
    mentions_bot,
    own_line,
    replies_to_bot,
    shown_words,
    spell_out,
)
from app.discord.permissions import NO_RIGHT, may_speak_to, may_write
from app.discord.ports import Ask, Incoming, MessagePlace, Ports, Situation
from app.discord.safe_sender import typing
from app.discord.talk.attached_context import attached_turns
from app.discord.talk.attached_pictures import attached_pictures
from app.discord.talk.channel_talk import ChannelTalk
from app.discord.talk.debounce import Burst
from app.discord.talk.voice_messages import is_unheard, voice_message
from app.discord.unsent_replies import ask_for
from app.replies.request import FileReader
from app.service.handlers.channel_actions import Silences, whole
from app.settings.schema import Config
from app.settings.speech_rules import is_listed
from app.settings.speech_sections import BotSettings, SpeakSettings

log = logging.getLogger(__name__)

REMEMBERED_DECISIONS = 200
REMEMBERED_THREADS = 1000
CLOSING_SECONDS = 3.0
NO_ROLE = "the author has none of the allowed roles"
UNCALLED = ("follow-up", "join-in")
"""Kinds of call that nobody waits for, where a reaction may suffice."""


@dataclass(frozen=True)
class JudgedMessage:
    """A message with the decision on it."""

    channel: int
    message: int
    author_name: str
    decision: reply_trigger.Decision


class Speaker:
    """Decides on messages, and has them answered."""

    def __init__(
        self,
        bot: discord.Client,
        ports: Ports,
        delivery: Delivery,
        talk: ChannelTalk,
        settings: Callable[[], BotSettings],
        state: StateFile,
        clock: Callable[[], float],
        rng: Random,
        supervisor: Supervisor,
    ) -> None:
        self._supervisor = supervisor
        self._bot = bot
        self._ports = ports
        self._delivery = delivery
        self._talk = talk
        self._settings = settings
        self.silences = Silences(state, clock)
        self._clock = clock
        self._rng = rng
        self._rates = RateLimiter(clock)
        self._deciding = WeakValueDictionary[int, asyncio.Lock]()
        """Of the channels of which a message is decided on."""
        self._bursts: dict[tuple[int, str], Burst] = {}
        self._own_threads: dict[int, bool] = {}
        """True for threads that were made from one of the bot's messages."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.judged: deque[JudgedMessage] = deque(maxlen=REMEMBERED_DECISIONS)

    async def consider(
        self,
        message: discord.Message,
        said: Incoming,
        found: Situation | None = None,
    ) -> None:
        """Decide whether to answer a message of a guild, and answer it.

        `found` are the circumstances, where hearing it has told them. Each channel's
        messages are decided one at a time, in order, so that each decision sees the one
        before.
        """
        order = self._deciding.setdefault(said.place.channel, asyncio.Lock())
        async with order:
            burst = self._bursts.get((said.place.channel, said.person))
            if burst is not None:
                burst.add(said.text)
            found = found or await self._ports.replies.situation(said)
            is_own = await self._is_own_thread(message.channel)
            decision = self._decide(message, said, found, is_own)
            entry = JudgedMessage(
                said.place.channel, said.id, said.author_name, decision
            )
            # Catching up sees what was answered before a restart once more.
            if not found.is_answered:
                self.judged.append(entry)
            if decision.speak:
                await self._begin(message, said, decision, found)
            elif not said.is_bot and self._is_call(message, decision.kind):
                kind = decision.kind or "mention"
                await self._ports.replies.decline(said, kind, decision.reason)

    async def _begin(
        self,
        message: discord.Message,
        said: Incoming,
        decision: reply_trigger.Decision,
        found: Situation,
    ) -> None:
        """Answer in the background; the decision takes effect now."""
        noted = self._note_spoken(said.place, said.person)
        ask = ask_for(said, decision.kind)
        if not message.content:
            words = spell_out(message, self.own_id, shown_words(message))
            ask = replace(ask, text=words)
        if decision.kind not in UNCALLED:
            claim = await self._ports.replies.claim(ask)
            if claim is None:
                return
            ask = replace(ask, claim=claim)
        burst = None
        if found.config.speak.burst_seconds:
            burst = self._bursts[said.place.channel, said.person] = Burst(said)
        task = asyncio.create_task(self._act(message, ask, found, burst, noted))
        self._supervisor.watch(task, "Answering a message")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _decide(
        self,
        message: discord.Message,
        said: Incoming,
        found: Situation,
        is_own_thread: bool,
    ) -> reply_trigger.Decision:
        own, mine = self.own_id, self._mine(message)
        if not self.may_be_in(said.place.guild):
            return reply_trigger.Decision(False, "", NOT_LISTED)
        heard = reply_trigger.HeardMessage(
            channel=str(said.place.root),
            channel_name=said.place.root_name,
            text=said.text,
            is_bot=said.is_bot and not found.is_person,
            has_opted_out=found.has_opted_out,
            mentions_bot=mentions_bot(message, own),
            replies_to_bot=replies_to_bot(message, mine),
            is_in_own_thread=is_own_thread,
            is_to_others=is_to_others(self._bot, message, mine),
            is_answered=found.is_answered,
            age_seconds=self._clock() - said.at_ms / 1000,
        )
        now = datetime.fromtimestamp(self._clock())
        recent = self._recent(said.place, said.person)
        minute, speak = now.hour * 60 + now.minute, found.config.speak
        decision = reply_trigger.decide(heard, recent, speak, minute, self._rng)
        if not may_speak_to(message.author, self._settings().allowed_roles):
            return replace(decision, speak=False, reason=NO_ROLE)
        is_closed = self._delivery.is_closed(said.place.channel)
        is_refused = is_closed and decision.speak and decision.kind in UNCALLED
        if is_refused or not may_write(message.channel):
            return replace(decision, speak=False, reason=NO_RIGHT)
        return decision

    async def _is_own_thread(self, channel: object) -> bool:
        """Return whether a thread was made from one of the bot's messages.

        Such a thread has the message's id.
        """
        if not isinstance(channel, discord.Thread):
            return False
        if channel.id not in self._own_threads:
            if len(self._own_threads) >= REMEMBERED_THREADS:
                self._own_threads.clear()
            reply = await self._delivery.reply_of(channel.id, channel.parent_id)
            self._own_threads[channel.id] = reply is not None
        return self._own_threads[channel.id]

    def _recent(self, place: MessagePlace, author: str) -> reply_trigger.Recent:
        return reply_trigger.Recent(
            self._rates.seconds_since(f"channel {place.channel}"),
            self._rates.seconds_since(f"author {place.guild} {author}"),
            self._rates.count(f"guild {place.guild}", 60.0),
            self._silence_of(place) > self._clock(),
        )

    def _silence_of(self, place: MessagePlace) -> float:
        until = self.silences.until
        return max(until(str(place.root)), until(whole(str(place.guild))))

    def may_start(self, place: MessagePlace, speak: SpeakSettings) -> bool:
        """Return whether nobody wants quiet there, and the server's limit has room."""
        recent = self._recent(place, "")
        return not recent.is_hushed and not reply_trigger.too_much(recent, speak)

    def may_be_in(self, guild: int) -> bool:
        """Return whether a server (Discord's id) is on the owner's list."""
        return is_listed(self._settings().servers, guild)

    def must_wait(self, place: MessagePlace, author: str, config: Config) -> str | None:
        """Return why a person gets no other version of a reply yet; note it if not."""
        recent, speak = self._recent(place, author), config.speak
        reason = reply_trigger.too_much(recent, speak)
        reason = reason or reply_trigger.too_soon(recent, speak)
        if reason is None:
            self._note_spoken(place, author)
        return reason

    def note_started(self, place: MessagePlace) -> None:
        """Note that it starts talk."""
        self._rates.note(f"channel {place.channel}")
        self._rates.note(f"guild {place.guild}")

    def _note_spoken(self, place: MessagePlace, author: str) -> dict[str, float]:
        """Note that it speaks; return what to take back if it does not."""
        self._rates.note(f"guild {place.guild}")
        keys = (f"channel {place.channel}", f"author {place.guild} {author}")
        return {key: self._rates.note(key) for key in keys}

    async def _act(
        self,
        message: discord.Message,
        ask: Ask,
        found: Situation,
        burst: Burst | None,
        noted: Mapping[str, float],
    ) -> None:
        config = found.config
        if ask.reason in UNCALLED and self._rng.random() < config.speak.react:
            if await self._react(message, ask.place):
                return
        if burst is not None:
            text = await self._whole(burst, config.speak.burst_seconds)
            ask = replace(ask, text=text)
        channel, read = message.channel, voice_message(message, config)
        if read and not ask.text and isinstance(channel, Writable):
            async with typing(channel):
                text = await self._ports.replies.transcript(read)
            # The time for the reply begins when it is known what to answer.
            ask = replace(ask, text=text, is_spoken=bool(text), arrived=perf_counter())
        if ask.reason not in UNCALLED:
            ask = replace(ask, is_unheard=is_unheard(message, ask.text))
        if not found.is_learning:
            ask = replace(ask, turns=await self._turns_before(message))
        took = self._ports.replies.took
        came_with = await attached_turns(message, config, took)
        seen = await self._pictures_of(message, config)
        ask = replace(ask, turns=(*ask.turns, *came_with), pictures=seen)
        sent = await self._delivery.respond(ask, message.channel, config)
        if sent.state == "silent":
            for key, time in noted.items():
                self._rates.take_back(key, time)

    async def _pictures_of(
        self, message: discord.Message, config: Config
    ) -> tuple[FileReader, ...]:
        """Return what reads its pictures, or those of the message that it answers.

        They stay unseen where its author opted out.
        """
        found = attached_pictures(message, config)
        answered = answered_message(message)
        if found or answered is None:
            return found
        said = incoming(answered, self.own_id)
        if said is None or not (found := attached_pictures(answered, config)):
            return ()
        gone = await self._ports.messages.withheld(said.place.guild, [said])
        return () if said.id in gone else found

    async def _turns_before(
        self, message: discord.Message
    ) -> tuple[tuple[str, str], ...]:
        """Return the earlier messages, but those that their authors want to be gone."""
        own = self.own_id
        lines = [
            line
            for one in await self._talk.before(message)
            if (line := incoming(one, own) or own_line(one, own)) and line.text
        ]
        if not lines:
            return ()
        gone = await self._ports.messages.withheld(lines[0].place.guild, lines)
        return tuple((one.author_name, one.text) for one in lines if one.id not in gone)

    async def _react(self, message: discord.Message, place: MessagePlace) -> bool:
        emoji = await self._ports.guilds.emoji(place)
        if emoji is None:
            return False
        try:
            await message.add_reaction(emoji)
        except discord.HTTPException:
            # The emoji belongs to another server, or reactions are forbidden: write
            # instead.
            return False
        return True

    async def _whole(self, burst: Burst, seconds: float) -> str:
        """Return the author's text until they pause, starting with the trigger."""
        await burst.wait_until_over(seconds)
        if self._bursts.get(burst.key) is burst:
            del self._bursts[burst.key]
        return burst.text

    async def hear_missed(self, message: discord.Message, only_calls: bool) -> None:
        """Consider a message that the bot may have missed while away.

        Args:
            only_calls: Ignore it unless it mentions the bot or replies to it.
        """
        own = self.own_id
        said = incoming(message, own)
        if said is None or any(one.message == message.id for one in self.judged):
            return
        if not only_calls or self._is_call(message):
            await self.consider(message, said)

    def follow(self, original: int, copy: int) -> None:
        """Let the decision on a message hold for the proxied line in its place."""
        self._delivery.follow(original, copy)

    def _is_call(self, message: discord.Message, kind: str = "") -> bool:
        """Return whether somebody waits for an answer to a message."""
        own = self.own_id
        is_reply = replies_to_bot(message, self._mine(message))
        is_named = is_reply or mentions_bot(message, own)
        return is_named or kind not in ("", *UNCALLED)

    def _mine(self, message: discord.Message) -> set[int]:
        """Return the ids under which it writes, a character's if that is answered."""
        answered = answered_message(message)
        if answered is not None and self._delivery.hooks.is_own(answered):
            return {self.own_id, answered.author.id}
        return {self.own_id}

    async def close(self) -> None:
        """Let current replies finish, but not for long."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSING_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def own_id(self) -> int:
        return self._bot.user.id if self._bot.user else 0
