"""Direct messages: answered in the voice of a shared server, and never learned."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from random import Random
from weakref import WeakValueDictionary

import aiohttp
import discord

from app.chat import reply_trigger
from app.chat.rate_limiter import RateLimiter
from app.core.supervisor import Supervisor
from app.discord.actions.under_way import UnderWay
from app.discord.permissions import is_owner, may_speak_to
from app.discord.ports import DirectAsk, Incoming, MessagePlace, Ports, ReadyReply
from app.discord.safe_sender import WordsGoneError, refusal_of, send_parts, typing
from app.discord.sent_before import is_by, sent_before
from app.discord.talk.attached_context import attached_turns
from app.discord.talk.attached_pictures import attached_pictures
from app.discord.talk.channel_talk import ChannelTalk
from app.discord.talk.voice_messages import (
    VoiceFile,
    is_unheard,
    is_wanted,
    voice_answer,
    voice_message,
)
from app.settings.schema import Config
from app.settings.speech_rules import is_listed
from app.settings.speech_sections import BotSettings

log = logging.getLogger(__name__)

OFF = (
    "I answer no direct messages, as my owner has not switched that on. Mention me in a"
    " server instead."
)
FOR_OWNERS = " Owners switch it on with `mynah config set bot.direct_messages true`."
NOT_CHOSEN = (
    "I answer direct messages only from my owners and from people they chose. Mention"
    " me in a server instead."
)
NO_SERVER = "We are in no server together, so I have no voice to answer with."
DRAFTS = (
    "My owner approves every reply in the voice of **{}** before I send it, so I answer"
    " no direct messages in it. `/direct` chooses another server."
)
SPEAKS_AS = (
    "I answer here in the voice of **{}**. `/direct` chooses another of our servers."
)

TELL_SECONDS = 3600.0
"""The time before the same person is told the same again."""

SHARED_SECONDS = 300.0
"""The time for which it is known which servers somebody is in."""

MOST_SERVERS = 50
"""The servers in which a person is looked for."""

REMEMBERED_DELETIONS = 200

Looked = tuple[int, tuple[str, ...]]
"""A person, and the owner's list of servers by which theirs were sought."""

NO_ROLE = "the author has none of the allowed roles"


