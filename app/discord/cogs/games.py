"""Games that only a learned voice can play: `/origin`, `/whosaid` and `/wrapped`."""

import asyncio
import io
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import discord

from app.chat.postprocess import neutralise
from app.discord import answers
from app.discord.actions import guess_round
from app.discord.actions.guess_round import GuessRound, guess_buttons, guessed_by
from app.discord.answers import NOT_ALLOWED, ONLY_IN_SERVERS, answer_error, place_here
from app.discord.client import MynahBot
from app.discord.permissions import may_speak_to, open_channels
from app.discord.ports import MessagePlace
from app.discord.texts import MAX_ALT_CHARS, origin_text, quote, year_texts
from app.settings.schema import Config

LEAST_CHARS, MOST_CHARS = 3, 100
FIRST_YEAR, LAST_YEAR = 2015, 2100
OFF = "A moderator switched `/{name}` off here: `games.{name}` in `/config`."
NEVER_SAID = "That phrase has a word that I never say here."
NOT_FOUND = (
    "I know no message with {phrase} that may be told here. I look for whole words, in"
    " the channels that I learn from, and leave out members who opted out."
)
TOO_LITTLE = "I know too few lines that may be told here. Let me learn for a while."
ONE_AT_A_TIME = "One game at a time: I tell the answer of the last one soon."
OVER = "That game is over."
GUESSED = "You guessed {} already."
NOTED = "You say {}. I tell the answer when the time is up."
FORGOTTEN = "I forgot one of the lines, so this game is over."
NO_YEAR = "I learned nothing here in that time that may be told here."


