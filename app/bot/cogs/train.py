"""Learning the past: `/train`, its message form, and files."""

from typing import Annotated

import discord

from app.bot.discord_bot import MynahBot
from app.bot.discord_errors import ONLY_IN_SERVERS
from app.bot.discord_permissions import may_manage, require_manager
from app.bot.discord_words import cut, forgotten

NO_CHANNELS = "No channels to learn from. Set some with `/listen add`."
ALREADY = "A training is under way already."
MAX_FILE_BYTES = 200 << 20


class Train(discord.Cog):
    """Starting and stopping the reading of histories and files."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @discord.slash_command(
        name="train",
        description="Learn the past messages of the channels listened to.",
        contexts={discord.InteractionContextType.guild},
    )
    async def train(
        self,
        context: discord.ApplicationContext,
        clean: Annotated[
            bool,
            discord.Option(
                bool, description="Forget everything learned before it starts."
            ),
        ] = False,
        json: Annotated[
            discord.Attachment | None,
            discord.Option(
                discord.Attachment,
                description="Learn an export instead of the channels' history.",
                required=False,
                default=None,
            ),
        ] = None,
        stop: Annotated[
            bool,
            discord.Option(bool, description="Give up the training that is under way."),
        ] = False,
    ) -> None:
        """Begin to read, and show the progress in the answer."""
        require_manager(context.author, self.bot.settings)
        guild = context.guild
        if guild is None:
            raise discord.CheckFailure(ONLY_IN_SERVERS)
        await context.defer()
        if stop:
            was = await self.bot.training.stop(guild.id)
            await context.respond("Stopped." if was else "There is no training.")
        elif self.bot.training.is_running(guild.id):
            await context.respond(ALREADY)
        else:
            removed = await self.bot.host.forget_learned(guild.id) if clean else None
            before = forgotten(removed) + "\n" if removed else ""
            if json is not None:
                await context.respond(before + await self._learn_file(guild.id, json))
            else:
                await self._begin(context, guild, before)

    async def _learn_file(self, guild: int, file: discord.Attachment) -> str:
        if file.size > MAX_FILE_BYTES:
            return "That file is too large; the owner can import it on the machine."
        data = await file.read()
        added, read = await self.bot.host.learn_file(guild, file.filename, data)
        return f"Read {read:,} messages of {file.filename}, {added:,} of them new."

    async def _begin(
        self, context: discord.ApplicationContext, guild: discord.Guild, before: str
    ) -> None:
        channels = await self.bot.training.channels_of(guild)
        if not channels:
            await context.respond(before + NO_CHANNELS)
            return
        names = ", ".join(f"#{channel.name}" for channel in channels)
        told = await context.respond(
            f"{before}Learning from {len(channels)} channel(s): {cut(names, 1000)}"
        )
        message = await _message_of(told)
        report = (message.channel.id, message.id)
        await self.bot.training.start(guild, channels, report)

    @discord.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Carry out the message form of the command: `!mark train`."""
        guild = message.guild
        if self.bot.prefix_action(message) != "train" or guild is None:
            return
        if not may_manage(message.author, self.bot.settings):
            await message.reply("You do not have the permissions for this action.")
        elif self.bot.training.is_running(guild.id):
            await message.reply(ALREADY)
        else:
            await self._begin_from(message, guild)

    async def _begin_from(self, message: discord.Message, guild: discord.Guild) -> None:
        channels = await self.bot.training.channels_of(guild)
        if not channels:
            await message.reply(NO_CHANNELS)
            return
        told = await message.reply("Learning the past messages…")
        report = (told.channel.id, told.id)
        await self.bot.training.start(guild, channels, report)


async def _message_of(
    told: discord.Interaction | discord.WebhookMessage,
) -> discord.InteractionMessage | discord.WebhookMessage:
    if isinstance(told, discord.Interaction):
        return await told.original_response()
    return told
