"""Replies for Discord: made by the replier, stored under Discord's ids."""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from time import perf_counter

from app.chat.halt import STOPPED, Halt
from app.chat.ladder import OnPiece
from app.chat.spoken_words import spoken
from app.core.errors import AppError, UsageError
from app.core.names import GuildId
from app.discord.ports import (
    Ask,
    DirectAsk,
    EarlierReply,
    Incoming,
    MessagePlace,
    ReadyReply,
    Situation,
    Unsent,
    VoiceAnswer,
)
from app.discord.stored.id_map import IdMap, snowflake_ms, stored
from app.discord.stored.message_events import situation_of
from app.discord.talk.proxied_names import ProxiedNames
from app.importers.records import Record
from app.ipc.control import ReplyMade
from app.modelfiles import catalogue
from app.providers.base import Turn
from app.replies import talk_topics
from app.replies.request import SILENT, FileReader, Like, ReplyRequest
from app.service import opinions
from app.service.app_context import AppContext
from app.service.spoken_from import IMITATING, like_of, past_of
from app.settings.schema import Config
from app.settings.speech_rules import is_listed
from app.store import audience, guilds, members, messages, places, replies
from app.store.engines.shards import Shards
from app.store.places import Claim
from app.store.reply import outcomes
from app.store.rows import StoredCharacter

log = logging.getLogger(__name__)

OWN_AUTHOR = "the bot itself"
"""The author of the bot's own lines; no Discord id looks like it."""


DIRECT = "direct message"
"""The reason of replies outside a server."""

SHOWN_EARLIER = 10
"""The latest replies in a channel that are looked at for `/why`."""

DIRECT_MS = 3_600_000
"""The time after which a direct message that got no answer gets none any more."""

INTERRUPTED = "the bot was stopped before it answered"
TOO_OLD = "the message waited longer than `speak.max_age_seconds` allows"


