"""Learns the past: `/train`, its message form, and files."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import aiohttp
import discord

from app.core.errors import AppError, UsageError
from app.core.labels import many
from app.discord import answers
from app.discord.answers import NOT_ALLOWED, ONLY_IN_SERVERS
from app.discord.backfill import ALREADY
from app.discord.client import MynahBot
from app.discord.messages import Action
from app.discord.permissions import may_manage, require_manager
from app.discord.texts import cut, file_problem, forgotten, learned_file, quote

Tell = Callable[[str, discord.ui.View | None], Awaitable[discord.Message]]
"""Answers the person who asked for a training, with or without buttons."""

NO_CHANNELS_HINT = "Choose some with `/listen add`."
UNREADABLE = (
    "I may not read any of these channels, so I forgot nothing. Give me “View Channel”"
    " and “Read Message History” there, then try again."
)
PARTLY_UNREADABLE = (
    "I may not read {channels}, so I forgot nothing. Give me “View Channel” and “Read"
    " Message History” there, or stop listening there with `/listen remove`."
)
FORGOT_NOTHING = "{problem} I forgot nothing."
GONE = "{name}: I could not get that file from Discord. Attach it again."
TOO_LARGE = "That file is too large. The owner can import it on the bot's computer."
MAX_FILE_BYTES = 200 << 20
AGAIN_LATER = " I will try again the next time I start."
ANSWER_SECONDS = 600.0


class TrainCog(discord.Cog):
    """Starting and stopping the reading of histories and files."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @discord.slash_command(
        name="train",
        description="Learn the past messages of the channels that the bot listens to.",
        contexts={discord.InteractionContextType.guild},
    )
    async def train(
        self,
        context: discord.ApplicationContext,
        clean: Annotated[
            bool,
            discord.Option(
                bool,
                description="Forget all and start again (asks first). Default: true.",
            ),
        ] = True,
        json: Annotated[
            discord.Attachment | None,
            discord.Option(
                discord.Attachment,
                description="Learn an export file instead of the channels' history.",
                required=False,
                default=None,
            ),
        ] = None,
        stop: Annotated[
            bool,
            discord.Option(bool, description="Stop the running training."),
        ] = False,
        pause: Annotated[
            bool,
            discord.Option(bool, description="Pause the running training."),
        ] = False,
        resume: Annotated[
            bool,
            discord.Option(bool, description="Continue a paused training."),
        ] = False,
    ) -> None:
        """Start reading, and show the progress in the answer."""
        require_manager(context.author, self.bot.settings)
        guild = context.guild
        if guild is None:
            raise discord.CheckFailure(ONLY_IN_SERVERS)
        await context.defer()
        if stop or pause or resume:
            done = await self._steer(guild.id, stop=stop, pause=pause)
            await answers.respond(context, done or "No training is running.")
            return

        async def tell(text: str, view: discord.ui.View | None) -> discord.Message:
            if view is None:
                return await _message_of(await answers.respond(context, text))
            return await _message_of(await answers.respond(context, text, view=view))

        await self._order(guild, json, tell, clean=clean)

    async def _steer(self, guild: int, *, stop: bool, pause: bool) -> str:
        """Stop, pause or resume a training; return what was done, if anything."""
        training = self.bot.training
        if stop:
            return "Stopped." if await training.stop(guild) else ""
        if pause:
            return "Paused." if await training.pause(guild) else ""
        return "I go on." if training.resume(guild) else ""

    @discord.Cog.listener()
    async def on_typed_command(self, message: discord.Message, action: Action) -> None:
        """Carry out the message form of the command: `!mark train`."""
        guild = message.guild
        if action != "train" or guild is None:
            return
        if not may_manage(message.author, self.bot.settings):
            await answers.reply(message, NOT_ALLOWED)
            return

        async def tell(text: str, view: discord.ui.View | None) -> discord.Message:
            return await answers.reply(message, text, view)

        await self._order(guild, None, tell, clean=True)

    async def _order(
        self,
        guild: discord.Guild,
        file: discord.Attachment | None,
        tell: Tell,
        *,
        clean: bool,
    ) -> None:
        """Start, or ask first whether to delete the learned messages."""
        try:
            if file is None:
                await self.bot.training.to_read(guild)
            else:
                self.bot.training.refuse_a_second(guild.id)
        except UsageError as error:
            hint = NO_CHANNELS_HINT if error.hint else ""
            await tell(f"{error.message} {hint}".strip(), None)
            return
        if clean and (kept := await self.bot.ports.messages.stored(guild.id)):
            question = (
                f"I have stored {many(kept, 'message')} of this server. Shall I forget"
                " them first, those from files too, or keep them and learn what is new?"
            )
            await tell(question, CleanQuestion(self, guild, file))
        else:
            told = await tell("Learning…", None)
            await self.begin(guild, file, told, clean=False)

    async def begin(
        self,
        guild: discord.Guild,
        file: discord.Attachment | None,
        told: discord.Message,
        *,
        clean: bool,
    ) -> None:
        """Learn a file or the history; `told` shows the progress."""
        if file is not None:
            await self._learn_file(guild.id, file, told, clean=clean)
            return
        training = self.bot.training
        channels = await training.channels_of(guild)
        if clean:
            readable = await training.readable(channels)
            missing = [one.mention for one in channels if one not in readable]
            if missing:
                names = cut(", ".join(missing), 1000)
                why = PARTLY_UNREADABLE if readable else UNREADABLE
                await answers.change(told, why.format(channels=names))
                return
            # Where this cannot be shown, nothing is forgotten either.
            await answers.change(told, "Forgetting…")
        report = (told.channel.id, told.id)
        gone = await training.prepare(guild, channels, report, clean=clean)
        before = forgotten(gone) + "\n" if gone is not None else ""
        names = ", ".join(f"#{channel.name}" for channel in channels)
        text = f"Learning from {many(len(channels), 'channel')}: {cut(names, 1000)}"
        await answers.change(told, before + text)
        training.resume(guild.id)

    async def _learn_file(
        self,
        guild: int,
        file: discord.Attachment,
        told: discord.Message,
        *,
        clean: bool,
    ) -> None:
        """Learn a file; forget first only when it is here and can be read."""
        if file.size > MAX_FILE_BYTES:
            await answers.change(told, TOO_LARGE)
            return
        messages = self.bot.ports.messages
        try:
            data = await file.read()
            if clean:
                await messages.check_file(guild, file.filename, data)
        except (AppError, discord.HTTPException, aiohttp.ClientError, OSError) as error:
            problem = GONE.format(name=quote(file.filename))
            if isinstance(error, AppError):
                problem = file_problem(file.filename, str(error))
            await answers.change(told, FORGOT_NOTHING.format(problem=problem))
            return
        if clean:
            await answers.change(told, "Forgetting…")
        try:
            learned = await messages.learn_file(guild, file.filename, data, clean=clean)
        except AppError as error:
            text = file_problem(file.filename, str(error))
            text += AGAIN_LATER if clean else ""
        else:
            text = learned_file(file.filename, learned)
        await answers.change(told, cut(text))


