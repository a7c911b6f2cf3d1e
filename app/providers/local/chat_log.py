"""Builds a chat log as the prompt for a local model, and cleans its answer."""

import itertools
import re
from collections.abc import Sequence

from app.core.turn_marks import TurnMarks
from app.ipc.inference import PICTURE
from app.providers.base import FreshStart, Prompt, Turn
from app.providers.thoughts import Thoughts, answer_in

MOST_NAME_CHARS = 32
MOST_TURN_CHARS = 200
"""The longest turn; longer ones make prediction worse on held-out messages."""

EARLIER = "(earlier)"
NOW = "(now)"

PRESENT = 2
"""The number of last turns that stand together, after what was recalled."""

ADVERBS = frozenset(["always", "can", "could", "has", "is", "never", "often", "only"])
"""Words that a description may begin with whose subject is the bot."""

FIRST_USER = 3
"""The parts before a person's first turn."""

_SPACE = re.compile(rf"[\s{PICTURE}]+")
"""Nobody's own words have the sign that stands for a picture."""


def marked(prompt: Prompt, marks: TurnMarks) -> list[str]:
    """Return the conversation in a model's chat template: marks and texts in turn.

    Every turn has its speaker's name, and the bot's last one is begun. People's turns
    in a row become one, as many templates want roles to alternate.
    """
    talk: list[tuple[bool, str]] = []
    lines = log(prompt.turns, prompt.bot_name)
    for turn, line in zip(prompt.turns, lines, strict=True):
        # A talk that begins or ends with the bot has no place for that in templates.
        is_last = turn is prompt.turns[-1]
        talk.append((turn.is_bot and bool(talk) and not is_last, line))
    if changing := _changing(prompt):
        talk[-PRESENT:-PRESENT] = [(False, line) for line in (*changing, NOW)]
    parts = [marks.start, rules_for(prompt), marks.system_end]
    for is_bot, group in itertools.groupby(talk, lambda turn: turn[0]):
        if is_bot or len(parts) > FIRST_USER:
            parts.append(marks.user_end if is_bot else marks.bot_end)
        parts.append("\n".join(line for _, line in group))
    return [*parts, marks.ask, start_of_line(prompt.bot_name)]


def rules_for(prompt: Prompt) -> str:
    """Return what a model should know that is told its part."""
    name = _name(prompt.bot_name)
    about = f" {described(name, prompt.persona)}." if prompt.persona else ""
    return (
        f"You are {name}, one of several people in a chat.{about} Write only {name}'s"
        " next message: short, in everyday words."
    )


def described(name: str, persona: str) -> str:
    """Return a persona as a sentence: "a pirate" becomes "NAME is a pirate"."""
    about = _one_line(persona).rstrip(".")
    first = about.split(" ", 1)[0].lower()
    if first in ("a", "an", "the"):
        about = f"{name} is {about}"
    elif first in ADVERBS or (first.endswith("s") and first.isalpha()):
        about = f"{name} {about}"
    return about


def build(prompt: Prompt) -> str:
    """Return the conversation as "name: text" lines that end at the bot's turn.

    The stable part comes first and what each reply changes last, so that the model
    need not read the whole log again.
    """
    lines = []
    if prompt.persona:
        lines.append(f"({described(_name(prompt.bot_name), prompt.persona)})")
    turns = log(prompt.turns, prompt.bot_name)
    changing = _changing(prompt)
    if changing:
        lines += [*turns[:-PRESENT], *changing, NOW, *turns[-PRESENT:]]
    else:
        lines += turns
    return "\n".join([*lines, start_of_line(prompt.bot_name)])


def _changing(prompt: Prompt) -> list[str]:
    """Return lore, the summary and recalled moments, other ones for each reply."""
    known = [entry.text for entry in prompt.lore]
    known += [fact.text for fact in prompt.people]
    lines = [f"({_one_line(text)})" for text in known]
    if prompt.summary:
        lines.append(f"(Before: {_one_line(prompt.summary)})")
    for moment in prompt.moments:
        lines += [EARLIER, *log(moment, prompt.bot_name)]
    return lines


def start_of_line(bot_name: str) -> str:
    """Return the start of a line by the bot."""
    return f"{_name(bot_name)}:"


def log(turns: Sequence[Turn], bot_name: str) -> list[str]:
    """Return one line per turn, which begins with signs for its pictures."""
    return [
        f"{_name(bot_name if turn.is_bot else turn.speaker)}:"
        f" {PICTURE * len(turn.pictures)}{_shortened(turn.text)}"
        for turn in turns
    ]


def _shortened(text: str) -> str:
    return _one_line(text)[:MOST_TURN_CHARS].rstrip()


def _one_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _name(speaker: str) -> str:
    return _one_line(speaker.replace(":", " "))[:MOST_NAME_CHARS].strip() or "someone"


class Cleaner:
    """Removes thoughts and the speaker's prefix from a line while it streams."""

    def __init__(self, speakers: Sequence[str]) -> None:
        """The known names are the bot's and those of the people in the log."""
        names = (re.escape(_name(speaker)) for speaker in speakers)
        self._prefix = re.compile(rf"\s*+(?:(?:{'|'.join(names)})\s*+:\s*+)*+", re.I)
        self._names = [f"{_name(speaker).lower()}:" for speaker in speakers]
        self._thoughts = Thoughts()
        self._held = ""
        self._is_begun = False

    def feed(self, text: str) -> str:
        """Return the text that may now be shown and was not shown before."""
        answer = self._thoughts.feed(text)
        if isinstance(answer, FreshStart):
            self._held, self._is_begun = "", False
            return FreshStart(self._without_prefix(answer))
        return self._without_prefix(answer)

    def clean(self, text: str) -> str:
        """Return a whole text without thoughts and prefixes."""
        return self._strip(answer_in(text))

    def _without_prefix(self, text: str) -> str:
        if self._is_begun:
            return text
        self._held += text
        rest = self._strip(self._held)
        begun = rest.lower().rstrip()
        may_be_name = any(name.startswith(begun) for name in self._names)
        if not rest or may_be_name:
            return ""
        self._is_begun = True
        return rest

    def _strip(self, text: str) -> str:
        found = self._prefix.match(text)
        return text[found.end() :] if found else text
