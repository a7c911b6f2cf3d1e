"""A line of the chain, the rules for it, and its score."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules for making and choosing a guild's lines."""

    state_size: int = 2
    """Words of context, 1 to 6; rare states use fewer, frequent ones two more."""

    max_run: int = 8
    """Most words in a row from one message; lines under ten words get fewer."""

    min_score: float = 25.0
    """The score below which lines are rejected while tries are left; 0 to 100."""

    good_score: float = 75.0
    """The score at which a line is accepted at once."""

    walks: int = 2
    """The number of lines above `min_score` to choose from."""

    max_tries: int = 20
    """The number of walks before a rule is relaxed."""

    max_words: int = 60

    def __post_init__(self) -> None:
        if not 1 <= self.state_size <= 6:
            raise ValueError("the state size is 1 to 6")
        if not 2 <= self.max_run <= 24:
            raise ValueError("the longest run is 2 to 24")

    def longest_run(self, words: int) -> int:
        """Return how many words in a row a line of `words` may take from a message."""
        return min(self.max_run, max(3, words - 2))


@dataclass(frozen=True, slots=True)
class LineSource:
    """A run of words in a line, and the message it came from."""

    message: int
    """The message's row id."""

    start: int
    """The run's first word, counted from 0 in the line."""

    words: int


@dataclass(frozen=True, slots=True)
class GeneratedLine:
    """A line that the chain made."""

    text: str
    words: tuple[str, ...]
    sources: tuple[LineSource, ...]
    """The sources in the order of the line; together they cover it."""

    score: float
    """0 to 100; see `score_of`."""

    walks: int
    """The number of walks it took."""

    relaxed: tuple[str, ...]
    """Rules that were relaxed: `state_size`, `run`, `whole`, `score`, `seed`."""


def score_of(words: int, run: int, choices: int, wanted: int) -> float:
    """Score a line from 0 to 100, without looking at its meaning.

    The score is the mean of three shares: how near its length is to the wanted one, the
    words outside the longest run from one message, and the steps where the chain had a
    choice.
    """
    length = min(words, wanted) / max(words, wanted)
    novelty = 1 - run / words
    branching = min(1.0, choices / words)
    return 100 * (length + novelty + branching) / 3
