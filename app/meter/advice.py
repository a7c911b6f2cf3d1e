"""Advice from a week's figures: which settings bring a guild's voice back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from app.meter.style import LEAST
from app.meter.week import Week

ASSISTANT = 0.08
"""The share of assistant-like replies, beyond the members' own, that means drift."""

UNLIKE = 0.6
FALLEN = 0.12
"""A drop of likeness below the mean of earlier weeks that counts."""

COPIED = 0.1
REPEATED = 0.1
IRRELEVANT = 0.53
TOO_LONG = 1.8
"""The ratio to members' words at which replies are too long."""

RATED = 5
"""The number of ratings from which they count."""


@dataclass(frozen=True)
class Tuned:
    """The settings that the advice starts from."""

    mode: str = "auto"
    dial: int = 50
    max_words: int = 60
    has_persona: bool = False
    deadline_ms: float = 2500.0


@dataclass(frozen=True)
class Advice:
    """One finding, with the remedy."""

    is_alarm: bool
    finding: str
    remedy: str


def advise(week: Week, before: Sequence[Week], tuned: Tuned) -> list[Advice]:
    """List the findings, alarms first.

    Args:
        week: The newest figures.
        before: The figures of earlier weeks, in any order.
        tuned: The guild's settings.
    """
    if week.replies < LEAST:
        return []
    found = [
        *_drift(week, before, tuned),
        *_matter(week, tuned),
        *_manner(week, tuned),
    ]
    return sorted(found, key=lambda advice: not advice.is_alarm)


def _drift(week: Week, before: Sequence[Week], tuned: Tuned) -> Iterator[Advice]:
    beyond = (week.assistant or 0.0) - week.assistant_members
    if beyond > ASSISTANT:
        yield Advice(
            True,
            f"{week.assistant:.0%} of its replies sound like an assistant",
            _closer(tuned),
        )
    known = [other.alike for other in before if other.alike is not None]
    if week.alike is None:
        return
    if known and mean(known) - week.alike > FALLEN:
        finding = f"it sounds less like you than before ({week.alike:.0%})"
        yield Advice(True, finding, _closer(tuned))
    elif week.alike < UNLIKE:
        name, worst = min(week.aspects.items(), key=lambda item: item[1])
        finding = f"its {name} are the least like yours ({worst:.0%})"
        yield Advice(False, finding, _closer(tuned))


def _closer(tuned: Tuned) -> str:
    """Suggest how to bring replies nearer to the guild's own style."""
    if tuned.mode == "llm":
        return "let the voice take part: set reply.mode to hybrid"
    if tuned.dial < 80:
        return f"turn reply.dial up, from {tuned.dial} to {min(80, tuned.dial + 15)}"
    if not tuned.has_persona:
        return "write a persona (reply.persona) in the server's own words"
    return "use reply.mode markov, or another model"


def _matter(week: Week, tuned: Tuned) -> Iterator[Advice]:
    if week.relevance is not None and week.relevance < IRRELEVANT:
        remedy = "switch on memory.enabled, or use a larger model"
        if tuned.mode != "llm" and tuned.dial > 30:
            remedy = f"turn reply.dial down, from {tuned.dial} to {tuned.dial - 15}"
        if tuned.mode == "markov":
            remedy = "set reply.mode to hybrid, which answers messages"
        yield Advice(False, "its replies rarely fit the conversation", remedy)
    rated = week.liked + week.disliked
    if rated >= RATED and week.disliked > week.liked:
        finding = f"{week.disliked} of {rated} rated replies were disliked"
        yield Advice(False, finding, "compare modes in a blind test, on this page")


def _manner(week: Week, tuned: Tuned) -> Iterator[Advice]:
    if week.words > TOO_LONG * max(week.words_members, 3.0):
        most = max(5, round(2 * week.words_members))
        finding = f"{week.words:.0f} words per reply, while members use "
        finding += f"{week.words_members:.0f}"
        yield Advice(False, finding, f"set reply.max_words to {most}")
    if (week.copied or 0.0) > COPIED:
        finding = f"{week.copied:.0%} of its replies repeat a message"
        yield Advice(False, finding, "lower voice.max_run, or turn reply.dial down")
    if (week.repeated or 0.0) > REPEATED:
        finding = f"{week.repeated:.0%} of its replies were said before"
        yield Advice(False, finding, "raise model.temperature, or learn more messages")
    if (week.slowest or 0.0) > 1.2 * tuned.deadline_ms:
        finding = f"one reply in twenty takes over {week.slowest:.0f} ms"
        yield Advice(False, finding, "use a smaller model; `mynah bench` lists them")