class CleanQuestion(discord.ui.View):
    """A question whether to forget everything before a training."""

    def __init__(
        self, cog: TrainCog, guild: discord.Guild, file: discord.Attachment | None
    ) -> None:
        super().__init__(timeout=ANSWER_SECONDS, disable_on_timeout=True)
        self._cog = cog
        self._guild = guild
        self._file = file

    async def interaction_check(self, interaction: discord.Interaction) -> bool:
        """Only accept answers from people who may train."""
        user = interaction.user
        if user is not None and may_manage(user, self._cog.bot.settings):
            return True
        await answers.refuse(interaction, NOT_ALLOWED)
        return False

    @discord.ui.button(
        label="Forget them first",
        custom_id="train-clean",
        style=discord.ButtonStyle.danger,
    )
    async def clean(
        self,
        button: discord.ui.Button[discord.ui.View],
        interaction: discord.Interaction,
    ) -> None:
        """Start from nothing."""
        await self._go(interaction, clean=True)

    @discord.ui.button(label="Keep them", custom_id="train-keep")
    async def keep(
        self,
        button: discord.ui.Button[discord.ui.View],
        interaction: discord.Interaction,
    ) -> None:
        """Learn what is new."""
        await self._go(interaction, clean=False)

    @discord.ui.button(label="Cancel", custom_id="train-cancel")
    async def cancel(
        self,
        button: discord.ui.Button[discord.ui.View],
        interaction: discord.Interaction,
    ) -> None:
        """Leave everything as it is."""
        self.stop()
        await answers.replace(interaction, "Nothing was changed.")

    async def _go(self, interaction: discord.Interaction, *, clean: bool) -> None:
        self.stop()
        told = interaction.message
        if told is None or self._cog.bot.training.is_running(self._guild.id):
            await answers.replace(interaction, ALREADY)
            return
        await answers.replace(interaction, "Learning…")
        # Discord lets an answer be changed also where the bot cannot see the channel.
        shown = await interaction.original_response()
        await self._cog.begin(self._guild, self._file, shown, clean=clean)


async def _message_of(
    told: discord.Interaction | discord.WebhookMessage,
) -> discord.InteractionMessage | discord.WebhookMessage:
    if isinstance(told, discord.Interaction):
        return await told.original_response()
    return told