class StoredReplies:
    """The port of replies, for one home."""

    def __init__(self, context: AppContext, ids: IdMap, rng: Random) -> None:
        self._context = context
        self._ids = ids
        self._rng = rng
        self._names = ProxiedNames(context, ids)

    async def situation(self, said: Incoming) -> Situation:
        """The circumstances that decide on a message."""
        known = await self._names.recognised(said) or said
        found = await self._context.database.run(
            places.standing,
            stored(said.place),
            self._ids.author(known.key or known.author),
            str(said.id),
        )
        situation = await situation_of(self._context, found)
        is_person = said.is_bot and not known.is_bot
        return replace(situation, is_person=is_person)

    async def claim(self, ask: Ask) -> Claim | None:
        """Create the row of a reply in advance; None if there already is one.

        A killed process can then find its unanswered messages.
        """
        return await self._context.database.run(
            places.claim,
            stored(ask.place),
            ask.reason,
            str(ask.trigger),
            self._ids.author(ask.author),
        )

    async def answer(self, ask: Ask) -> ReadyReply | None:
        """Make a reply; None if this trigger already has one."""
        return await self._answered(ask, lambda piece: None)

    async def answer_direct(self, ask: DirectAsk) -> ReadyReply | None:
        """Make a reply to a direct message; None if it already has one.

        It has only words that everyone in the server can see.
        """
        run, trigger = self._context.database.run, str(ask.trigger)
        guild = await self._ids.guild(ask.guild)
        asker = self._ids.author(ask.author)
        claimed = await run(replies.claim, guild, None, DIRECT, trigger, asker)
        if claimed is None:
            begun = await run(replies.answer_to, trigger)
            if begun is None or begun.state not in ("claimed", "made"):
                return None
            # An earlier session was stopped before it had answered.
            if begun.state == "made":
                return ReadyReply(begun.id, (begun.text,))
            claimed = begun.id
        request = ReplyRequest(
            guild,
            ask.text,
            ask.author_name,
            DIRECT,
            trigger=trigger,
            earlier=_turns(ask.turns, guild),
            pictures=ask.pictures,
            is_unheard=ask.is_unheard,
            visible=await run(audience.public_channels, guild),
            asker=asker,
        )
        return await self._fulfilled(Claim(claimed, guild, None, None, None), request)

    async def decline_direct(self, ask: DirectAsk, reason: str) -> None:
        """Store why a direct message gets no answer, now or after a restart."""
        run, trigger = self._context.database.run, str(ask.trigger)
        guild, asker = await self._ids.guild(ask.guild), self._ids.author(ask.author)
        reply = await run(replies.claim, guild, None, DIRECT, trigger, asker)
        if reply is not None:
            await self.keep_silent(reply, reason)

    async def direct_servers(self, messages: Sequence[int]) -> dict[int, int]:
        """Return the server in whose voice each of the bot's direct messages is."""
        return await self._context.database.run(_direct_servers, messages)

    async def _answered(self, ask: Ask, on_piece: OnPiece) -> ReadyReply | None:
        guild = await self._ids.guild(ask.place.guild) if ask.before else GuildId(0)
        past = await past_of(self._context, guild, ask.before)
        like = await self._like(ask) if ask.like else None
        claim = ask.claim or await self.claim(ask)
        if claim is None:
            return None
        await self._context.memory.linked()
        request = ReplyRequest(
            claim.guild,
            ask.text,
            ask.author_name,
            ask.reason,
            claim.channel,
            root=claim.root,
            trigger=str(ask.trigger),
            message=claim.message,
            earlier=_turns(ask.turns, claim.guild),
            pictures=ask.pictures,
            is_unheard=ask.is_unheard,
            mode=ask.mode,
            seed=ask.seed,
            past=past,
            like=like,
            arrived=ask.arrived,
            waiting=ask.waiting,
            halt=ask.halt,
            asker=self._ids.author(ask.author),
        )
        return await self._fulfilled(claim, request, on_piece, ask.reply_to)

    async def _like(self, ask: Ask) -> Like:
        rows, author = await self._ids.rows(ask.place), self._ids.author(ask.like)
        if (await self._context.settings.of(rows.guild)).reply.shadow:
            raise UsageError("The owner approves my replies, so I speak like nobody.")
        return await like_of(self._context, rows.guild, author, channel=rows.channel)

    async def _fulfilled(
        self,
        claim: Claim,
        request: ReplyRequest,
        on_piece: OnPiece = lambda piece: None,
        reply_to: int | None = None,
    ) -> ReadyReply | None:
        """Make the reply of a row.

        Args:
            reply_to: Discord's id of a message of the character that is to speak.
        """
        config = await self._context.settings.of(claim.guild, claim.root or 0)
        request = replace(request, is_draft=config.reply.shadow)
        if claim.root and not request.like:
            role = await self._role(claim, request.text, reply_to)
            request = replace(request, role=role)
        made = await self._context.replier.fulfil(claim.reply, request, on_piece)
        if made is None:
            return None
        self._context.events.tell(ReplyMade(made.reply, request.guild, request.channel))
        parts = () if made.silence else made.answer.finished.parts
        who = request.like or request.role
        return ReadyReply(
            made.reply,
            parts,
            config.speak.sayable_name(who.name) if who else "",
            request.role is not None,
            request.is_draft,
            made.files,
            # Whoever is imitated may have changed their mind a moment ago.
            is_fresh=request.like is None,
            has_buttons=config.reply.buttons,
            said=made.said,
        )

    async def _role(
        self, claim: Claim, text: str, reply_to: int | None
    ) -> StoredCharacter | None:
        """Return the character that a text names, or that wrote what it replies to."""
        cast, root = self._context.cast, claim.root or 0
        called = await cast.called(claim.guild, root, text)
        there = await cast.of(claim.guild, root)
        if called or not there or reply_to is None:
            return called
        row = await self._context.database.run(replies.find_sent, str(reply_to))
        name = row.role if row else ""
        return next((one for one in there if one.name == name), None)

    async def is_for_character(self, ask: Ask) -> bool:
        """Tell if a character answers, and not the bot itself."""
        claim = ask.claim
        if claim is None or not claim.root or ask.like:
            return False
        return await self._role(claim, ask.text, ask.reply_to) is not None

    async def stream(self, ask: Ask) -> AsyncIterator[str | ReadyReply | None]:
        """Do the same, with the whole text so far after each addition."""
        pieces: asyncio.Queue[str | None] = asyncio.Queue()

        async def make() -> ReadyReply | None:
            try:
                return await self._answered(ask, pieces.put_nowait)
            finally:
                pieces.put_nowait("")

        work = asyncio.create_task(make())
        text = ""
        try:
            while not (work.done() and pieces.empty()):
                piece = await pieces.get()
                text = text + piece if isinstance(piece, str) else ""
                if text:
                    yield text
            yield await work
        finally:
            # Whoever stops listening wants no more words.
            work.cancel()

    async def transcript(self, read: FileReader) -> str:
        """Return the words of a voice message; empty if nobody can hear them."""
        model = self._context.settings.home.model.ears
        if not model:
            return ""
        try:
            data = await read()
            with self._context.parts.timed("context.spoken"):
                return await self._context.senses.heard(data, Path(model))
        except AppError as error:
            log.warning("A voice message was not heard: %s", error)
            return ""

    def took(self, setting: str, ms: float) -> None:
        """Note what a part took that the setting of this name switches."""
        self._context.parts.note(setting, ms)

    async def utterance(self, answer: ReadyReply, timbre: str) -> VoiceAnswer | None:
        """Return a reply as a voice message; None if nobody can say it."""
        words, home = spoken(answer.parts), self._context.settings.home
        folder = catalogue.mouth_at(self._context.home, home.model.mouth)
        if not words or folder is None:
            return None
        began = perf_counter()
        try:
            said = await self._context.senses.uttered(words, folder, timbre)
        except AppError as error:
            log.warning("A reply was not said aloud: %s", error)
            return None
        ms = (perf_counter() - began) * 1000
        await self._context.database.run(outcomes.note_stage, answer.reply, "aloud", ms)
        return VoiceAnswer(base64.b64decode(said.data), said.seconds, said.waveform)

    async def again(
        self,
        reply: int,
        author: int,
        trigger: int,
        text: str = "",
        turns: Sequence[tuple[str, str]] = (),
        pictures: tuple[FileReader, ...] = (),
        halt: Halt | None = None,
    ) -> ReadyReply | None:
        """Make another reply to the message of an earlier reply."""
        again = await self._context.database.run(places.again, reply, str(trigger))
        if again is None:
            return None
        claim, (speaker, known, message) = again
        row = await self._context.database.run(replies.get, reply)
        like = None
        if row is not None and row.imitates:
            like = await like_of(
                self._context, claim.guild, row.imitates, channel=claim.channel
            )
        hashed = self._ids.author(author)
        await opinions.rate(self._context, reply, hashed, -1, "again")
        request = ReplyRequest(
            claim.guild,
            known or text,
            speaker or "someone",
            "again",
            claim.channel,
            root=claim.root,
            trigger=str(trigger),
            message=message,
            earlier=_turns(turns, claim.guild),
            pictures=pictures,
            like=like,
            asker=row.asker if row else "",
            halt=halt or Halt(),
        )
        shown = next(iter(row.sent), None) if row else None
        reply_to = int(shown) if shown else None
        return await self._fulfilled(claim, request, reply_to=reply_to)

    async def last_sent(self, place: MessagePlace) -> int | None:
        """Return the id of the last message of the latest reply in a channel."""
        rows = await self._ids.rows(place)
        found = await self._context.database.run(replies.last_sent, rows.channel)
        return None if found is None else int(found)

    async def is_asker(self, reply: int, author: int) -> bool:
        """Return whether a reply answers a person."""
        row = await self._context.database.run(replies.get, reply)
        return row is not None and row.asker == self._ids.author(author)

    async def shown_as(self, reply: int) -> list[int]:
        """Return the ids of the messages that a reply was sent as."""
        row = await self._context.database.run(replies.get, reply)
        return [int(one) for one in row.sent] if row else []

    async def replaced(self, old: int, new: int, messages: Sequence[int]) -> None:
        """Note that these messages show a new reply, instead of an old one."""
        ids = [str(one) for one in messages]
        await self._context.database.run(outcomes.note_replaced, old, ids)
        await self.sent(new, messages)

    async def sent(self, reply: int, sent: Sequence[int]) -> None:
        """Note the ids of a sent reply; in listened channels it becomes context."""
        ids = [str(one) for one in sent]
        noted = await self._context.database.run(places.note_sent, reply, ids)
        if noted is None or not ids:
            return
        row, channel, is_whole, is_listened_to = noted
        if not is_whole:
            # What it drew on went while it was being sent.
            withdrawn = [(str(channel.discord_id), one) for one in ids]
            await self._context.forgetter.withdraw(row.guild_id, withdrawn)
        if not (is_whole and is_listened_to):
            return
        own = await self._context.database.run(messages.rows_of, row.guild_id, ids[:1])
        if own:
            await self._context.voices.reword(row.guild_id, own[0], row.text)
            return
        place = channel.parent_id or channel.id
        config = await self._context.settings.of(row.guild_id, place)
        line = Record(
            author=f"{OWN_AUTHOR} as {row.role}" if row.role else OWN_AUTHOR,
            name=row.role or config.bot.name,
            text=row.text,
            id=ids[0],
            ts=snowflake_ms(sent[0]),
            reply_to=row.trigger,
            channel=channel.name,
            channel_id=channel.discord_id,
            is_bot=True,
        )
        await self._context.voices.hear(row.guild_id, [line])

    async def unsent(self, now: float) -> list[Unsent]:
        """Return replies that may or may not have arrived; close old ones."""
        home = self._context.settings.home
        shards = self._context.held.shards
        return await self._context.database.run(_unsent, home, shards, int(now * 1000))

    async def hold(self, reply: int) -> None:
        """Keep a reply as a draft for the owner, who approves replies now."""
        await self._context.database.run(outcomes.set_state, reply, "draft")

    async def may_send(self, reply: int) -> bool:
        """Return False if a source was forgotten or hidden since it was made.

        So it is, too, if it has a word that is never said now.
        """
        if not await self._context.database.run(outcomes.may_send, reply):
            return False
        row = await self._context.database.run(replies.get, reply)
        config = await self._context.settings.of(row.guild_id) if row else None
        if row is None or config is None or not config.speak.forbids(row.text):
            return True
        await self._context.database.run(outcomes.take_words, reply)
        return False

    async def decline(self, said: Incoming, kind: str, reason: str) -> None:
        """Store why a call gets no answer, now or after a restart."""
        place, note = stored(said.place), SILENT + reason
        run, asker = self._context.database.run, self._ids.author(said.author)
        await run(places.decline, place, kind, str(said.id), note, asker)

    async def earlier(self, place: MessagePlace) -> list[EarlierReply]:
        """Return the latest stored decisions in a channel, oldest first."""
        rows = await self._ids.rows(place)
        found = await self._context.database.run(_earlier, rows.channel)
        return found[::-1]

    async def start_talk(
        self, place: MessagePlace, trigger: int, reason: str
    ) -> Ask | None:
        """Claim a reply to something said there long ago; None if nothing is known."""
        run = self._context.database.run
        found = await run(places.rows_of, stored(place))
        said = await run(talk_topics.earlier, found.guild, found.channel)
        if not said:
            return None
        topic = self._rng.choice(said)
        claim = await run(places.claim, stored(place), reason, str(trigger))
        if claim is None:
            return None
        name = topic.name or "someone"
        claim = claim._replace(message=topic.id)
        return Ask(place, trigger, 0, name, topic.text, reason, claim=claim)

    async def keep_silent(self, reply: int, reason: str) -> None:
        """Note that a reply is not made or sent any more, and why."""
        await self._context.database.run(outcomes.note_silence, reply, SILENT + reason)

    async def refused(self, reply: int, reason: str) -> None:
        """Note that Discord did not take a reply."""
        await self._context.database.run(outcomes.note_refused, reply, reason)

    async def refusal(self, trigger: int) -> str:
        """Return why a message got no answer after all; empty if it got one."""
        row = await self._context.database.run(replies.answer_to, str(trigger))
        starts = {
            "refused": outcomes.REFUSED,
            "silent": SILENT,
            "stopped": STOPPED,
            "failed": outcomes.FAILED,
        }
        start = starts.get(row.state) if row else None
        notes: list[str] = row.notes if row and start else []
        return next((one for one in notes if one.startswith(start or "")), "")


