"""Makes the bot speak: the slash command, and the menu on its replies."""

import asyncio
import io
from collections.abc import Sequence
from typing import Annotated

import discord
import orjson

from app.chat.postprocess import neutralise
from app.core import xray
from app.core.explanation import Explanation
from app.discord import answers
from app.discord.actions.again import (
    APPROVED_FIRST,
    NOT_MINE,
    NOTHING_TO_SAY,
    again_for,
)
from app.discord.answers import NOT_ALLOWED
from app.discord.client import MynahBot
from app.discord.messages import Action, Talk, place_of
from app.discord.permissions import (
    may_speak_to,
    may_write,
    open_channels,
    require_manager,
    seen_by,
)
from app.discord.ports import Ask, ReadyReply
from app.discord.texts import explanation, forgotten

MAX_DEBUG_CHARS = 1900
NOT_ALOUD = "I may not speak aloud here. Give me the right “Send TTS Messages”."


class SpeakCog(discord.Cog):
    """Replies on demand, and actions on a reply."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @discord.slash_command(
        name="mark",
        description="Generate a message from learned messages",
        contexts={discord.InteractionContextType.guild},
    )
    async def mark(
        self,
        context: discord.ApplicationContext,
        tts: Annotated[
            bool, discord.Option(bool, description="Read the message aloud.")
        ] = False,
        debug: Annotated[
            bool,
            discord.Option(bool, description="Show its sources as well."),
        ] = False,
        seed: Annotated[
            str | None,
            discord.Option(str, description="First words of the message."),
        ] = None,
        before: Annotated[
            str,
            discord.Option(
                str, description="Speak as people did before a day, as in 2021-06-30."
            ),
        ] = "",
    ) -> None:
        """Answer the command with a reply."""
        place = answers.place_here(context)
        if not may_speak_to(context.author, self.bot.settings.allowed_roles):
            raise discord.CheckFailure(NOT_ALLOWED)
        await context.defer()
        ask = Ask(
            place=place,
            trigger=context.interaction.id,
            author=context.author.id,
            author_name=context.author.display_name,
            text=seed or "",
            reason="command",
            seed=seed.strip() if seed else None,
            before=before,
        )
        with self.bot.delivery.under_way.making(ask):
            answer = await self.bot.ports.replies.answer(ask)
            is_said = await self._answer(context, answer, tts)
        if debug and answer is not None and is_said:
            channels = await self._seen(context, answer.reply)
            told = await self._debug(answer, channels)
            await answers.respond(context, told, is_hidden=True)

    async def _answer(
        self, context: discord.ApplicationContext, answer: ReadyReply | None, tts: bool
    ) -> bool:
        """Say it, or tell why not; return whether it was said."""
        if answer is not None and answer.is_draft:
            await answers.respond(context, APPROVED_FIRST)
            return False
        told = NOTHING_TO_SAY
        if answer is not None and answer.parts:
            is_aloud = tts and context.interaction.app_permissions.send_tts_messages
            deliver = self.bot.delivery.answer_command
            sent = await deliver(answer, context, is_aloud=is_aloud)
            if sent.state == "sent":
                if tts and not is_aloud:
                    await answers.respond(context, NOT_ALOUD, is_hidden=True)
                return True
            if sent.state == "refused":
                told = f"I could not say it: {sent.reason}."
        await answers.respond(context, told, is_hidden=True)
        return False

    async def _seen(self, context: discord.ApplicationContext, reply: int) -> list[int]:
        """Return the sources' channels that the person can see."""
        if not isinstance(context.channel, Talk):
            return []
        asked = await self.bot.ports.records.source_channels(reply)
        return await seen_by(context.author, asked, context.channel)

    async def _debug(self, answer: ReadyReply, channels: Sequence[int]) -> str:
        """Return the row that explains the reply, in the format of the original bot."""
        told = await self.bot.ports.records.explain(answer.reply, channels)
        text = orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()
        text, _ = neutralise(text)
        return f"```json\n{text[:MAX_DEBUG_CHARS].replace('```', '`​``')}\n```"

    @discord.message_command(
        name="Why this?", contexts={discord.InteractionContextType.guild}
    )
    async def why_this(
        self, context: discord.ApplicationContext, message: discord.Message
    ) -> None:
        """Show the sources and the story of a reply."""
        await context.defer(ephemeral=True)
        reply = await self._reply_of(message)
        channels = await self._seen(context, reply)
        told = await self.bot.ports.records.explain(reply, channels)
        files = await _xrayed(told)
        words = explanation(told, is_voice=message.flags.is_voice_message)
        await answers.respond(context, words, is_hidden=True, files=files)

    @discord.message_command(
        name="Again", contexts={discord.InteractionContextType.guild}
    )
    async def again(
        self, context: discord.ApplicationContext, message: discord.Message
    ) -> None:
        """Make another reply to the same message, in place of this one."""
        await context.defer(ephemeral=True)
        await again_for(self.bot, context, message)

    @discord.message_command(
        name="Forget the sources", contexts={discord.InteractionContextType.guild}
    )
    async def forget_sources(
        self, context: discord.ApplicationContext, message: discord.Message
    ) -> None:
        """Forget the source messages of a reply."""
        require_manager(context.author, self.bot.settings)
        await context.defer(ephemeral=True)
        reply = await self._reply_of(message)
        gone = await self.bot.ports.messages.forget_sources(reply)
        await answers.respond(context, forgotten(gone), is_hidden=True)

    @discord.Cog.listener()
    async def on_typed_command(self, message: discord.Message, action: Action) -> None:
        """Carry out the message form of the command: `!mark [debug|tts]`."""
        if action in ("speak", "debug", "tts"):
            await self._speak(message, action)

    async def _speak(self, message: discord.Message, action: str) -> None:
        channel, place = message.channel, place_of(message.channel)
        if place is None or not isinstance(channel, Talk) or not may_write(channel):
            return
        if not may_speak_to(message.author, self.bot.settings.allowed_roles):
            await answers.reply(message, NOT_ALLOWED)
            return
        await self.bot.know_channels(channel.guild)
        author = message.author
        ask = Ask(place, message.id, author.id, author.display_name, "", "command")
        delivery = self.bot.delivery
        with delivery.under_way.making(ask):
            answer = await self.bot.ports.replies.answer(ask)
            if answer is None:
                return
            if answer.is_draft or not answer.parts:
                told = APPROVED_FIRST if answer.is_draft else NOTHING_TO_SAY
                await answers.reply(message, told)
                return
            tts = action == "tts"
            sent = await delivery.deliver(answer, channel, message.id, tts=tts)
        await delivery.follow_up(sent)
        if sent.state == "refused" and not delivery.is_closed(channel.id):
            await answers.reply(message, f"I could not say it: {sent.reason}.")
        if action == "debug" and sent.state == "sent":
            channels = open_channels(channel.guild, channel)
            explained = await self.bot.ports.records.explain(answer.reply, channels)
            await answers.reply(message, explanation(explained))

    async def _reply_of(self, message: discord.Message) -> int:
        reply = await self.bot.delivery.reply_of(message.id, message.channel.id)
        if reply is None:
            raise discord.CheckFailure(NOT_MINE)
        return reply


async def _xrayed(told: Explanation) -> list[discord.File]:
    """Return a picture of the words by who decided them; none if that is unknown."""
    if not told.text or not told.shares:
        return []
    # Drawing code takes a tenth of a second to load, and few ever need it.
    from app.discord.pictures.xray_picture import draw

    picture = await asyncio.to_thread(draw, told.text, told.shares)
    alt = xray.in_words(told.text, told.shares)
    return [discord.File(io.BytesIO(picture), "xray.png", description=alt)]
