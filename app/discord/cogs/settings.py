"""Changes the bot's behavior in a guild or channel: `/config`."""

from typing import Annotated

import discord

from app.discord import answers
from app.discord.answers import ONLY_IN_SERVERS
from app.discord.client import MynahBot
from app.discord.messages import place_of
from app.discord.permissions import is_owner, require_manager, require_owner
from app.discord.ports import MessagePlace
from app.discord.texts import AGREE_AGAIN, pages, quote, setting_lines
from app.settings import owner_rules
from app.settings.consent import IS_EVERYWHERE, ConsentError
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
        explained = await self.bot.ports.guilds.explain_settings(_place(context))
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
        await self._change(context, key, value, channel, everywhere, agree)

    @config.command(
        name="withdraw",
        description="For the owner: no words of this server go to a host any more.",
    )
    async def withdraw(self, context: discord.ApplicationContext) -> None:
        """Take back the consent that words leave the owner's computer."""
        require_owner(context.author, self.bot.settings)
        await context.defer()
        place = _place(context)
        done = await self.bot.ports.guilds.withdraw_consent(place.guild)
        text = "You had agreed to nothing here."
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
        await self._change(context, key, None, channel, everywhere, agreed=False)

    async def _change(
        self,
        context: discord.ApplicationContext,
        key: str,
        value: str | None,
        channel_only: bool,
        everywhere: bool,
        agreed: bool,
    ) -> None:
        require_manager(context.author, self.bot.settings)
        by_owner = is_owner(context.author, self.bot.settings)
        owner_rules.check_change(key, is_owner=by_owner, everywhere=everywhere)
        # What holds for every server is no matter of this one.
        await context.defer(ephemeral=everywhere)
        place = _place(context)
        try:
            changed = await self.bot.ports.guilds.change_setting(
                place, key, value,
                channel_only=channel_only, everywhere=everywhere, agreed=agreed,
                is_owner=by_owner,
            )  # fmt: skip
        except ConsentError as error:
            await answers.respond(context, AGREE_AGAIN.format(question=error.message))
            return
        await answers.respond(context, f"Now {setting_lines([changed])[0]}.")


def _place(context: discord.ApplicationContext) -> MessagePlace:
    place = place_of(context.channel)
    if place is None:
        raise discord.CheckFailure(ONLY_IN_SERVERS)
    return place
