"""The rules in a persona that a machine can check and keep: case, length, language."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from app.core.language import LANGUAGES, language_of
from app.core.sentences import first_sentences
from app.providers.base import Completion

Case = Literal["", "lower", "upper"]

MOST_NUMBER = 200

SHORT_WORDS = 15
"""The most words of a short sentence."""

_NOT = (
    r"(?:never|not|cannot|no|without|avoids?|(?:do|does|is|are|wo|ca)nt|\w{1,8}n['’]t)"
)
_CAPITALS = r"(?:capitals?|capital letters|upper[- ]?case(?: letters)?|caps)"
_NO_CAPITALS = re.compile(rf"\b{_NOT}\s(?:\w+\s){{0,3}}{_CAPITALS}\b", re.I)
_SMALL_LETTERS = re.compile(
    r"\b(?:all|only|always|everything|writes?|types?|in)\s(?:\w+\s){0,2}"
    r"(?:lower[- ]?case|small letters)\b|\A\W*lower[- ]?case\b",
    re.I,
)
_ALL_CAPITALS = re.compile(
    rf"\b(?:all|only|always|everything)\s(?:\w+\s){{0,2}}{_CAPITALS}\b"
    rf"|\b(?:shouts?|writes?|types?)\sin\s(?:all\s)?{_CAPITALS}\b",
    re.I,
)
_NUMBERS = dict(one=1, single=1, two=2, three=3, four=4, five=5, six=6, seven=7)
_NUMBERS |= dict(eight=8, nine=9, ten=10, twelve=12, fifteen=15, twenty=20)
_ANY = rf"(?:\d{{1,3}}|{'|'.join(_NUMBERS)})"
_NUMBER = rf"(?:{_ANY}\s?(?:to|or|-|–)\s?)?({_ANY})"
"""Of "one or two" the larger one counts."""
_MOST = (
    rf"(?:at most|up to|{_NOT}\s(?:\w+\s){{0,3}}?more than|under|fewer than|less than"
    r"|maximum(?: of)?|max)"
)
_SENTENCES = re.compile(
    rf"\b(?:{_MOST}\s)?{_NUMBER}\s(?:\w+\s){{0,2}}?sentences?\b", re.I
)
_SHORT = re.compile(r"\bshort\s(?:\w+\s)?sentences?\b", re.I)
_WORDS = re.compile(
    rf"\b{_MOST}\s{_NUMBER}\swords?\b|\b{_NUMBER}\swords?\s(?:at most|or (?:less|"
    r"fewer)|max(?:imum)?)\b|\b(?:only|in|just)\s(one|a single)\sword\b",
    re.I,
)
_NAMES = "|".join(LANGUAGES)
_LANGUAGE = re.compile(
    rf"\b(?:in|only|speaks?|writes?|talks?|answers?|replies|reply)\s(?:only\s|in\s)"
    rf"{{0,2}}({_NAMES})\b(?!\s(?:accent|words|songs?|music|food|beer|films?))"
    rf"|\b({_NAMES})\sonly\b",
    re.I,
)
_KEPT = re.compile(r"(?<!\S)(?>\S*?://\S*+)|<[^<>\s]{1,80}>|:\w{2,32}:")
_DENIED = re.compile(rf"\b(?:{_NOT}|at least|more than)\b", re.I)
_BEFORE = 24
"""The characters before a rule in which a word may turn it into its opposite."""


@dataclass(frozen=True)
class PersonaRules:
    """The checkable part of a persona; empty and zero mean no rule."""

    case: Case = ""
    sentences: int = 0
    words: int = 0
    language: str = ""

    def breaks(self, text: str) -> bool:
        """Return whether a text is surely in another language than the persona's."""
        if not self.language:
            return False
        spoken = language_of(text)
        return bool(spoken) and spoken != self.language

    def kept(self, text: str) -> str:
        """Return a text in the case and length of the rules."""
        text = self.cased(text)
        if self.sentences:
            text = first_sentences(text, self.sentences)
        return text

    def cased(self, text: str) -> str:
        """Return a text of the same length in the right case; links and emoji stay."""
        if not self.case:
            return text
        change = str.lower if self.case == "lower" else str.upper
        letters = [new if len(new := change(one)) == 1 else one for one in text]
        for fixed in _KEPT.finditer(text):
            letters[fixed.start() : fixed.end()] = fixed.group()
        return "".join(letters)

    def of(self, done: Completion) -> Completion:
        """Return a completion that keeps the rules, with its words' explanations."""
        if self == PersonaRules():
            return done
        return replace(
            done,
            text=self.kept(done.text),
            sources=tuple(
                replace(used, run=self.cased(used.run)) for used in done.sources
            ),
            shares=tuple(
                replace(share, word=self.cased(share.word)) for share in done.shares
            ),
        )


@lru_cache(maxsize=64)
def rules_in(persona: str) -> PersonaRules:
    """Return the rules that a persona names in English, the settings' language."""
    case: Case = ""
    if _NO_CAPITALS.search(persona) or _said(_SMALL_LETTERS, persona):
        case = "lower"
    elif _said(_ALL_CAPITALS, persona):
        case = "upper"
    sentences, words = _said(_SENTENCES, persona), _said(_WORDS, persona)
    language = _said(_LANGUAGE, persona)
    most = _number(words)
    if not most and _said(_SHORT, persona):
        most = SHORT_WORDS * max(_number(sentences), 1)
    return PersonaRules(
        case,
        _number(sentences),
        most,
        LANGUAGES.get(language.lower(), ""),
    )


def _said(rule: re.Pattern[str], persona: str) -> str:
    """Return a rule's value, or its text; empty if it is not said, or denied."""
    for found in rule.finditer(persona):
        before = persona[max(0, found.start() - _BEFORE) : found.start()]
        clause = re.split(r"[,.;:!?]|\b(?:and|but)\b", before)[-1]
        if not _DENIED.search(clause):
            return next(filter(None, found.groups()), found.group())
    return ""


def _number(text: str) -> int:
    if text.lower() == "a single":
        return 1
    number = int(text) if text.isdecimal() else _NUMBERS.get(text.lower(), 0)
    return min(number, MOST_NUMBER)
