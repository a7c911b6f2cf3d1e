"""Replies for Discord: made by the replier, stored under Discord's ids."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from app.chat import self_tune
from app.chat.ladder import OnPiece
from app.discord.message_events import LearningHost
from app.discord.ports import Ask, ReadyReply, Unsent
from app.importers.records import Record
from app.ipc.control import ReplyMade
from app.providers.base import Turn
from app.replies.request import SHOWN, MadeReply, ReplyRequest
from app.service import opinions
from app.service.handlers.replies import explain
from app.service.voice_keeper import Forgotten
from app.store import messages, replies
from app.store.feedback import Kind
from app.store.tables import Channel, Guild, Reply

UNSENT_MS = 3_600_000
"""The age limit for replies that never arrived."""

OWN_AUTHOR = "the bot itself"
"""The author of the bot's own lines; no Discord id looks like it."""


class RepliesHost(LearningHost):
    """The speaking part of the host."""

    async def answered(self, triggers: Sequence[int]) -> set[int]:
        """Return the messages that already have a reply."""
        asked = [str(one) for one in triggers]
        found = await self._context.database.run(replies.answered, asked)
        return {int(one) for one in found}

    async def claim(self, ask: Ask) -> int | None:
        """Create the row of a reply in advance; None if there already is one.

        A killed process can then find its unanswered messages.
        """
        guild, channel = await self.own_channel_row(ask.place)
        trigger = str(ask.trigger)
        return await self._context.database.run(
            replies.claim, guild, channel, ask.reason, trigger
        )

    async def answer(self, ask: Ask) -> ReadyReply | None:
        """Make a reply; None if this trigger already has one."""
        made = await self._made(ask, lambda piece: None)
        return None if made is None else await self._finished(made)

    async def _made(self, ask: Ask, on_piece: OnPiece) -> MadeReply | None:
        request = await self._request(ask)
        if ask.reply is not None:
            return await self._context.replier.fulfil(ask.reply, request, on_piece)
        return await self._context.replier.reply(request, on_piece)

    async def stream(self, ask: Ask) -> AsyncIterator[str | ReadyReply | None]:
        """Do the same, with the whole text so far after each addition."""
        pieces: asyncio.Queue[str | None | MadeReply] = asyncio.Queue()

        async def make() -> MadeReply | None:
            try:
                return await self._made(ask, pieces.put_nowait)
            finally:
                pieces.put_nowait("")

        work = asyncio.create_task(make())
        text = ""
        while not (work.done() and pieces.empty()):
            piece = await pieces.get()
            text = text + piece if isinstance(piece, str) else ""
            if text:
                yield text
        made = await work
        yield None if made is None else await self._finished(made)

    async def _request(self, ask: Ask) -> ReplyRequest:
        guild, channel = await self.own_channel_row(ask.place)
        rows = await self._rows_of_messages(guild, [ask.trigger])
        return ReplyRequest(
            guild,
            ask.text,
            ask.author_name,
            ask.reason,
            channel,
            trigger=str(ask.trigger),
            message=rows[0] if rows else None,
            earlier=tuple(Turn(name, text) for name, text in ask.turns),
            mode=ask.mode,
            seed=ask.seed,
        )

    async def _finished(self, made: MadeReply) -> ReadyReply:
        request, finished = made.request, made.answer.finished
        config = await self._context.settings.of(request.guild, request.channel or 0)
        is_draft = config.reply.shadow
        if is_draft:
            await self._context.database.run(replies.set_state, made.reply, "draft")
        self._context.events.tell(ReplyMade(made.reply, request.guild, request.channel))
        rows = [used.message for used in made.answer.completion.sources]
        files = await self._context.database.run(_with_files, rows)
        return ReadyReply(made.reply, finished.parts, is_draft, tuple(files))

    async def again(
        self, reply: int, author: int, trigger: int, text: str = ""
    ) -> ReadyReply | None:
        """Make another reply to the message of an earlier reply."""
        row = await self._context.database.run(replies.get, reply)
        if row is None or not row.turns:
            return None
        await self.rate(reply, author, -1, "again")
        speaker, stored, message = row.turns[-1]
        request = ReplyRequest(
            row.guild_id,
            stored or text,
            speaker,
            "again",
            row.channel_id,
            trigger=str(trigger),
            message=message,
        )
        made = await self._context.replier.reply(request)
        return None if made is None else await self._finished(made)

    async def sent(self, reply: int, sent: Sequence[int]) -> None:
        """Note the ids of a sent reply; in listened channels it becomes context."""
        ids = [str(one) for one in sent]
        await self._context.database.run(replies.set_state, reply, "sent", ids)
        found = await self._context.database.run(_listened_channel_of, reply)
        if found is None or not sent:
            return
        row, channel = found
        config = await self._context.settings.of(row.guild_id)
        line = Record(
            author=OWN_AUTHOR,
            name=config.bot.name,
            text=row.text,
            id=ids[0],
            ts=int(time.time() * 1000),
            reply_to=row.trigger,
            channel=channel.name,
            channel_id=channel.discord_id,
            is_bot=True,
        )
        await self._context.voices.hear(row.guild_id, [line])

    async def unsent(self) -> list[Unsent]:
        """Return recent replies that may or may not have arrived."""
        since = int(time.time() * 1000) - UNSENT_MS
        return await self._context.database.run(_unsent, since)

    async def resume(self, unsent: Unsent, ask: Ask) -> ReadyReply | None:
        """Finish a reply that was begun before a restart."""
        if unsent.parts:
            return ReadyReply(unsent.reply, unsent.parts)
        request = await self._request(ask)
        made = await self._context.replier.fulfil(unsent.reply, request)
        return await self._finished(made)

    async def find_reply(self, message: int) -> int | None:
        """Return the row of the reply that a message of the bot belongs to."""
        found = await self._context.database.run(replies.find_sent, str(message))
        return None if found is None else int(found.id)

    async def explain(self, reply: int, channels: Collection[int]) -> dict[str, Any]:
        """Return the row that explains a reply, for people who see those channels."""
        told = await explain(self._context, reply)
        ids = [str(one) for one in channels]
        seen = await self._context.database.run(replies.seen_sources, reply, ids)
        sources = told["sources"]
        told["sources"] = [one for one in sources if one["message"] in seen]
        told["hidden"] = len(sources) - len(told["sources"])
        # Examples and drafts for a cloud model come from every channel.
        told["notes"] = [one for one in told["notes"] if not one.startswith(SHOWN)]
        return told

    async def take_back(self, reply: int, author: int, value: int) -> None:
        """Withdraw a thumb of that value; the other one stays."""
        await opinions.take_back(self._context, reply, self.author(author), value)

    async def how_tuned(self, trigger: int) -> str:
        """Return why an answer has its mode and dial; empty when they were set."""
        row = await self._context.database.run(replies.answer_to, str(trigger))
        notes: list[str] = row.notes if row else []
        return next((one for one in notes if one.startswith(self_tune.PREFIX)), "")

    async def forget_sources(self, reply: int) -> Forgotten:
        """Forget the source messages of a reply."""
        row = await self._context.database.run(replies.get, reply)
        sources = await self._context.database.run(replies.sources_of, reply)
        if row is None:
            return Forgotten(0, 0, 0, False)
        gone = [source.message for source in sources]
        return await self._context.voices.forget(row.guild_id, gone)

    async def rate(
        self, reply: int, author: int, value: int, kind: Kind = "thumb"
    ) -> None:
        """Store a person's opinion of a reply; 0 takes it back."""
        await opinions.rate(self._context, reply, self.author(author), value, kind)


def _with_files(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Return (channel, message) on Discord of those messages with a file."""
    found = []
    for message in messages.by_rows(messages.with_files(rows)):
        channel = Channel.get_by_id(message.channel).discord_id
        if channel is not None and message.external.isdigit():
            found.append((int(channel), int(message.external)))
    return found


def _listened_channel_of(reply: int) -> tuple[Reply, Channel] | None:
    row = replies.get(reply)
    channel = row.channel if row else None
    if row is None or channel is None or channel.discord_id is None:
        return None
    root = channel.parent or channel
    return (row, channel) if root.is_learning else None


def _unsent(since: int) -> list[Unsent]:
    found = []
    for row in replies.unsent(since):
        guild: Guild = row.guild
        channel: Channel | None = row.channel
        if guild.discord_id and channel is not None and channel.discord_id:
            parts = (row.text,) if row.state == "made" else ()
            found.append(
                Unsent(
                    row.id,
                    int(guild.discord_id),
                    int(channel.discord_id),
                    int(row.trigger or 0),
                    parts,
                )
            )
    return found
