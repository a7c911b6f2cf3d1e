"""A lorebook: the entries that the words of a talk bring up."""

from collections.abc import Sequence

from app.core.patterns import WordLists
from app.providers.base import LoreText

ALWAYS = "*"
"""The word of an entry that every talk brings up."""


class Lorebook:
    """A guild's entries, ready to be looked up."""

    def __init__(self, entries: Sequence[tuple[LoreText, Sequence[str]]]) -> None:
        """Take entries with the words that bring each up."""
        self.texts = [entry for entry, _ in entries]
        self._always = [at for at, (_, words) in enumerate(entries) if ALWAYS in words]
        self._words = WordLists(
            [word for word in words if word != ALWAYS] for _, words in entries
        )

    def brought_up(self, turns: Sequence[str]) -> list[int]:
        """Return the places of the entries that a talk's words bring up.

        Those of its newest turn come first, and those that always count come last.
        """
        found = [at for turn in reversed(turns) for at in self._words.found_in(turn)]
        return list(dict.fromkeys([*found, *self._always]))
