"""Handlers for forgetting: messages, people, channels and whole servers."""

from collections.abc import Awaitable, Callable, Sequence

from app.core.errors import UsageError
from app.core.names import GuildId
from app.ipc import control
from app.service import receipt
from app.service.app_context import AppContext
from app.service.events import Asker
from app.service.voices.forget_progress import ForgetProgress
from app.service.voices.forgetter import Forgotten
from app.store import forgetting, members, messages, replies, tombstones
from app.store.authors import AuthorKey


class ForgetHandlers:
    """Answers the requests to forget."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def forget(
        self, asker: Asker, request: control.Forget
    ) -> control.ForgetReply:
        """Forget everywhere, with progress for all watchers if it takes long."""
        chosen = [request.messages, request.author, request.channel, request.everything]
        if sum(map(bool, chosen)) != 1:
            raise UsageError(
                "Choose one to forget: messages, an author, a channel, everything."
            )
        stored = await self._context.guild(request.guild)
        guild = stored.id
        if request.undo:
            lifted = await self._lift(guild, request)
            return control.ForgetReply(0, 0, 0, complete=True, lifted=lifted)
        progress = ForgetProgress(self._context.events.tell, stored.name)
        trouble = "It was interrupted: forget it again."
        try:
            reply = await self._forget_all(guild, request, progress)
            trouble = ""
        finally:
            progress.end(trouble)
        return reply

    async def _forget_all(
        self, guild: GuildId, request: control.Forget, progress: ForgetProgress
    ) -> control.ForgetReply:
        """Forget, and search the home for it where that is asked for."""
        texts: list[str] = []

        async def note(rows: Sequence[int]) -> None:
            """Take the texts to search for while they are there."""
            if request.prove:
                texts.extend(await receipt.texts_of(self._context, guild, rows))

        done = await self._forget(guild, request, note, progress)
        if request.prove:
            progress.search()
        return control.ForgetReply(
            done.messages,
            done.embeddings,
            done.replies,
            done.complete,
            receipt=await receipt.prove(self._context, texts)
            if request.prove
            else None,
        )

    async def _forget(
        self,
        guild: GuildId,
        request: control.Forget,
        note: Callable[[Sequence[int]], Awaitable[None]],
        progress: ForgetProgress,
    ) -> Forgotten:
        """Forget what was chosen; `note` gets its rows before they are deleted."""
        run, forgetter = self._context.database.run, self._context.forgetter
        if request.messages:
            rows = await self._rows(guild, request.messages)
            await note(rows)
            return await forgetter.forget(guild, rows)
        if request.author:
            author = await self._author(guild, request.author)
            await note(await run(forgetting.rows_of_author, guild, author))
            return await forgetter.forget_member(guild, author, step=progress.step)
        if request.channel:
            channel = await self._context.channel(guild, request.channel)
            await note(await run(forgetting.rows_of_channel, guild, channel.id))
            return await forgetter.forget_channel(guild, channel.id, step=progress.step)
        rows = await run(forgetting.rows_of_guild, guild)
        # Taking the texts and hiding them can last as long as deleting.
        progress.step(0, len(rows))
        await note(rows)
        await self._context.lorebooks.remove_all(guild)
        await self._context.cast.remove_all(guild)
        return await forgetter.forget_everything(guild, step=progress.step)

    async def _rows(self, guild: GuildId, externals: Sequence[str]) -> list[int]:
        """The rows of messages with those ids.

        Raises:
            UsageError: If one of them is not stored; nothing is forgotten then.
        """
        run = self._context.database.run
        missing = [
            one for one in externals if await run(messages.find, guild, one) is None
        ]
        if missing:
            newest = await run(messages.page, guild, limit=3)
            ids = ", ".join(one.external for one in newest)
            raise UsageError(
                f"No message {', '.join(missing)} is stored. Nothing was forgotten.",
                f"The newest ids are: {ids}." if ids else "Nothing is stored here.",
            )
        return await run(messages.rows_of, guild, externals)

    async def _author(self, guild: GuildId, name: str) -> str:
        """The hash of the member of that id, or of that name if one alone has it.

        Raises:
            UsageError: If there is none, or several; nothing is forgotten then.
        """
        run = self._context.database.run
        hashed = AuthorKey.load(self._context.home.author_key_file).author(name)
        if await run(members.known, guild, [hashed]):
            return hashed
        if await run(replies.asked_by, guild, hashed):
            return hashed
        named = await run(members.all_named, guild, name)
        if len(named) == 1:
            return named[0]
        if named:
            raise UsageError(
                f"{len(named)} members are named {name!r}. Nothing was forgotten.",
                "Give the id of the one you mean (on Discord: Copy User ID).",
            )
        near = ", ".join(await run(members.like, guild, name))
        raise UsageError(
            f"Nobody here is {name!r}. Nothing was forgotten.",
            f"Known names: {near}." if near else "Nothing is stored here.",
        )

    async def _lift(self, guild: GuildId, request: control.Forget) -> int:
        """Allow forgotten messages to be learned again."""
        run = self._context.database.run
        if request.messages:
            return await run(tombstones.lift, guild, request.messages)
        if request.author:
            return await self._context.forgetter.remember_author(guild, request.author)
        if request.channel:
            raise UsageError(
                "Forgotten channels cannot be restored one by one.",
                "Undo single messages, an author or everything instead.",
            )
        return await run(tombstones.lift_owners, guild)