def _turns(turns: Sequence[tuple[str, str]], guild: GuildId) -> tuple[Turn, ...]:
    return tuple(Turn(name, text, guild=guild) for name, text in turns)


def _direct_servers(messages: Sequence[int]) -> dict[int, int]:
    found = {}
    for one in messages:
        row = replies.find_sent(str(one))
        guild = guilds.get(row.guild_id) if row and row.reason == DIRECT else None
        if guild is not None and guild.discord_id is not None:
            found[one] = int(guild.discord_id)
    return found


def _earlier(channel: int) -> list[EarlierReply]:
    found = []
    for row in replies.latest(channel=channel, limit=SHOWN_EARLIER):
        if row.state not in ("forgotten", "replaced") and row.trigger is not None:
            member = members.find(row.guild_id, row.asker)
            note = next(iter(row.notes), "") if row.state != "sent" else ""
            name = member.name if member else ""
            trigger = int(row.trigger)
            found.append(EarlierReply(trigger, name, row.reason, row.state, note))
    return found


def _unsent(home: Config, shards: Shards, now_ms: int) -> list[Unsent]:
    """Return what these shards may still send, and close what is too old for that."""
    found, oldest = [], now_ms - home.speak.max_age_seconds * 1000
    for row in replies.unsent():
        guild = guilds.get(row.guild_id)
        channel = guilds.get_channel(row.channel_id) if row.channel_id else None
        trigger = int(row.trigger or 0)
        is_direct = row.reason == DIRECT
        is_ours = shards.hold(guild.discord_id if guild else None)
        if not (shards.lead if is_direct else is_ours):
            continue
        if is_direct:
            if row.created < now_ms - DIRECT_MS:
                outcomes.note_silence(row.id, SILENT + INTERRUPTED)
        elif row.imitates or row.reason in IMITATING:
            # The command that asked for it can be answered no more.
            outcomes.note_silence(row.id, SILENT + INTERRUPTED)
        elif min(row.created, snowflake_ms(trigger)) < oldest:
            outcomes.note_silence(row.id, SILENT + TOO_OLD)
        elif guild and not is_listed(home.bot.servers, guild.discord_id):
            continue
        elif guild and guild.discord_id and channel and channel.discord_id:
            parts = (row.text,) if row.state == "made" else ()
            server, number = int(guild.discord_id), int(channel.discord_id)
            claim = places.claim_of(row)
            found.append(
                Unsent(claim, server, number, trigger, parts, row.reason, row.role)
            )
    return found
