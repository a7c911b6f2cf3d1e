"""Changes the bot's behavior in a guild or channel: `/config`."""

from typing import Annotated

import discord

from app.discord import answers
from app.discord.actions.setting_change import change_setting
from app.discord.client import MynahBot
from app.discord.permissions import require_owner
from app.discord.texts import pages, quote, setting_lines
from app.settings.consent import IS_EVERYWHERE
from app.settings.owner_rules import PATHS
from app.settings.setting_keys import keys

MAX_SUGGESTIONS = 25


async def suggest_keys(context: discord.AutocompleteContext) -> list[str]:
    """Return names of settings that contain the typed text."""
    typed = str(context.value or "").casefold()
    chosen = context.options.get("everywhere")
    every = [key for key in keys().values() if chosen or key.scope != "home"]
    return [key.name for key in every if typed in key.name][:MAX_SUGGESTIONS]


def _key() -> discord.Option:
    return discord.Option(str, description="Which setting.", autocomplete=suggest_keys)


ChannelOnly = Annotated[
    bool,
    discord.Option(bool, description="Only for this channel, not the whole server."),
]


Everywhere = Annotated[
    bool,
    discord.Option(bool, description="For the owner: for every server."),
]


class SettingsCog(discord.Cog):
    """Showing, setting and resetting, each with the value's origin."""

    config = discord.SlashCommandGroup(
        "config",
        "Change how the bot behaves in this server and channel.",
        contexts={discord.InteractionContextType.guild},
    )

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @config.command(name="show", description="Show the settings in effect here.")
    async def show(
        self,
        context: discord.ApplicationContext,
        key: Annotated[
            str | None,
            discord.Option(
                str, description="Which setting.", autocomplete=suggest_keys
            ),
        ] = None,
    ) -> None:
        """List settings with their origins, or explain one."""
        await context.defer(ephemeral=True)
        explained = await self.bot.ports.guilds.explain_settings(
            answers.place_here(context)
        )
        settings = [one for one in explained if one.key.name not in PATHS]
        if key is not None:
            settings = [one for one in settings if one.key.name == key]
        lines = setting_lines(settings) or [f"There is no setting {quote(key or '')}."]
        if key is not None and settings:
            lines.append(settings[0].key.doc)
        for page in pages(lines):
            await answers.respond(context, page, is_hidden=True)

    @config.command(name="set", description="Change a setting.")
    async def set(
        self,
        context: discord.ApplicationContext,
        key: Annotated[str, _key()],
        value: Annotated[
            str, discord.Option(str, description="The new value; lists with commas.")
        ],
        channel: ChannelOnly = False,
        everywhere: Everywhere = False,
        agree: Annotated[
            bool,
            discord.Option(
                bool, description="I agree that messages leave the owner's computer."
            ),
        ] = False,
    ) -> None:
        """Set a value for the guild or the channel."""
        await change_setting(
            self.bot, context, key, value,
            channel_only=channel, everywhere=everywhere, agreed=agree,
        )  # fmt: skip

    @config.command(
        name="withdraw",
        description="For the owner: stop sending this server's words to any host.",
    )
    async def withdraw(self, context: discord.ApplicationContext) -> None:
        """Take back the consent that words leave the owner's computer."""
        require_owner(context.author, self.bot.settings)
        await context.defer()
        place = answers.place_here(context)
        done = await self.bot.ports.guilds.withdraw_consent(place.guild)
        text = "There was no consent to withdraw here."
        if done is None:
            text = f"{IS_EVERYWHERE} Lock it with `/config set key:reply.local_only"
            text += " value:on`, or withdraw it on your computer."
        elif done:
            text = f"You no longer agree to {', '.join(done)}."
        await answers.respond(context, text)

    @config.command(name="reset", description="Reset a setting to its default.")
    async def reset(
        self,
        context: discord.ApplicationContext,
        key: Annotated[str, _key()],
        channel: ChannelOnly = False,
        everywhere: Everywhere = False,
    ) -> None:
        """Remove a value of the guild or the channel, or for the owner the home's."""
        await change_setting(
            self.bot, context, key, None, channel_only=channel, everywhere=everywhere
        )