class GamesCog(discord.Cog):
    """Games with what a server said."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot
        self._looking = asyncio.Lock()
        """One look at a time, so that frequent askers delay no reply."""
        self._rounds: dict[int, GuessRound] = {}
        """Games under way, by the message that shows them."""
        self._playing: set[int] = set()
        """Their channels."""

    @discord.slash_command(
        name="origin",
        description="Show who said a phrase first here, and how it spread.",
        contexts={discord.InteractionContextType.guild},
    )
    async def origin(
        self,
        context: discord.ApplicationContext,
        phrase: Annotated[
            str,
            discord.Option(
                str,
                description="One word or a few.",
                min_length=LEAST_CHARS,
                max_length=MOST_CHARS,
            ),
        ],
    ) -> None:
        """Show the first message with a phrase, and a picture of its spread."""
        place, config = await self._allowed(context, "origin")
        asked = " ".join(phrase.split())
        # What nobody may say is not found either, or its first speaker would be told.
        if config.speak.forbids(asked) or neutralise(asked)[0] != asked:
            raise discord.CheckFailure(NEVER_SAID)
        await context.defer()
        async with self._looking:
            found = await self.bot.ports.guilds.origin(place, asked)
        if found is None:
            await answers.respond(context, NOT_FOUND.format(phrase=quote(asked)))
            return
        from app.discord.pictures.origin_picture import draw

        text = origin_text(found, place.guild)
        picture = await asyncio.to_thread(draw, found)
        sent = await _show(context, text, [("origin.png", picture, text)])
        await self._note(place, sent, [found.first.id])

    @discord.slash_command(
        name="whosaid",
        description="Guess which of three lines a member wrote.",
        contexts={discord.InteractionContextType.guild},
    )
    async def whosaid(self, context: discord.ApplicationContext) -> None:
        """Show lines with buttons, and tell the answer when the time is up."""
        place, _ = await self._allowed(context, "whosaid")
        if place.channel in self._playing:
            raise discord.CheckFailure(ONE_AT_A_TIME)
        self._playing.add(place.channel)
        try:
            await context.defer()
            async with self._looking:
                game = await self.bot.ports.guilds.guess_game(place)
            if game is None:
                await answers.respond(context, TOO_LITTLE)
                return
            await self._play(context, place, GuessRound(game))
        finally:
            self._playing.discard(place.channel)

    async def _play(
        self, context: discord.ApplicationContext, place: MessagePlace, one: GuessRound
    ) -> None:
        view = guess_buttons(one.game)
        sent = await answers.respond(context, one.question, view=view)
        told = await answers.message_of(sent)
        lines = [line.reply for line in one.game.lines if line.maker]
        self._rounds[told.id] = one
        try:
            if not await self._note(place, told, [one.game.message], lines):
                return
            await asyncio.sleep(guess_round.SECONDS)
        finally:
            del self._rounds[told.id]
        is_known = await self.bot.ports.guilds.may_be_told(one.game)
        text = one.solution(place.guild) if is_known else FORGOTTEN
        with suppress(discord.NotFound):  # Deleted, as a line was forgotten.
            await answers.finish(told, text)

    async def _note(
        self,
        place: MessagePlace,
        sent: answers.Sent | answers.Shown,
        sources: Sequence[int],
        lines: Sequence[int] = (),
    ) -> bool:
        """Note an answer with what it quotes; delete it if that was forgotten."""
        told = await answers.message_of(sent)
        note = self.bot.ports.guilds.note_shown
        if await note(place, told.id, sources, lines):
            return True
        await told.delete()
        return False

    @discord.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Take a guess, also in a game that a restart ended."""
        if interaction.type is not discord.InteractionType.component:
            return
        guess = guessed_by(interaction.custom_id or "")
        guild, message = interaction.guild, interaction.message
        if guess is None or guild is None or message is None:
            return
        if self.bot.strangers.is_one(guild.id):
            return
        try:
            await self._guess(interaction, message, guess)
        except discord.DiscordException as error:
            await answer_error(interaction, error)

    async def _guess(
        self, interaction: discord.Interaction, message: discord.Message, guess: int
    ) -> None:
        one, person = self._rounds.get(message.id), interaction.user
        if one is None or guess >= len(one.game.lines):
            await answers.refuse(interaction, OVER)
        elif person is None or not may_speak_to(
            person, self.bot.settings.allowed_roles
        ):
            await answers.refuse(interaction, NOT_ALLOWED)
        elif person.id in one.guesses:
            text = GUESSED.format(one.guesses[person.id] + 1)
            await answers.refuse(interaction, text)
        else:
            one.guesses[person.id] = guess
            await answers.refuse(interaction, NOTED.format(guess + 1))
            await self.bot.ports.guilds.note_guess(one.game, guess)

    @discord.slash_command(
        name="wrapped",
        description="Show this server's year as pictures.",
        contexts={discord.InteractionContextType.guild},
    )
    async def wrapped(
        self,
        context: discord.ApplicationContext,
        year: Annotated[
            int | None,
            discord.Option(
                int,
                description="A year. Left out: the last twelve months.",
                min_value=FIRST_YEAR,
                max_value=LAST_YEAR,
                required=False,
                default=None,
            ),
        ] = None,
    ) -> None:
        """Show a year of the channels whose words may be said here."""
        place, _ = await self._allowed(context, "wrapped")
        guild = context.guild
        if guild is None:
            raise discord.CheckFailure(ONLY_IN_SERVERS)
        await context.defer()
        channels = open_channels(guild, context.channel)
        async with self._looking:
            found = await self.bot.ports.guilds.year(place.guild, channels, year)
        if not found.messages:
            await answers.respond(context, NO_YEAR)
            return
        from app.discord.pictures.year_picture import draw_times, draw_words

        times, words = year_texts(found)
        name = guild.name
        pictures = [
            ("times.png", await asyncio.to_thread(draw_times, found, name), times),
            ("words.png", await asyncio.to_thread(draw_words, found), words),
        ]
        sent = await _show(context, f"{times}\n{words}", pictures)
        if found.best:
            await self._note(place, sent, [], [found.best.reply])

    async def _allowed(
        self, context: discord.ApplicationContext, game: str
    ) -> tuple[MessagePlace, Config]:
        """Return place and settings of a game that may be played there.

        Raises:
            CheckFailure: If it may not, or not by this person.
        """
        place = place_here(context)
        if not may_speak_to(context.author, self.bot.settings.allowed_roles):
            raise discord.CheckFailure(NOT_ALLOWED)
        config = await self.bot.ports.guilds.settings(place)
        if not getattr(config.games, game):
            raise discord.CheckFailure(OFF.format(name=game))
        return place, config


async def _show(
    context: discord.ApplicationContext,
    text: str,
    pictures: Sequence[tuple[str, bytes, str]],
) -> answers.Sent:
    """Answer with pictures, each with a name and words for those who can't see it."""
    files = [
        discord.File(io.BytesIO(data), name, description=words[:MAX_ALT_CHARS])
        for name, data, words in pictures
    ]
    return await answers.respond(context, text, files=files)
