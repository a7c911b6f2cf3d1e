"""Finds, explains and rates replies that were made; the port of their records."""

from collections.abc import Collection
from dataclasses import replace

from app.chat import self_tune
from app.core.explanation import Explanation
from app.discord.stored.id_map import IdMap
from app.replies.request import SHOWN
from app.service import opinions
from app.service.app_context import AppContext
from app.service.handlers.replies import explain
from app.store import replies
from app.store.feedback import Kind
from app.store.reply import reply_sources


class StoredReplyRecords:
    """The port of reply records, for one home."""

    def __init__(self, context: AppContext, ids: IdMap) -> None:
        self._context = context
        self._ids = ids

    async def find_reply(self, message: int) -> int | None:
        """Return the row of the reply that a message of the bot belongs to."""
        found = await self._context.database.run(replies.find_sent, str(message))
        return None if found is None else int(found.id)

    async def answered(self, reply: int) -> int | None:
        """Return the message, or the wish, that a reply answers."""
        row = await self._context.database.run(replies.get, reply)
        asked = (row.answers or row.trigger) if row else None
        return int(asked) if asked else None

    async def source_channels(self, reply: int) -> set[int]:
        """Return the channels and threads that a reply drew on."""
        found = await self._context.database.run(reply_sources.source_channels, reply)
        return {int(one) for one in found}

    async def explain(self, reply: int, channels: Collection[int]) -> Explanation:
        """Return the row that explains a reply, for people who see those channels."""
        told = await explain(self._context, reply)
        ids = [str(one) for one in channels]
        seen = await self._context.database.run(reply_sources.seen_sources, reply, ids)
        sources = [one for one in told.sources if one.message in seen]
        # Examples and drafts for a cloud model come from every channel.
        notes = [one for one in told.notes if not one.startswith(SHOWN)]
        speak = (await self._context.settings.of(told.guild)).speak
        is_said = not speak.forbids(told.text)
        return replace(
            told,
            text=told.text if is_said else "",
            shares=told.shares if is_said else [],
            sources=[
                replace(one, author=speak.sayable_name(one.author))
                for one in sources
                if not speak.forbids(one.text)
            ],
            hidden=len(told.sources) - len(sources),
            turns=[],
            moments=[],
            notes=[one for one in notes if not speak.forbids(one)],
        )

    async def take_back(self, reply: int, author: int, value: int) -> None:
        """Withdraw a thumb of that value; the other one stays."""
        hashed = self._ids.author(author)
        for one in await self._context.database.run(replies.versions, reply):
            await opinions.take_back(self._context, one, hashed, value)

    async def take_all_back(self, reply: int, value: int | None = None) -> None:
        """Withdraw everybody's thumbs of a value, or all of them."""
        for one in await self._context.database.run(replies.versions, reply):
            await opinions.take_all_back(self._context, one, value)

    async def how_tuned(self, trigger: int) -> str:
        """Return why an answer has its mode and dial; empty when they were set."""
        row = await self._context.database.run(replies.answer_to, str(trigger))
        notes: list[str] = row.notes if row else []
        return next((one for one in notes if one.startswith(self_tune.PREFIX)), "")

    async def rate(
        self, reply: int, author: int, value: int, kind: Kind = "thumb"
    ) -> None:
        """Store a person's opinion of a reply; 0 takes it back."""
        await opinions.rate(self._context, reply, self._ids.author(author), value, kind)
