"""One guild's week in figures: its replies beside its members' messages."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from random import Random
from statistics import median, quantiles

from app.meter import assistant, novelty
from app.meter.style import likeness

LEAST_TIMES = 2


@dataclass(frozen=True)
class SpokenReply:
    """One reply that was sent."""

    text: str
    milliseconds: float = 0.0
    rating: int = 0
    """Return likes minus dislikes."""


@dataclass(frozen=True)
class Week:
    """The figures of a week; None means too little data."""

    replies: int = 0
    messages: int = 0
    """The number of members' messages in the comparison."""
    alike: float | None = None
    """Mean of `aspects`."""
    aspects: dict[str, float] = field(default_factory=dict)
    """The likeness by aspect, 0 to 1; see `style.likeness`."""
    assistant: float | None = None
    """Share of replies with a phrase of an assistant."""
    assistant_members: float = 0.0
    """The same of the members' messages."""
    copied: float | None = None
    """Share of replies with a long run of one learned message."""
    repeated: float | None = None
    """The share of repeated replies."""
    relevance: float | None = None
    """The AUC of `relevance.auc`."""
    milliseconds: float | None = None
    """Median time of a reply."""
    slowest: float | None = None
    """The milliseconds that one reply in twenty exceeds."""
    words: float = 0.0
    """The mean words of a reply."""
    words_members: float = 0.0
    liked: int = 0
    disliked: int = 0

    def as_json(self) -> dict[str, object]:
        """Return the figures as they are stored and sent."""
        return asdict(self)


def measure(
    said: Sequence[SpokenReply],
    members: Sequence[str],
    split: Callable[[str], Sequence[str]],
    is_known: novelty.IsKnown,
    is_message: Callable[[str], bool],
    relevance: float | None,
    rng: Random,
) -> Week:
    """Measure one week.

    Args:
        said: The replies, in their order.
        members: The members' messages in that time.
        split: Splits a text into words for `is_known`.
        is_known: Tells whether a learned message has the words in a row.
        is_message: Tells whether a text is one learned message.
        relevance: The AUC, which needs an embedding model.
        rng: Draws the samples of likeness.
    """
    texts = [one.text for one in said if one.text.strip()]
    if not texts:
        return Week(messages=len(members))
    aspects = likeness(texts, members, rng)
    new = novelty.novelty(texts, split, is_known, is_message)
    times = [one.milliseconds for one in said if one.milliseconds > 0]
    return Week(
        replies=len(texts),
        messages=len(members),
        alike=sum(aspects.values()) / len(aspects) if aspects else None,
        aspects=aspects,
        assistant=assistant.share(texts),
        assistant_members=assistant.share(members),
        copied=max(new.copied, new.whole),
        repeated=new.repeated,
        relevance=relevance,
        milliseconds=median(times) if times else None,
        slowest=_slowest(times),
        words=_words(texts),
        words_members=_words(members),
        liked=sum(one.rating > 0 for one in said),
        disliked=sum(one.rating < 0 for one in said),
    )


def _slowest(times: Sequence[float]) -> float | None:
    if len(times) < LEAST_TIMES:
        return times[0] if times else None
    return quantiles(times, n=20, method="inclusive")[-1]


def _words(texts: Sequence[str]) -> float:
    return sum(len(text.split()) for text in texts) / max(len(texts), 1)
