"""The data stored about people: `/privacy`."""

import io
from typing import Annotated

import discord

from app.discord import answers
from app.discord.answers import ONLY_IN_SERVERS
from app.discord.client import MynahBot
from app.discord.permissions import require_manager
from app.discord.texts import forgotten, kept_text, proof, quote

HOUR_MS = 3_600_000

STAYS = (
    "It stays forgotten, even if I read this server again. `/privacy forget "
    "undo:True` reverses that."
)
REMEMBERED = (
    "Your messages may be learned again. They come back when a moderator runs `/train` "
    "or imports them."
)
NOT_FORGOTTEN = "You have not asked me to forget anything here."


class PrivacyCog(discord.Cog):
    """A member's own data, and for moderators the messages of a member."""

    privacy = discord.SlashCommandGroup(
        "privacy",
        "See, export or remove the data stored about you.",
        contexts={discord.InteractionContextType.guild},
    )

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @privacy.command(name="show", description="Show the data stored about me.")
    async def show(self, context: discord.ApplicationContext) -> None:
        """Answer with counts and dates, visible only to the asker."""
        await context.defer(ephemeral=True)
        kept = await self.bot.ports.members.kept(_guild_id(context), context.author.id)
        await answers.respond(context, kept_text(kept), is_hidden=True)

    @privacy.command(name="export", description="Send me all my data as a file.")
    async def export(self, context: discord.ApplicationContext) -> None:
        """Answer with a file, visible only to the asker."""
        await context.defer(ephemeral=True)
        guild = _guild_id(context)
        data = await self.bot.ports.members.export_author(guild, context.author.id)
        file = discord.File(io.BytesIO(data), "my-messages.jsonl")
        await answers.respond(context, "Your data:", files=[file], is_hidden=True)

    @privacy.command(
        name="opt-out",
        description="Forget my messages, and never learn, remember or quote me again.",
    )
    async def opt_out(self, context: discord.ApplicationContext) -> None:
        """Opt out, and forget at once."""
        await context.defer(ephemeral=True)
        guild = _guild_id(context)
        gone = await self.bot.ports.members.opt_out(guild, context.author.id, True)
        text = f"You opted out in this server. {forgotten(gone)}{proof(gone)}"
        await answers.respond(context, text, is_hidden=True)

    @privacy.command(name="opt-in", description="Learn from me again from now on.")
    async def opt_in(self, context: discord.ApplicationContext) -> None:
        """Take an opt-out back."""
        await context.defer(ephemeral=True)
        await self.bot.ports.members.opt_out(
            _guild_id(context), context.author.id, False
        )
        text = "I now learn from what you write in the channels I listen to."
        await answers.respond(context, text, is_hidden=True)

    @privacy.command(
        name="tuning",
        description="Allow or forbid tuning a model on my messages here.",
    )
    async def tuning(
        self,
        context: discord.ApplicationContext,
        allow: Annotated[
            bool,
            discord.Option(
                bool, description="Nobody's words are used without consent."
            ),
        ],
    ) -> None:
        """Allow or forbid tuning a model on the asker's words."""
        await context.defer(ephemeral=True)
        await self.bot.ports.members.allow_tuning(
            _guild_id(context), context.author.id, allow
        )
        text = "Your messages here are never used to tune a model."
        if allow:
            text = (
                "Your messages in channels that the owner opened for it may be used to"
                " tune a language model, even one in the cloud. `/privacy tuning"
                " allow:False` reverses that for every later tuning."
            )
        await answers.respond(context, text, is_hidden=True)

    @privacy.command(
        name="voice",
        description="Allow or deny that I speak like you here, with /like and /duet.",
    )
    async def voice(
        self,
        context: discord.ApplicationContext,
        wish: Annotated[
            str,
            discord.Option(
                str,
                description="Nobody is imitated unasked.",
                choices=["allow", "deny"],
            ),
        ],
    ) -> None:
        """Allow or deny imitations of the asker, from this moment on."""
        await context.defer(ephemeral=True)
        await self.bot.ports.members.allow_voice(
            _guild_id(context), context.author.id, wish == "allow"
        )
        text = "I never speak like you. Lines begun in your voice stay unsaid."
        if wish == "allow":
            text = (
                "With `/like` and `/duet` people may hear me speak like you, where this"
                " server turned that on. `/privacy voice deny` takes it back at once."
            )
        await answers.respond(context, text, is_hidden=True)

    @privacy.command(
        name="forget", description="Forget everything I have written here."
    )
    async def forget(
        self,
        context: discord.ApplicationContext,
        undo: Annotated[
            bool,
            discord.Option(
                bool, description="Undo it: allow my messages to be learned again."
            ),
        ] = False,
    ) -> None:
        """Forget the asker's messages everywhere, or let them be learned again."""
        await context.defer(ephemeral=True)
        guild = _guild_id(context)
        if undo:
            was = await self.bot.ports.members.remember_author(guild, context.author.id)
            await answers.respond(
                context, REMEMBERED if was else NOT_FORGOTTEN, is_hidden=True
            )
            return
        gone = await self.bot.ports.members.forget_author(guild, context.author.id)
        text = f"{forgotten(gone)} {STAYS}{proof(gone)}"
        await answers.respond(context, text, is_hidden=True)

    @privacy.command(
        name="member",
        description="For moderators: forget a member's recent messages, or all.",
    )
    async def member(
        self,
        context: discord.ApplicationContext,
        user: Annotated[
            discord.User,
            discord.Option(discord.User, description="The member, even if banned."),
        ],
        hours: Annotated[
            int,
            discord.Option(
                int, description="How far back; 0 forgets everything.", min_value=0
            ),
        ] = 24,
    ) -> None:
        """Forget a member's recent messages in one step, such as a raider's."""
        require_manager(context.author, self.bot.settings)
        await context.defer(ephemeral=True)
        since_ms = 0
        if hours:
            now_ms = int(self.bot.surroundings.clock() * 1000)
            since_ms = now_ms - hours * HOUR_MS
        guild = _guild_id(context)
        gone = await self.bot.ports.members.forget_author(
            guild, user.id, since_ms, by_owner=True
        )
        text = f"{quote(user.display_name)}: {forgotten(gone)}"
        await answers.respond(context, text, is_hidden=True)


def _guild_id(context: discord.ApplicationContext) -> int:
    if context.guild_id is None:
        raise discord.CheckFailure(ONLY_IN_SERVERS)
    return context.guild_id
