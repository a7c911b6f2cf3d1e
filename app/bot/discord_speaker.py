"""When the bot speaks on Discord, and how a reply gets there."""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random

import discord

from app.bot.discord_files import source_files
from app.bot.discord_messages import (
    Talk,
    incoming,
    mentions_bot,
    place_of,
    recent_turns,
    replies_to_bot,
)
from app.bot.discord_permissions import may_speak_to
from app.bot.discord_send import StreamedMessage, reference_to, send_parts, typing
from app.bot.discord_state import StateFile
from app.bot.host import Answer, Ask, Host, Incoming, Place, Unsent
from app.chat import gate
from app.chat.finish import neutralise
from app.chat.limits import Rates
from app.config import BotSettings, Config

log = logging.getLogger(__name__)

REMEMBERED_DECISIONS = 200
UNCALLED = ("follow-up", "join-in")
"""Kinds of call that nobody waits for; these may be met by a reaction."""


@dataclass(frozen=True)
class Judged:
    """A message with what was decided on it."""

    channel: int
    message: int
    author_name: str
    decision: gate.Decision


class Speaker:
    """Decides on messages, and makes and delivers replies, one a channel at a time."""

    def __init__(
        self,
        bot: discord.Client,
        host: Host,
        settings: Callable[[], BotSettings],
        state: StateFile,
        clock: Callable[[], float],
        rng: Random,
    ) -> None:
        self._bot = bot
        self._host = host
        self._settings = settings
        self._state = state
        self._clock = clock
        self._rng = rng
        self._rates = Rates(clock)
        self._deciding: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._bursts: dict[tuple[int, int], _Burst] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.judged: deque[Judged] = deque(maxlen=REMEMBERED_DECISIONS)

    async def consider(self, message: discord.Message, said: Incoming) -> None:
        """Decide whether to answer a message of a guild, and answer it.

        One message a channel is decided on at a time, in the order they came, so that
        each sees what was decided on the one before.
        """
        async with self._deciding[said.place.channel]:
            burst = self._bursts.get((said.place.channel, said.author))
            if burst is not None:
                burst.add(said.text)
            config = await self._host.settings(said.place)
            decision = await self._decide(message, said, config)
            entry = Judged(said.place.channel, said.id, said.author_name, decision)
            self.judged.append(entry)
            if decision.speak:
                self._begin(message, said, decision, config)

    def _begin(
        self,
        message: discord.Message,
        said: Incoming,
        decision: gate.Decision,
        config: Config,
    ) -> None:
        """Answer in the background; the decision counts from now on."""
        self._note_spoken(said.place, said.author)
        burst = None
        if config.speak.burst_seconds:
            burst = self._bursts[said.place.channel, said.author] = _Burst(said)
        task = asyncio.create_task(self._act(message, said, decision, config, burst))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _decide(
        self, message: discord.Message, said: Incoming, config: Config
    ) -> gate.Decision:
        own = self._own_id
        if not may_speak_to(message.author, self._settings().allowed_roles):
            return gate.Decision(False, "", "the author has none of the allowed roles")
        guild = said.place.guild
        heard = gate.Heard(
            channel=str(said.place.root),
            channel_name=said.place.root_name,
            text=said.text,
            is_bot=said.is_bot,
            has_opted_out=await self._host.has_opted_out(guild, said.author),
            mentions_bot=mentions_bot(message, own),
            replies_to_bot=replies_to_bot(message, own),
            is_answered=bool(await self._host.answered([said.id])),
            age_seconds=self._clock() - said.at_ms / 1000,
        )
        hour = datetime.fromtimestamp(self._clock()).hour
        recent = self._recent(said.place, said.author)
        return gate.decide(heard, recent, config.speak, hour, self._rng)

    def _recent(self, place: Place, author: int) -> gate.Recent:
        return gate.Recent(
            self._rates.seconds_since(f"channel {place.channel}"),
            self._rates.seconds_since(f"author {place.guild} {author}"),
            self._rates.count(f"guild {place.guild}", 60.0),
            self.hushed_until(place.root) > self._clock(),
        )

    def _note_spoken(self, place: Place, author: int) -> None:
        self._rates.note(f"channel {place.channel}")
        self._rates.note(f"author {place.guild} {author}")
        self._rates.note(f"guild {place.guild}")

    def hush(self, channel: int, seconds: float) -> None:
        """Be quiet in a channel for a time; 0 ends the silence."""
        quiet = dict(self._state.get("quiet", {}))
        quiet.pop(str(channel), None)
        if seconds:
            quiet[str(channel)] = self._clock() + seconds
        self._state.put("quiet", quiet)

    def hushed_until(self, channel: int) -> float:
        """Until when it is quiet in a channel, in seconds since the epoch."""
        return float(self._state.get("quiet", {}).get(str(channel), 0.0))

    async def _act(
        self,
        message: discord.Message,
        said: Incoming,
        decision: gate.Decision,
        config: Config,
        burst: "_Burst | None",
    ) -> None:
        if decision.kind in UNCALLED and self._rng.random() < config.speak.react:
            if await self._react(message, said.place.guild):
                return
        text = said.text
        if burst is not None:
            text = await self._whole(burst, config.speak.burst_seconds)
        is_stored = await self._host.is_learning(said.place)
        ask = Ask(
            place=said.place,
            trigger=said.id,
            author=said.author,
            author_name=said.author_name,
            text=text,
            reason=decision.kind,
            turns=() if is_stored else recent_turns(self._bot, message),
        )
        await self.respond(ask, message.channel, config)

    async def _react(self, message: discord.Message, guild: int) -> bool:
        emoji = await self._host.emoji(guild)
        if emoji is None:
            return False
        try:
            await message.add_reaction(emoji)
        except discord.HTTPException:
            # An emoji of another server, or no right to react: write instead.
            return False
        return True

    async def _whole(self, burst: "_Burst", seconds: float) -> str:
        """What the author writes until they pause, starting with the trigger."""
        await burst.wait_until_over(seconds)
        if self._bursts.get(burst.key) is burst:
            del self._bursts[burst.key]
        return burst.text

    async def respond(self, ask: Ask, channel: object, config: Config) -> None:
        """Make a reply and send it as an answer to its trigger."""
        if not isinstance(channel, Talk):
            return
        async with self._locks[channel.id]:
            if config.reply.stream:
                await self._stream(ask, channel)
                return
            async with typing(channel):
                answer = await self._host.answer(ask)
            if answer is not None:
                await self.deliver(answer, channel, ask.trigger)

    async def deliver(
        self, answer: Answer, channel: Talk, trigger: int, *, tts: bool = False
    ) -> list[int]:
        """Send a reply's parts, and note under which ids they were sent."""
        if answer.is_draft or not answer.parts:
            return []
        files = await source_files(self._bot, answer.files)
        reference = reference_to(channel.id, trigger)
        try:
            ids = await send_parts(
                channel, answer.parts, trigger,
                reference=reference, files=files, tts=tts,
            )  # fmt: skip
        except discord.Forbidden:
            log.warning("No right to write in channel %s", channel.id)
            return []
        await self._host.sent(answer.reply, ids)
        return ids

    async def _stream(self, ask: Ask, channel: Talk) -> None:
        """Show the reply while it is written."""
        reference = reference_to(channel.id, ask.trigger)

        async def send(text: str) -> discord.Message:
            return await channel.send(
                text, nonce=f"{ask.trigger}-0", enforce_nonce=True, reference=reference
            )

        growing = StreamedMessage(send, self._clock)
        written = ""
        async with typing(channel):
            async for piece in self._host.stream(ask):
                if isinstance(piece, str):
                    written += piece
                    await growing.show(neutralise(written)[0])
                elif piece is not None and piece.parts and not piece.is_draft:
                    await growing.finish(piece.parts[0])
                    rest = await send_parts(channel, piece.parts[1:], ask.trigger + 1)
                    first = [growing.id] if growing.id else []
                    await self._host.sent(piece.reply, first + rest)

    async def finish_unsent(self) -> None:
        """Send what was begun before a restart, if it is not too old."""
        for unsent in await self._host.unsent():
            channel = self._bot.get_channel(unsent.channel)
            place = place_of(channel)
            if place is None or not isinstance(channel, Talk):
                continue
            config = await self._host.settings(place)
            age = (
                self._clock() - discord.utils.snowflake_time(unsent.trigger).timestamp()
            )
            if age <= config.speak.max_age_seconds:
                await self._finish(unsent, channel)

    async def _finish(self, unsent: Unsent, channel: Talk) -> None:
        async with self._locks[channel.id]:
            answer = await self._host.resume(unsent)
            if answer is not None:
                await self.deliver(answer, channel, unsent.trigger)

    async def hear_missed(self, message: discord.Message) -> None:
        """Consider a message that was written while the bot was away."""
        said = incoming(message, self._own_id)
        if said is not None:
            await self.consider(message, said)

    async def close(self) -> None:
        """Stop what is being written."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def _own_id(self) -> int:
        return self._bot.user.id if self._bot.user else 0


class _Burst:
    """Messages that one person writes in a row."""

    def __init__(self, said: Incoming) -> None:
        self.key = (said.place.channel, said.author)
        self.text = said.text
        self._more = asyncio.Event()

    def add(self, text: str) -> None:
        self.text += "\n" + text
        self._more.set()

    async def wait_until_over(self, seconds: float) -> None:
        """Return when nothing was added for that long."""
        while True:
            self._more.clear()
            try:
                await asyncio.wait_for(self._more.wait(), seconds)
            except TimeoutError:
                return
