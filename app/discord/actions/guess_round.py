"""A round of `/whosaid`: its buttons, the guesses, and how it is told."""

from collections import Counter
from dataclasses import dataclass, field

import discord

from app.core.labels import many
from app.discord.texts import quote
from app.service.words.guess_game import MAKERS, GuessGame

SECONDS = 120.0
"""The time for guesses."""

_ID = "whosaid-"
MOST_LINE = 300


@dataclass
class GuessRound:
    """A game under way."""

    game: GuessGame
    guesses: dict[int, int] = field(default_factory=dict)
    """The guessed place by person (Discord's id)."""

    @property
    def question(self) -> str:
        """The lines, and what to do."""
        count = len(self.game.lines) - 1
        others = "one" if count == 1 else many(count, "line")
        return (
            "**Who said it?** A member wrote one of these, and I the other"
            f" {others}. Which one is the member's? I tell in"
            f" {SECONDS / 60:g} minutes.\n{self._lines()}"
        )

    def _lines(self, *, is_told: bool = False) -> str:
        return "\n".join(
            f"**{at}** {quote(line.text, MOST_LINE)}"
            + (f" — *{MAKERS[line.maker]}*" if is_told else "")
            for at, line in enumerate(self.game.lines, 1)
        )

    def solution(self, guild: int) -> str:
        """The makers of the lines, and how many found the member's."""
        game, votes = self.game, Counter(self.guesses.values())
        where = ""
        if game.channel and game.external.isdigit():
            link = f"{guild}/{game.channel}/{game.external}"
            where = f": https://discord.com/channels/{link}"
        people = f"{votes[game.answer]} of {many(len(self.guesses), 'member')}"
        told = f"{people} found it." if self.guesses else "Nobody guessed."
        answer = f"**{game.answer + 1}** is by {quote(game.name, 40)}{where}"
        return f"**Who said it?** {answer}\n{self._lines(is_told=True)}\n{told}"


def guess_buttons(game: GuessGame) -> discord.ui.View:
    """Return a button for each line, whose presses are told by their ids."""
    buttons = [
        discord.ui.Button[discord.ui.View](label=str(at + 1), custom_id=f"{_ID}{at}")
        for at in range(len(game.lines))
    ]
    return discord.ui.View(*buttons, timeout=None, store=False)


def guessed_by(custom_id: str) -> int | None:
    """Return the place of the line that a button stands for; None for another one."""
    number = custom_id.removeprefix(_ID)
    return int(number) if custom_id != number and number.isdigit() else None
