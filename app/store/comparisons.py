"""Blind choices between two replies, by the owner and by members who play a game."""

import time
from typing import NamedTuple

from peewee import JOIN, Case, fn

from app.core.names import GuildId
from app.store.database import tuples, write
from app.store.feedback import SEEN
from app.store.tables import Comparison, Feedback, Reply

GUESSES = "whosaid"
"""The reason of the replies of a game, in which members guess."""


class Chosen(NamedTuple):
    """A blind choice, by mode and dial of its two replies."""

    first_mode: str
    first_dial: int
    second_mode: str
    second_dial: int
    won: int


class Live(NamedTuple):
    """The reception of one arm's sent replies."""

    arm: str
    replies: int
    liked: int
    disliked: int


@write
def add(guild: GuildId, first: int, second: int, won: int) -> None:
    """Store the better of two replies (rows): 1, 2, or 0 for neither."""
    now = int(time.time() * 1000)
    Comparison.create(guild=guild, created=now, first=first, second=second, won=won)


def of(guild: GuildId) -> list[Chosen]:
    """Return all blind choices, oldest first."""
    first, second = Reply.alias(), Reply.alias()
    query = (
        Comparison.select(
            first.mode, first.dial, second.mode, second.dial, Comparison.won
        )
        .join(first, on=Comparison.first == first.id)
        .switch(Comparison)
        .join(second, on=Comparison.second == second.id)
        .where(Comparison.guild == guild)
        .order_by(Comparison.id)
    )
    return [Chosen(*row) for row in tuples(query)]


def guesses(guild: GuildId) -> int:
    """Count the guesses in games among a guild's choices."""
    query = Comparison.select(fn.COUNT(Comparison.id))
    query = query.join(Reply, on=Comparison.first == Reply.id)
    played = (Comparison.guild == guild) & (Reply.reason == GUESSES)
    return int(query.where(played).scalar() or 0)


def live(guild: GuildId) -> list[Live]:
    """Return the arms that alternated in real replies, with their feedback."""
    query = (
        Reply.select(
            Reply.arm,
            fn.COUNT(Reply.id.distinct()),
            fn.SUM(Case(None, ((Feedback.value > 0, 1),), 0)),
            fn.SUM(Case(None, ((Feedback.value < 0, 1),), 0)),
        )
        .join(Feedback, JOIN.LEFT_OUTER)
        .where((Reply.guild == guild) & Reply.state.in_(SEEN) & (Reply.arm != ""))
        .group_by(Reply.arm)
        .order_by(Reply.arm)
    )
    return [
        Live(arm, count, liked or 0, disliked or 0)
        for arm, count, liked, disliked in tuples(query)
    ]
