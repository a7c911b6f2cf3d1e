"""Training examples from messages whose authors agreed to share them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from app.core.names import GuildId
from app.core.secret_patterns import has_secret

TURNS = 6
"""The most lines before the one to learn."""

APART_MS = 30 * 60_000
"""A longer silence starts another conversation."""

MOST_CHARS = 600
VALIDATION = 0.1
"""The share of the newest examples that validate the tuning."""


@dataclass(frozen=True)
class Given:
    """A message by somebody who agreed, in a channel that is open for it."""

    channel: int
    author: str
    text: str
    at_ms: int
    guild: GuildId | None = None
    """Row id of the guild where it was said; None if that is not known."""


@dataclass(frozen=True)
class RatedReply:
    """A reply to the last of some lines, and whether it was liked."""

    lines: tuple[str, ...]
    """`name: text` each, oldest first."""
    text: str
    rating: int
    guilds: frozenset[GuildId | None] = frozenset()
    """Row ids of the guilds where its lines were said."""


class ChatLine(TypedDict):
    """A turn in OpenAI's format."""

    role: str
    content: str


class TuningExample(TypedDict):
    """A line of OpenAI's format for supervised tuning."""

    messages: list[ChatLine]


class PairInput(TypedDict):
    """The prompt of a preference pair."""

    messages: list[ChatLine]
    tools: list[str]
    parallel_tool_calls: bool


class PreferencePair(TypedDict):
    """A line of OpenAI's format for tuning on preferences."""

    input: PairInput
    preferred_output: list[ChatLine]
    non_preferred_output: list[ChatLine]


@dataclass(frozen=True)
class Examples:
    """The examples for a tuning, and counts of what was left out."""

    train: list[TuningExample] = field(default_factory=list)
    validation: list[TuningExample] = field(default_factory=list)
    preferences: list[PreferencePair] = field(default_factory=list)
    messages: int = 0
    """The number of shared messages."""
    duplicates: int = 0
    private: int = 0
    """The number of messages with a secret, an address or a phone number."""
    guilds: frozenset[GuildId | None] = frozenset()
    """Every guild whose words are in them."""


def make(
    given: Sequence[Given | None], rated: Sequence[RatedReply], system: str, task: str
) -> Examples:
    """Chat examples and preference pairs.

    Args:
        given: A guild's messages, channel by channel, oldest first; None stands for a
            message by somebody who did not agree, and ends the talk before it.
        rated: Replies that people judged.
        system: The instruction at the start of every example.
        task: The text after the lines, as in a request for a reply.
    """
    kept, counts = _made_of(given, system, task)
    kept.sort(key=lambda one: one[0])
    examples = [example for _, example in kept]
    cut = len(examples) - round(len(examples) * VALIDATION)
    return Examples(
        train=examples[:cut],
        validation=examples[cut:],
        preferences=list(_pairs(rated, system, task)),
        messages=counts["messages"],
        duplicates=counts["duplicates"],
        private=counts["private"],
        guilds=frozenset(one.guild for one in given if one).union(
            *(one.guilds for one in rated)
        ),
    )


def _made_of(
    given: Sequence[Given | None], system: str, task: str
) -> tuple[list[tuple[int, TuningExample]], Counter[str]]:
    """Return examples with their times, and counts of what was seen and left out."""
    kept: list[tuple[int, TuningExample]] = []
    seen: set[tuple[str, str]] = set()
    counts: Counter[str] = Counter()
    before: list[Given] = []
    for message in given:
        counts["messages"] += message is not None
        if message is None or not message.text.strip() or has_secret(message.text):
            counts["private"] += message is not None and has_secret(message.text)
            before = []
            continue
        before = _conversation(before, message)
        lines = _lines(before)
        if lines:
            key = (lines[-1].partition(": ")[2].casefold(), message.text.casefold())
            if key in seen:
                counts["duplicates"] += 1
            else:
                seen.add(key)
                example = _example(_prompt(lines, system, task), message.text)
                kept.append((message.at_ms, example))
        before = [*before, message][-TURNS:]
    return kept, counts


def _conversation(before: list[Given], message: Given) -> list[Given]:
    """Return the messages that still belong to this message's conversation."""
    if not before or before[-1].channel != message.channel:
        return []
    return [] if message.at_ms - before[-1].at_ms > APART_MS else before


def _lines(before: Sequence[Given]) -> list[str]:
    """Return lines without names: people are numbered in order of appearance."""
    numbers: dict[str, int] = {}
    lines = []
    for one in before:
        number = numbers.setdefault(one.author, len(numbers) + 1)
        lines.append(f"person{number}: {_one_line(one.text)}")
    return lines


def _one_line(text: str) -> str:
    return " ".join(text.split())[:MOST_CHARS]


def _prompt(lines: Sequence[str], system: str, task: str) -> list[ChatLine]:
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": "\n".join(lines) + "\n\n" + task},
    ]


def _example(prompt: list[ChatLine], text: str) -> TuningExample:
    """Make one line of OpenAI's format for supervised tuning."""
    answer: ChatLine = {"role": "assistant", "content": text.strip()[:MOST_CHARS]}
    return {"messages": [*prompt, answer]}


def _pairs(
    rated: Iterable[RatedReply], system: str, task: str
) -> Iterator[PreferencePair]:
    """Pair a liked with a disliked reply to each line, in OpenAI's DPO format."""
    by_line: dict[str, list[RatedReply]] = {}
    for one in rated:
        if one.text.strip() and not has_secret("\n".join((*one.lines, one.text))):
            by_line.setdefault(one.lines[-1], []).append(one)
    for replies in by_line.values():
        ranked = sorted(replies, key=lambda one: one.rating)
        lines = ranked[-1].lines[-TURNS:]
        worst, best = ranked[0], ranked[-1]
        if best.rating > worst.rating and best.text != worst.text:
            yield {
                "input": {
                    "messages": _prompt(lines, system, task),
                    "tools": [],
                    "parallel_tool_calls": True,
                },
                "preferred_output": [{"role": "assistant", "content": best.text}],
                "non_preferred_output": [{"role": "assistant", "content": worst.text}],
            }