class DirectTalk:
    """Decides on direct messages, and answers them."""

    def __init__(
        self,
        bot: discord.Client,
        ports: Ports,
        talk: ChannelTalk,
        under_way: UnderWay,
        settings: Callable[[], BotSettings],
        clock: Callable[[], float],
        rng: Random,
        supervisor: Supervisor,
        know_channels: Callable[[discord.Guild], Awaitable[None]],
    ) -> None:
        """Prepare; `know_channels` finds out who reads which channel of a server."""
        self._know_channels = know_channels
        self._bot = bot
        self._ports = ports
        self._talk = talk
        self._under_way = under_way
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._supervisor = supervisor
        self._rates = RateLimiter(clock)
        self._turns = WeakValueDictionary[int, asyncio.Lock]()
        """Of the people who are being answered."""
        self._shared: dict[Looked, tuple[float, list[discord.Member]]] = {}
        self._deleted = deque[int](maxlen=REMEMBERED_DELETIONS)
        """Direct messages that went lately, maybe before they were answered."""

    def forget(self, message: int) -> None:
        """Answer a direct message no more, since it was deleted."""
        self._deleted.append(message)

    def refusal(self, person: discord.User | discord.Member) -> str:
        """Return why nothing that a person writes directly is answered, or nothing."""
        settings = self._settings()
        owns = is_owner(person, settings)
        if not settings.direct_messages:
            return OFF + (FOR_OWNERS if owns else "")
        is_chosen = owns or str(person.id) in settings.direct_people
        return "" if is_chosen else NOT_CHOSEN

    async def shared(
        self, person: discord.User | discord.Member
    ) -> list[discord.Member]:
        """Return a person as a member of each listed server that the bot is in."""
        settings, now = self._settings(), self._clock()
        asked = (person.id, tuple(settings.servers))
        for key, (looked, _) in list(self._shared.items()):
            if now - looked >= SHARED_SECONDS:
                del self._shared[key]
        if asked in self._shared:
            return self._shared[asked][1]
        found, is_whole = list[discord.Member](), True
        listed = [
            one for one in self._bot.guilds if is_listed(settings.servers, one.id)
        ]
        for guild in listed[:MOST_SERVERS]:
            try:
                if not guild.unavailable:
                    found.append(await guild.fetch_member(person.id))
            except (discord.NotFound, discord.Forbidden):
                continue
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.info("The members of %s cannot be asked: %s", guild.id, error)
                is_whole = False
        found.sort(key=lambda member: member.guild.name.casefold())
        if is_whole:
            self._shared[asked] = (now, found)
        return found

    async def speaker(
        self, person: discord.User | discord.Member
    ) -> discord.Member | None:
        """Return the person as a member of the server in whose voice it answers."""
        shared = await self.shared(person)
        chosen = await self._ports.members.chosen_server(person.id)
        same = [one for one in shared if one.guild.id == chosen]
        return next(iter(same or shared), None)

    async def consider(self, message: discord.Message) -> None:
        """Answer a direct message, or tell why nothing is answered."""
        is_empty = not (message.content.strip() or message.attachments)
        if message.author.bot or is_empty:
            return
        turn = self._turns.setdefault(message.author.id, asyncio.Lock())
        async with turn:
            refusal = self.refusal(message.author)
            if refusal:
                await self._tell(message, refusal)
                return
            member = await self.speaker(message.author)
            if member is None:
                await self._tell(message, NO_SERVER)
                return
            config = await self._ports.guilds.server_settings(member.guild.id)
            if config.reply.shadow:
                await self._tell(message, DRAFTS.format(_name(member.guild)))
                return
            decision = self._decide(message, member, config)
            if not decision.speak:
                log.info("A direct message was not answered: %s", decision.reason)
                ask = DirectAsk(member.guild.id, message.id, member.id, "", "")
                await self._ports.replies.decline_direct(ask, decision.reason)
                return
            self._rates.note(f"author {member.id}")
            self._rates.note(f"guild {member.guild.id}")
            if len(await self.shared(member)) > 1:
                await self._tell(message, SPEAKS_AS.format(_name(member.guild)))
            with self._supervisor.contain("Answering a direct message"):
                await self._answer(message, member, config)

    def _decide(
        self, message: discord.Message, member: discord.Member, config: Config
    ) -> reply_trigger.Decision:
        if not may_speak_to(member, self._settings().allowed_roles):
            return reply_trigger.Decision(False, "direct message", NO_ROLE)
        age = self._clock() - message.created_at.timestamp()
        heard = reply_trigger.HeardMessage(
            channel=str(message.channel.id),
            text=message.content,
            is_direct=True,
            age_seconds=age,
        )
        recent = reply_trigger.Recent(
            seconds_since_author=self._rates.seconds_since(f"author {member.id}"),
            replies_last_minute=self._rates.count(f"guild {member.guild.id}", 60.0),
        )
        now = datetime.fromtimestamp(self._clock())
        minute = now.hour * 60 + now.minute
        return reply_trigger.decide(heard, recent, config.speak, minute, self._rng)

    async def _answer(
        self, message: discord.Message, member: discord.Member, config: Config
    ) -> None:
        channel = message.channel
        if not isinstance(channel, discord.DMChannel):
            return
        turns = await self._before(message, member.guild)
        turns += await attached_turns(message, config, self._ports.replies.took)
        seen = attached_pictures(message, config)
        await self._know_channels(member.guild)
        if message.id in self._deleted:
            log.info("A direct message was deleted before it was answered")
            return
        # Its words may have been edited meanwhile.
        words = (self._bot.get_message(message.id) or message).content
        read, is_spoken = voice_message(message, config), False
        if not words and read:
            async with typing(channel):
                words = await self._ports.replies.transcript(read)
            is_spoken = is_wanted(bool(words), config)
        unheard = is_unheard(message, words)
        if not (words.strip() or seen or unheard):
            log.info("A direct message without words was not answered")
            return
        name = member.display_name
        ask = DirectAsk(
            member.guild.id, message.id, member.id, name, words, turns, seen, unheard
        )
        voice, replies = None, self._ports.replies
        with self._under_way.answering(message.id, channel.id, member.id):
            async with typing(channel):
                answer = await replies.answer_direct(ask)
                if is_spoken:
                    voice = await voice_answer(answer, channel, config, replies)
            if answer is not None and answer.parts and not answer.is_draft:
                await self._send(answer, message, channel, voice)

    async def _send(
        self,
        answer: ReadyReply,
        message: discord.Message,
        channel: discord.DMChannel,
        voice: VoiceFile | None,
    ) -> None:
        """Send an answer, unless an earlier start of the bot did."""
        replies, ids = self._ports.replies, list[int]()
        own = self._bot.user.id if self._bot.user else 0
        try:
            if not answer.is_fresh and (
                said := await sent_before(channel, is_by(own), message.id, answer.parts)
            ):
                await replies.sent(answer.reply, said)
                return
            await send_parts(
                channel,
                answer.parts,
                message.id,
                reference=_reference(message),
                may_send=partial(replies.may_send, answer.reply),
                sent=ids,
                voice=voice,
            )
        except WordsGoneError:
            log.info("A direct message lost its answer while it was sent")
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("A direct message could not be answered: %s", error)
            if not ids:
                await replies.refused(answer.reply, refusal_of(error) or str(error))
                return
        await replies.sent(answer.reply, ids)

    async def _before(
        self, message: discord.Message, guild: discord.Guild
    ) -> tuple[tuple[str, str], ...]:
        """Return the earlier talk in the voice of the same server."""
        own = self._bot.user.id if self._bot.user else 0
        earlier = await self._talk.before(message)
        mine = [one.id for one in earlier if one.author.id == own]
        voices = await self._ports.replies.direct_servers(mine)
        lines: list[Incoming] = []
        for one in reversed(earlier):
            if one.author.id == own and one.id not in voices:
                continue
            if one.author.id == own and voices[one.id] != guild.id:
                # What another server's voice said stays out of this one's.
                break
            lines.insert(0, _line(one, guild))
        gone = await self._ports.messages.withheld(guild.id, lines)
        kept = [one for one in lines if one.id not in gone and one.text]
        return tuple((one.author_name, one.text) for one in kept)

    async def _tell(self, message: discord.Message, text: str) -> None:
        """Tell a person something about direct messages, once in a while."""
        key = f"told {message.author.id} {text}"
        since = self._rates.seconds_since(key)
        if since is not None and since < TELL_SECONDS:
            return
        self._rates.note(key)
        try:
            await send_parts(message.channel, [text], message.id + 1)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("A person could not be told: %s", error)


def _line(message: discord.Message, guild: discord.Guild) -> Incoming:
    channel = message.channel
    return Incoming(
        place=MessagePlace(guild.id, guild.name, channel.id, ""),
        id=message.id,
        author=message.author.id,
        author_name=message.author.display_name,
        text=message.content,
        at_ms=int(message.created_at.timestamp() * 1000),
    )


def _reference(message: discord.Message) -> discord.MessageReference:
    return discord.MessageReference(
        message_id=message.id, channel_id=message.channel.id, fail_if_not_exists=False
    )


def _name(guild: discord.Guild) -> str:
    return discord.utils.escape_markdown(guild.name)


def named(shared: Sequence[discord.Member], asked: str) -> discord.Guild | None:
    """Return the one of those servers that has this name or id."""
    wanted = asked.strip().casefold()
    for member in shared:
        if wanted in (str(member.guild.id), member.guild.name.strip().casefold()):
            return member.guild
    return None
