"""Members' voices: `/like` and `/duet`, where server and members agreed to it."""

from typing import Annotated

import discord

from app.discord import answers
from app.discord.actions.again import APPROVED_FIRST, NOTHING_TO_SAY, WAIT
from app.discord.answers import NOT_ALLOWED
from app.discord.client import MynahBot
from app.discord.permissions import may_speak_to
from app.discord.ports import Ask, ReadyReply

DUET_LINES = 4
"""The lines of a duet, which two members say in turns."""


class ImitateCog(discord.Cog):
    """Replies in the voice of members."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @discord.slash_command(
        name="like",
        description="Talk like one member who agreed to it.",
        contexts={discord.InteractionContextType.guild},
    )
    async def like(
        self,
        context: discord.ApplicationContext,
        member: Annotated[
            discord.User, discord.Option(discord.User, description="The member.")
        ],
        text: Annotated[
            str, discord.Option(str, description="The message to answer.")
        ] = "",
    ) -> None:
        """Answer the command in a member's voice."""
        await self._begin(context)
        speaker = context.author.display_name
        turns = [(speaker, text)] if text else []
        await self._say(context, "like", 0, member, turns)

    @discord.slash_command(
        name="duet",
        description="Let two members who agreed to it talk.",
        contexts={discord.InteractionContextType.guild},
    )
    async def duet(
        self,
        context: discord.ApplicationContext,
        first: Annotated[
            discord.User,
            discord.Option(discord.User, description="The first to speak."),
        ],
        second: Annotated[
            discord.User, discord.Option(discord.User, description="The one to answer.")
        ],
        topic: Annotated[
            str, discord.Option(str, description="The topic of the talk.")
        ] = "",
    ) -> None:
        """Answer the command with a talk of two members."""
        await self._begin(context)
        turns = [(context.author.display_name, topic)] if topic else []
        for number in range(DUET_LINES):
            member = (first, second)[number % 2]
            said = await self._say(context, "duet", number, member, turns)
            if said is None:
                return
            turns.append((member.display_name, said.said))

    async def _begin(self, context: discord.ApplicationContext) -> None:
        place = answers.place_here(context)
        if not may_speak_to(context.author, self.bot.settings.allowed_roles):
            raise discord.CheckFailure(NOT_ALLOWED)
        config = await self.bot.ports.guilds.settings(place)
        author = str(context.author.id)
        if reason := self.bot.speaker.must_wait(place, author, config):
            raise discord.CheckFailure(WAIT.format(reason=reason))
        await context.defer()

    async def _say(
        self,
        context: discord.ApplicationContext,
        reason: str,
        number: int,
        member: discord.User,
        turns: list[tuple[str, str]],
    ) -> ReadyReply | None:
        """Say one line in a member's voice; None if nothing more is to be said."""
        speaker, text = turns[-1] if turns else (context.author.display_name, "")
        ask = Ask(
            place=answers.place_here(context),
            # Each line has its own row, and no two rows the same trigger.
            trigger=context.interaction.id + number,
            author=context.author.id,
            author_name=speaker,
            text=text,
            reason=reason,
            turns=tuple(turns[:-1]),
            like=member.id,
        )
        with self.bot.delivery.under_way.making(ask):
            answer = await self.bot.ports.replies.answer(ask)
            told = NOTHING_TO_SAY
            if answer is not None and answer.is_draft:
                told = APPROVED_FIRST
            elif answer is not None and answer.parts:
                deliver = self.bot.delivery.answer_command
                sent = await deliver(answer, context, is_aloud=False)
                if sent.state == "sent":
                    return answer
                if sent.state == "refused":
                    told = f"I could not say it: {sent.reason}."
        await answers.respond(context, told, is_hidden=True)
        return None
