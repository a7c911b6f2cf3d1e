"""Asks a model what a message tells of its author, and checks each answer.

Rules read plain sentences alone (`fact_reader`). A model finds facts in others, and
makes some up, so a fact counts only if its words stand in a sentence in which the
author speaks of themselves, and if the rules would take it were it told plainly.
"""

import re

from app.chat import fact_reader
from app.chat.fact_rules import read
from app.store.given.member_facts import Fact, words_of

ANSWER_TOKENS = 40
LEAST_WORDS = 4
MOST_FACTS = 2

_PLAIN = {
    "name": "call me {}",
    "lives": "I live in {}",
    "from": "I'm from {}",
    "is": "I work as a {}",
    "loves": "I love {}",
    "hates": "I hate {}",
    "birthday": "my birthday is on {}",
    "pronouns": "my pronouns are {}",
    "plays": "I play {}",
    "speaks": "I speak {}",
    "has": "I have {}",
}
"""Each kind of fact as it is told plainly."""

GRAMMAR = r"""
root ::= ("none" | fact (";" " " fact)?) "\n"
fact ::= kind "=" value
kind ::= KINDS | ("favourite" | "pet") " " [a-z]{2,15}
value ::= [^=;\n]{2,60}
""".replace("KINDS", " | ".join(f'"{kind}"' for kind in _PLAIN))
"""The form of an answer, in GBNF."""

_SHOWN = """\
Write the facts that a message tells of its own author, or none.
Message: been a nurse in Leeds for ten years
Facts: is=nurse; lives=Leeds
Message: do you like soup?
Facts: none
Message: Vienna has been home for me since May
Facts: lives=Vienna
Message: he said I am a fool
Facts: none
Message: nothing beats Alien, my favourite film ever
Facts: favourite film=Alien
Message: I would move to Paris if I had the money
Facts: none
Message: Rex, my dog, bites me again
Facts: pet dog=Rex
Message: I told her I can't stand jazz
Facts: hates=jazz
Message: my sister plays chess in Rome
Facts: none
Message: ugh, one year older on May 9th, it's my birthday
Facts: birthday=9 May
Message: I like that idea, let me look at it tomorrow
Facts: none
Message: {}
Facts:"""

_SELF = re.compile(r"\b(?:i|i'm|im|i've|i'd|my|me|mine|myself)\b", re.I)
_UNREAL = re.compile(
    r"\b(?:if|would|wish|could|might|maybe|perhaps|imagine|pretend|supposed?|almost"
    r"|not|no|never|nor|neither|without|used to|\w+n't|dont|didnt|doesnt|cant|isnt"
    r"|he|she|they|his|her|their|him|them|you|your)\b|\bas if\b",
    re.I,
)
"""Words by which a sentence may tell something else than what is so of its author."""


_NAMING = re.compile(r"\bcalls? me\b|\bmy name|\bi go by\b|\bi'm called\b", re.I)


def worth_asking(text: str) -> bool:
    """Tell if a message may tell a fact that the rules do not find."""
    sentences = fact_reader.sentences_of(text)
    return not fact_reader.facts_in(text) and any(map(_is_own, sentences))


def ask(text: str) -> str:
    """Return the prompt about a message; whatever stands in it is one line of it."""
    return _SHOWN.format(" ".join(text.split()))


def facts_told(text: str, answer: str) -> list[Fact]:
    """Return the facts of an answer that the message bears out."""
    own = [one for one in fact_reader.sentences_of(text) if _is_own(one)]
    found = []
    for part in answer.split(";")[:MOST_FACTS]:
        kind, _, value = part.strip().partition("=")
        fact = _checked(kind.strip(), value.strip(), own)
        if fact is not None and fact not in found:
            found.append(fact)
    return found


def _is_own(sentence: str) -> bool:
    """Tell if the author speaks of themselves, and of what is so."""
    is_long = len(sentence.split()) >= LEAST_WORDS
    is_real = _UNREAL.search(sentence) is None
    return is_long and is_real and _SELF.search(sentence) is not None


def _checked(kind: str, value: str, own: list[str]) -> Fact | None:
    """Return a fact as the rules know it, if one of the sentences has its words."""
    family, _, thing = kind.partition(" ")
    plain = _PLAIN.get(kind, "")
    if family == "favourite" and thing:
        plain = f"my favourite {thing} is {{}}"
    elif family == "pet" and thing:
        plain = f"my {thing} is called {{}}"
    fact = read(plain.format(value)) if plain and value else None
    if fact is None or fact.kind != kind or len(value) > fact_reader.MOST_VALUE_CHARS:
        return None
    wanted = words_of(f"{thing} {value}".casefold())
    if kind == "name":
        own = [one for one in own if _NAMING.search(one)]
    there = (set(words_of(sentence.casefold())) for sentence in own)
    return fact if any(words.issuperset(wanted) for words in there) else None
