"""Shows and steers what writes the replies: `/model`."""

from typing import Annotated

import discord

from app.discord import answers
from app.discord.actions.report_texts import check_lines, model_lines, state_lines
from app.discord.actions.setting_change import change_setting
from app.discord.client import MynahBot
from app.discord.permissions import is_owner, require_manager, require_owner
from app.discord.texts import pages
from app.settings.host_names import LOCAL
from app.settings.speech_sections import MODES

MAX_SUGGESTIONS = 25
CLOUD = "cloud"
PLACES_OF_MODELS = ("here", CLOUD)


async def suggest_models(context: discord.AutocompleteContext) -> list[str]:
    """Return names of present models, to the owner alone."""
    bot, person = context.bot, context.interaction.user
    if not isinstance(bot, MynahBot) or person is None:
        return []
    if not is_owner(person, bot.settings):
        return []
    typed = str(context.value or "").casefold()
    names = [one.name for one in await bot.ports.machine.models()]
    return [name for name in names if typed in name.casefold()][:MAX_SUGGESTIONS]


class ModelCog(discord.Cog):
    """The model, where it is, the mode, and the health of all of it."""

    model = discord.SlashCommandGroup(
        "model",
        "See or choose what writes the replies.",
        contexts={discord.InteractionContextType.guild},
    )

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @model.command(
        name="show", description="Show what writes replies here, and its state."
    )
    async def show(self, context: discord.ApplicationContext) -> None:
        """Show model, place, mode and troubles; money and remedies to the owner."""
        require_manager(context.author, self.bot.settings)
        await context.defer(ephemeral=True)
        config = await self.bot.ports.guilds.settings(answers.place_here(context))
        status = await self.bot.ports.machine.status()
        lines = state_lines(status, config, is_for_owner=self._is_owner(context))
        await answers.respond(context, pages(lines)[0], is_hidden=True)

    @model.command(name="list", description="For the owner: list the models here.")
    async def list_models(self, context: discord.ApplicationContext) -> None:
        """List the present models with size and speed."""
        require_owner(context.author, self.bot.settings)
        await context.defer(ephemeral=True)
        lines = model_lines(await self.bot.ports.machine.models())
        await answers.respond(context, pages(lines)[0], is_hidden=True)

    @model.command(name="use", description="For the owner: use another model.")
    async def use(
        self,
        context: discord.ApplicationContext,
        name: Annotated[
            str,
            discord.Option(str, description="Its name.", autocomplete=suggest_models),
        ],
    ) -> None:
        """Switch the model of all servers."""
        await context.defer(ephemeral=True)
        use_model = self.bot.ports.machine.use_model
        used = await use_model(name, is_owner=self._is_owner(context))
        text = f"{used} writes from the next reply on, in every server."
        await answers.respond(context, text, is_hidden=True)

    @model.command(
        name="where", description="For the owner: use a model here or in the cloud."
    )
    async def where(
        self,
        context: discord.ApplicationContext,
        place: Annotated[
            str,
            discord.Option(
                str, description="For this server.", choices=list(PLACES_OF_MODELS)
            ),
        ],
        agree: Annotated[
            bool,
            discord.Option(
                bool, description="I agree that messages leave the owner's computer."
            ),
        ] = False,
    ) -> None:
        """Choose the model's place for this server."""
        require_owner(context.author, self.bot.settings)
        # Looking for the keys of hosts may take a while.
        await context.defer()
        is_away = place == CLOUD
        value = await self.bot.ports.machine.cloud_host() if is_away else LOCAL
        await change_setting(self.bot, context, "reply.provider", value, agreed=agree)

    @model.command(name="mode", description="Let the voice, the model, or both write.")
    async def mode(
        self,
        context: discord.ApplicationContext,
        mode: Annotated[
            str, discord.Option(str, description="The writer.", choices=list(MODES))
        ],
        channel: Annotated[
            bool,
            discord.Option(
                bool, description="Only for this channel, not the whole server."
            ),
        ] = False,
    ) -> None:
        """Choose the mode for the server or the channel."""
        await change_setting(
            self.bot, context, "reply.mode", mode, channel_only=channel
        )

    @model.command(name="check", description="For the owner: look for problems.")
    async def check(self, context: discord.ApplicationContext) -> None:
        """Run the check-up, and show what it found."""
        await context.defer(ephemeral=True)
        machine = self.bot.ports.machine
        found = await machine.checks(is_owner=self._is_owner(context))
        for page in pages(check_lines(found)):
            await answers.respond(context, page, is_hidden=True)

    def _is_owner(self, context: discord.ApplicationContext) -> bool:
        return is_owner(context.author, self.bot.settings)
