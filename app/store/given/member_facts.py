"""Facts that members tell of themselves, and which of them hold."""

import re
from collections.abc import Sequence
from typing import NamedTuple

SINGLE = frozenset("name lives from birthday pronouns is".split())
"""The kinds of which a member has one; favorites and pets have one for each thing."""


class Fact(NamedTuple):
    """A thing that a member tells of themselves."""

    kind: str
    """Such as `lives`, `favourite colour` or `pet cat`."""
    value: str
    is_over: bool = False
    """It holds no more, as in "I no longer live in Rome"."""

    @property
    def key(self) -> str:
        """Stands for the fact, in whatever case it is told."""
        return " ".join(words_of(self.value.casefold()))

    def replaces(self, older: "Fact") -> bool:
        """Tell if an older fact is not true any more, or the same."""
        if self.key == older.key:
            return self.kind == older.kind or {self.kind, older.kind} == {
                "loves",
                "hates",
            }
        return self.kind == older.kind and is_single(self.kind) and not self.is_over


def is_single(kind: str) -> bool:
    """Tell if a member has one fact of a kind at most."""
    return kind in SINGLE or kind.startswith(("favourite ", "pet "))


def merged(known: Sequence[Fact], new: Sequence[Fact]) -> list[Fact]:
    """Return known facts with new ones, each in the place of what it replaces."""
    facts = list(known)
    for fact in new:
        facts = [one for one in facts if not fact.replaces(one)]
        if not fact.is_over:
            facts.append(fact)
    return facts


def words_of(text: str) -> list[str]:
    """Return the words of a text, as rules for facts compare them."""
    return re.findall(r"[\w'&+/-]+", text)


_SENTENCES = {
    "name": "{name} wants to be called {value}.",
    "lives": "{name} lives in {value}.",
    "from": "{name} is from {value}.",
    "is": "{name} is {article} {value}.",
    "loves": "{name} likes {value}.",
    "hates": "{name} dislikes {value}.",
    "birthday": "{name} has a birthday on {value}.",
    "pronouns": "{name} uses the pronouns {value}.",
    "plays": "{name} plays {value}.",
    "speaks": "{name} speaks {value}.",
    "has": "{name} has {value}.",
}
_TITLES = {
    "name": "called", "lives": "lives in", "from": "comes from", "is": "is",
    "loves": "likes", "hates": "dislikes", "has": "has",
}  # fmt: skip


def sentence(name: str, kind: str, value: str) -> str:
    """Return a fact of a member as a sentence."""
    if kind.startswith("favourite "):
        return f"The {kind} of {name} is {value}."
    if kind.startswith("pet "):
        return f"The {kind.removeprefix('pet ')} of {name} is called {value}."
    article = "an" if value[:1].casefold() in "aeiou" else "a"
    return _SENTENCES[kind].format(name=name, value=value, article=article)


def title(kind: str) -> str:
    """Return a kind of fact as people read it."""
    return _TITLES.get(kind, kind.removeprefix("pet "))
