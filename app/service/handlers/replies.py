"""Handlers for replies: one reply, its explanation, and opinions of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from app.core.errors import UsageError
from app.core.explanation import Explanation, TokenCounts
from app.core.names import GuildId
from app.ipc import control
from app.providers.base import Prompt, Turn, Used
from app.replies.request import MadeReply, ReplyRequest
from app.service import opinions
from app.service.app_context import AppContext
from app.service.events import Asker, WatcherOutbox
from app.service.spoken_from import like_named, past_of
from app.store import feedback, messages
from app.store.reply import reply_explanations
from app.store.rows import StoredMessage

OWNER = "owner"
"""The author of feedback in the TUI and on the command line."""


class ReplyHandlers:
    """Answers `Say` and related requests."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._running: dict[tuple[int, int], asyncio.Task[MadeReply | None]] = {}

    async def say(self, asker: Asker, request: control.Say) -> control.SayReply:
        """Make a reply; its pieces stream to the asker."""
        asked = await self._request(request)
        stream = _Stream(asker, request.stream)
        work = asyncio.create_task(self._context.replier.reply(asked, stream.put))
        key = (id(asker), request.stream or 0)
        self._running[key] = work
        try:
            made = await work
        except asyncio.CancelledError:
            if not work.cancelled():
                work.cancel()
                raise
            raise UsageError("The reply was cancelled.") from None
        finally:
            self._running.pop(key, None)
            await stream.close()
        if made is None:
            raise UsageError("A message behind it was just forgotten.", "Ask again.")
        self._context.events.tell(
            control.ReplyMade(made.reply, asked.guild, asked.channel)
        )
        return await self._describe(made, request)

    async def cancel(
        self, asker: Asker, request: control.Cancel
    ) -> control.CancelReply:
        """Stop a reply that streams to this asker."""
        work = self._running.get((id(asker), request.stream))
        if work:
            work.cancel()
        return control.CancelReply(work is not None)

    async def explain(self, asker: Asker, request: control.Explain) -> Explanation:
        """Return the row of a reply, with its sources."""
        return await explain(self._context, request.reply)

    async def rate(self, asker: Asker, request: control.Rate) -> control.RateReply:
        """Like, dislike or take it back."""
        value = max(-1, min(1, request.value))
        await opinions.rate(self._context, request.reply, OWNER, value, "thumb")
        rating = await self._context.database.run(feedback.rating, request.reply)
        return control.RateReply(rating)

    async def _request(self, request: control.Say) -> ReplyRequest:
        guild = await self._context.guild(request.guild)
        channel = None
        if request.channel:
            channel = (await self._context.channel(guild.id, request.channel)).id
        name = (await self._context.settings.of(guild.id)).bot.name
        origins = await self._origins(guild.id, request)
        earlier = tuple(
            Turn(speaker, text, is_bot=speaker == name, guild=origin)
            for (speaker, text), origin in zip(request.turns, origins, strict=True)
        )
        past = await past_of(self._context, guild.id, request.before)
        return ReplyRequest(
            guild.id,
            request.text,
            request.author,
            "say",
            channel,
            earlier=earlier,
            mode=request.mode,
            provider=request.provider,
            dial=request.voice,
            seed=request.seed,
            lots=request.lots,
            max_ms=request.max_ms,
            is_private=True,
            past=past,
            like=await like_named(self._context, guild.id, request.like, past),
            is_free=request.is_free,
        )

    async def _origins(self, guild: GuildId, request: control.Say) -> list[GuildId]:
        """Return the row of the guild where each earlier turn was said."""
        keys = request.turn_guilds or [request.guild] * len(request.turns)
        if len(keys) != len(request.turns):
            raise UsageError("Every earlier turn needs the server it was said to.")
        rows = {request.guild: guild}
        for key in {*keys} - rows.keys():
            rows[key] = (await self._context.guild(key)).id
        return [rows[key] for key in keys]

    async def _describe(
        self, made: MadeReply, request: control.Say
    ) -> control.SayReply:
        answer, done = made.answer, made.answer.completion
        drawn = [used.message for used in done.sources]
        rows = [*drawn, *made.recalled]
        found = await self._context.database.run(messages.by_rows, rows)
        by_row = {message.id: message for message in found}
        stored = [by_row[row] for row in drawn if row in by_row]
        reply = control.SayReply(
            text=answer.finished.text,
            mode=made.mode,
            provider=answer.provider,
            voice=made.dial,
            rungs=[replace(rung, ms=round(rung.ms, 1)) for rung in answer.rungs],
            ms={name: round(ms, 1) for name, ms in made.timings.items()},
            tokens=TokenCounts(
                done.prompt_tokens, done.cached_tokens, done.completion_tokens
            ),
            turns=len(answer.prompt.turns),
            sources=[message.external for message in stored],
            recalled=[by_row[row].external for row in made.recalled if row in by_row],
            cost=done.cost,
            reply=made.reply,
            guild=request.guild,
            name=answer.prompt.bot_name,
            model=made.model,
            parts=list(answer.finished.parts),
            notes=made.notes,
            filled=made.filled,
            left_out=made.left_out,
            host=done.host,
            reach=done.reach,
            shares=made.shares,
        )
        if not request.explain:
            return reply
        return _explained(reply, answer.prompt, done.sources, stored)


def _explained(
    reply: control.SayReply,
    prompt: Prompt,
    sources: Sequence[Used],
    stored: Sequence[StoredMessage],
) -> control.SayReply:
    """The reply with what it was made of: its prompt, and the messages it drew on."""
    runs = {used.message: used for used in sources}
    drawn = [(message, runs[message.id]) for message in stored]
    return replace(
        reply,
        prompt=_spoken(prompt.turns),
        moments=[_spoken(moment) for moment in prompt.moments],
        drawn=[
            reply_explanations.drawn(message, run.words, run.run)
            for message, run in drawn
        ],
    )


def _spoken(turns: Sequence[Turn]) -> list[list[str]]:
    return [[turn.speaker, turn.text] for turn in turns]


async def explain(context: AppContext, reply: int) -> Explanation:
    """Return everything in a reply's row, with its source messages.

    Raises:
        UsageError: If the reply does not exist.
    """
    found = await context.database.run(reply_explanations.explained, reply)
    if found is None:
        raise UsageError(f"There is no reply {reply}.")
    return found


class _Stream:
    """Sends the pieces of a reply while it is written, if its asker wants them."""

    def __init__(self, asker: Asker, number: int | None) -> None:
        self._number = number
        self._outbox = None if number is None else WatcherOutbox(asker)

    def put(self, piece: str | None) -> None:
        """Send a piece; None withdraws the earlier ones."""
        if self._outbox and self._number is not None:
            token = control.Token(self._number, piece or "", restart=piece is None)
            self._outbox.put(token)

    async def close(self) -> None:
        """Wait until everything is sent, so that the reply follows its pieces."""
        if self._outbox:
            await self._outbox.drain()
