"""Other people's words, as far as the bot may quote them."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from app.settings.effective import Settings

Quoted = TypeVar("Quoted")


async def quotable(
    settings: Settings,
    guild: int,
    quoted: Iterable[Quoted],
    words_of: Callable[[Quoted], str],
) -> list[Quoted]:
    """Leave out what has words that the bot never says in a guild (row)."""
    forbids = (await settings.of(guild)).speak.forbids
    return [one for one in quoted if not forbids(words_of(one))]
