"""Chooses the mode of a reply: by turns, or by a guild's feedback."""

from dataclasses import dataclass
from random import Random
from typing import Protocol

from app.chat import feedback_weights, self_tune
from app.chat.ab_arms import parse, turn
from app.chat.prompt_settings import choose_mode, dial_of
from app.chat.self_tune import Arm
from app.core.names import GuildId
from app.settings.schema import Config
from app.store import feedback
from app.store.database import Database
from app.store.feedback import Rated


class Asked(Protocol):
    """The parts of a request that the choice depends on."""

    @property
    def guild(self) -> GuildId: ...
    @property
    def trigger(self) -> str | None: ...
    @property
    def mode(self) -> str | None: ...
    @property
    def dial(self) -> int | None: ...
    @property
    def seed(self) -> str | None: ...


@dataclass(frozen=True)
class Drawn:
    """Mode and dial of one reply, where they were drawn."""

    arm: Arm
    why: str = ""
    """The link to earlier replies' success; empty if there is none."""
    is_turn: bool = False
    """True if it was the arm's turn in a live comparison."""


class ModeChoice:
    """Draws mode and dial for each reply."""

    def __init__(self, database: Database, rng: Random) -> None:
        self._database = database
        self._rng = rng

    async def draw(
        self, row: int | None, asked: Asked, config: Config, learned: int
    ) -> Drawn | None:
        """Choose mode and dial of one reply; None if settings or asker decide.

        Args:
            row: The reply's, if it has a trigger.
            learned: Messages that the guild's voice knows.
        """
        if arm := _arm_of_turn(row, asked, config):
            return Drawn(arm, is_turn=True)
        reply = config.reply
        is_said = asked.mode is not None or asked.dial is not None or asked.seed
        if not reply.self_tune or is_said or not learned:
            return None
        arms = self_tune.arms(
            reply.tune_modes, reply.tune_dial_low, reply.tune_dial_high
        )
        rated = await self._database.run(feedback.newest, asked.guild)
        opinions = feedback_weights.opinions(one.vote for one in rated)
        made = {one.vote.reply: _made_by(one) for one in rated}
        records = self_tune.tally(
            arms, ((*made[row], opinion) for row, opinion in opinions.items())
        )
        mode = choose_mode(reply.mode, learned=learned)
        own = Arm(mode, dial_of(mode, reply.dial))
        choice = self_tune.choose(arms, records, own, self._rng)
        return Drawn(choice.arm, choice.why) if choice else None


def _arm_of_turn(reply: int | None, asked: Asked, config: Config) -> Arm | None:
    """Return the next arm, where real replies alternate between two arms."""
    if reply is None or asked.trigger is None or asked.mode or asked.seed:
        return None
    return turn([parse(arm, config.reply.dial) for arm in config.reply.split], reply)


def _made_by(rated: Rated) -> tuple[str, int]:
    """Return mode and dial of the words; the chain's are its own in every mode."""
    if rated.provider == "markov":
        return "markov", 100
    return rated.mode, rated.dial
