"""Makes another version of a reply, in place of the earlier one."""

from contextlib import suppress
from typing import TYPE_CHECKING

import aiohttp
import discord

from app.chat.halt import Halt
from app.discord import answers
from app.discord.actions.reply_buttons import again_button
from app.discord.answers import NOT_ALLOWED, ONLY_IN_SERVERS
from app.discord.attachments import source_files
from app.discord.messages import Talk, place_of, spell_out
from app.discord.permissions import Person, may_manage, may_speak_to
from app.discord.ports import ReadyReply
from app.discord.safe_sender import WordsGoneError, refusal_of, replace_parts
from app.discord.talk.attached_context import Turns, attached_turns
from app.discord.talk.attached_pictures import attached_pictures

if TYPE_CHECKING:
    from app.discord.client import MynahBot

NOT_MINE = "That message is not one of my replies, or I no longer have its record."
NOT_YOURS = "Only the person who asked, and moderators, may do that."
NOTHING_TO_SAY = "I have nothing to say to that."
WAIT = "Please wait a moment: {reason}."
APPROVED_FIRST = "The owner approves my replies before I send them."


def may_steer(person: Person, asker: int, bot: "MynahBot") -> bool:
    """Return whether a person may stop a reply that somebody asked for."""
    return person.id == asker or may_manage(person, bot.settings)


async def _may_replace(
    person: Person, message: discord.Message, reply: int, bot: "MynahBot"
) -> bool:
    command = message.interaction_metadata
    user = command.user.id if command is not None and command.user else 0
    is_asker = await bot.ports.replies.is_asker(reply, person.id)
    return is_asker or may_steer(person, user, bot)


async def replace_reply(
    bot: "MynahBot", message: discord.Message, person: Person, trigger: int
) -> None:
    """Make another reply, and show it instead of the one that a message belongs to.

    Args:
        trigger: Discord's id of the wish.

    Raises:
        CheckFailure: If it is not to be or cannot be, with words for the person.
    """
    channel, place = message.channel, place_of(message.channel)
    if place is None or not isinstance(channel, Talk):
        raise discord.CheckFailure(ONLY_IN_SERVERS)
    replies, records, halt = bot.ports.replies, bot.ports.records, Halt()
    old = await bot.delivery.reply_of(message.id, channel.id)
    if old is None:
        raise discord.CheckFailure(NOT_MINE)
    if not await _may_replace(person, message, old, bot):
        raise discord.CheckFailure(NOT_YOURS)
    if not may_speak_to(person, bot.settings.allowed_roles):
        raise discord.CheckFailure(NOT_ALLOWED)
    answered = await _answered(bot, message, old)
    with bot.delivery.under_way.answering(trigger, channel.id, person.id, halt):
        async with bot.delivery.turn(channel.id):
            old = await records.find_reply(message.id)
            if old is None:
                raise discord.CheckFailure(NOT_MINE)
            config = await bot.ports.guilds.settings(place)
            if reason := bot.speaker.must_wait(place, str(person.id), config):
                raise discord.CheckFailure(WAIT.format(reason=reason))
            text = spell_out(answered, bot.own_id) if answered else ""
            turns: Turns = ()
            if answered:
                turns = await attached_turns(answered, config, replies.took)
            seen = attached_pictures(answered, config) if answered else ()
            made = await replies.again(old, person.id, trigger, text, turns, seen, halt)
            await _show(bot, channel, message, old, made, trigger)


async def again_for(
    bot: "MynahBot", context: discord.ApplicationContext, message: discord.Message
) -> None:
    """Do so for a command, and tell the person alone where the other reply is.

    Raises:
        CheckFailure: As `replace_reply`.
    """
    await replace_reply(bot, message, context.author, context.interaction.id)
    text = f"I wrote another one: {message.jump_url}"
    await answers.respond(context, text, is_hidden=True)


async def _show(
    bot: "MynahBot",
    channel: Talk,
    message: discord.Message,
    old: int,
    made: ReadyReply | None,
    trigger: int,
) -> None:
    replies, hooks = bot.ports.replies, bot.delivery.hooks
    if made is None or not made.parts:
        raise discord.CheckFailure(NOTHING_TO_SAY)
    if made.is_draft:
        raise discord.CheckFailure(APPROVED_FIRST)
    files = await source_files(bot, made.files, channel)
    view = again_button if made.has_buttons else None
    shown, ids = await replies.shown_as(old), list[int]()
    mouth = await bot.delivery.mouth_of(made, channel)
    # Nobody else may change what a webhook wrote.
    hook, writer = mouth.hook.id if mouth else None, hooks.writer_of(message)
    lines = made.lines if mouth is None else made.parts
    # Nor may anybody change a voice message.
    is_changed = hook == writer and not message.flags.is_voice_message
    try:
        await replace_parts(
            channel, shown if is_changed else [], lines, trigger, files=files,
            view=view, may_send=bot.delivery.check_of(made), sent=ids, mouth=mouth,
        )  # fmt: skip
    except WordsGoneError as gone:
        await replies.sent(made.reply, ids)
        raise discord.CheckFailure(NOTHING_TO_SAY) from gone
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        reason = refusal_of(error) or "Discord did not answer"
        if ids:
            await replies.sent(made.reply, ids)
        else:
            await replies.refused(made.reply, reason)
        raise discord.CheckFailure(f"I could not say it: {reason}.") from error
    # First, as a deleted message of a reply would count against it.
    await replies.replaced(old, made.reply, ids)
    for one in shown:
        if one not in ids:
            with suppress(discord.NotFound):
                await hooks.delete_message(channel, one)


async def _answered(
    bot: "MynahBot", message: discord.Message, reply: int
) -> discord.Message | None:
    """Return the message that a reply answers; None if it is gone or was a command.

    The first message of the reply names what it answers, but for one by a webhook.
    """
    shown = await bot.ports.replies.shown_as(reply)
    if bot.delivery.hooks.writer_of(message):
        trigger = await bot.ports.records.answered(reply)
        try:
            return await message.channel.fetch_message(trigger or 0)
        except (discord.NotFound, discord.Forbidden):
            return None
    if shown and message.id != shown[0]:
        try:
            message = await message.channel.fetch_message(shown[0])
        except (discord.NotFound, discord.Forbidden):
            return None
    reference = message.reference
    if reference is None or reference.message_id is None:
        return None
    if isinstance(reference.resolved, discord.Message):
        return reference.resolved
    try:
        return await message.channel.fetch_message(reference.message_id)
    except (discord.NotFound, discord.Forbidden):
        return None
