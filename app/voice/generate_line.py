"""Makes one line: walks several times, rejects mere repeats, keeps the best."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from app.voice.chain import Chain, Walk
from app.voice.generated_line import GeneratedLine, LineSource, Rules, score_of
from app.voice.index import END, Range, View
from app.voice.vocabulary import Vocabulary
from app.voice.word_tokenizer import join, split

_TRIES_A_PHRASE = 4
_MOST_WORDS = 32
_MOST_SPELLINGS = 6
_MOST_GROWING = 3
_MOST_PHRASES = 12
_VARIED = 0.5, 1.5
"""The shares of a message's length that a line may have; a server with few messages
would otherwise say few different lines."""

Phrase = tuple[int, ...]

Avoid = Callable[[str], bool]
"""Tells if a word or a line must not be said."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt at a line, with the rules it relaxes."""

    chain: Chain
    phrases: Sequence[Phrase]
    relaxed: tuple[str, ...]


class _Words:
    """The texts of symbols, and what must not be said of them."""

    def __init__(self, vocabulary: Vocabulary, avoid: Avoid | None) -> None:
        self._vocabulary = vocabulary
        self._avoid = avoid
        self._known: dict[int, bool] = {}

    def texts(self, walk: Walk) -> tuple[str, ...]:
        spoken = walk.symbols[1 : len(walk.places) + 1]
        return tuple(self._vocabulary.text(symbol) for symbol in spoken)

    def avoids(self, symbol: int) -> bool:
        """Return whether a word must not be said."""
        if self._avoid is None:
            return False
        known = self._known.get(symbol)
        if known is None:
            word = self._vocabulary.text(symbol)
            known = self._known[symbol] = self._avoid(word)
        return known

    def is_fit(self, walk: Walk) -> bool:
        """Return whether a line may be said as a whole."""
        return self._avoid is None or not self._avoid(join(self.texts(walk)))


def speak(
    view: View,
    vocabulary: Vocabulary,
    rng: Random,
    seed: str | None,
    rules: Rules,
    avoid: Avoid | None = None,
) -> GeneratedLine:
    """Return the best line of a few walks; see `Voice.speak`.

    Raises:
        LookupError: When there is no message to speak from.
    """
    wanted = _length_of_one(view, rng, rules.max_words)
    words = _Words(vocabulary, avoid)
    phrases = find_phrases(view, vocabulary, seed, rules.max_run) if seed else []
    phrases = [one for one in phrases if not any(map(words.avoids, one))]
    # The same words call for another start each time, but for the longest phrases.
    rng.shuffle(phrases)
    phrases.sort(key=len, reverse=True)
    walks = 0
    for attempt in _attempts(view, rng, rules, phrases, bool(seed), words, wanted):
        best, score, tried = _choose(attempt, rules, words)
        walks += tried
        if best is not None:
            relaxed = attempt.relaxed
            if score < rules.min_score and "whole" not in relaxed:
                relaxed = (*relaxed, "score")
            return _line_of(view, words.texts(best), best, score, walks, relaxed)
    raise LookupError("no message can be spoken from")


def _length_of_one(view: View, rng: Random, most: int) -> int:
    """Return about the number of words of a message drawn at random.

    Raises:
        LookupError: When there is none.
    """
    start = view.pick(view.find([END]), rng)
    length = 1
    while length < most and view.symbol_at(start + length + 1) != END:
        length += 1
    return min(max(1, round(length * rng.uniform(*_VARIED))), most)


def _attempts(
    view: View,
    rng: Random,
    rules: Rules,
    phrases: list[Phrase],
    seeded: bool,
    words: _Words,
    wanted: int,
) -> Iterator[_Attempt]:
    """Yield attempts, each laxer than the last; the seed goes before novelty does."""

    def attempt(held: Sequence[Phrase], relaxed: tuple[str, ...]) -> _Attempt:
        chain = _chain(view, rng, rules, relaxed, words, wanted)
        return _Attempt(chain, held, relaxed)

    new: list[tuple[str, ...]] = [(), ("state_size",)]
    if rules.state_size == 1:
        new.pop()
    lost = ("seed",) if seeded else ()
    if phrases:
        yield from (attempt(phrases, relaxed) for relaxed in new)
    yield from (attempt((), lost + relaxed) for relaxed in new)
    if phrases:
        yield attempt(phrases, ("run",))
    yield attempt((), (*lost, "run"))
    yield attempt((), (*lost, "whole"))


def _chain(
    view: View,
    rng: Random,
    rules: Rules,
    relaxed: tuple[str, ...],
    words: _Words,
    wanted: int,
) -> Chain:
    if "state_size" in relaxed:
        rules = replace(rules, state_size=1)
    whole = "whole" in relaxed
    may_run = whole or "run" in relaxed
    return Chain(view, rules, rng, words.avoids, wanted, may_run, may_repeat=whole)


def _choose(
    attempt: _Attempt, rules: Rules, words: _Words
) -> tuple[Walk | None, float, int]:
    """Return the best of the first acceptable walks, its score, and the tries."""
    best: Walk | None = None
    best_score, fair = -1.0, 0
    for tried in range(1, rules.max_tries + 1):
        walk = _walk(attempt, tried)
        if walk is None or not words.is_fit(walk):
            continue
        wanted = attempt.chain.wanted
        score = score_of(len(walk.places), walk.run, walk.choices, wanted)
        if score > best_score:
            best, best_score = walk, score
        fair += score >= rules.min_score
        if fair >= rules.walks or score >= rules.good_score:
            return best, best_score, tried
    return best, best_score, rules.max_tries


def _walk(attempt: _Attempt, tried: int) -> Walk | None:
    if not attempt.phrases:
        return attempt.chain.walk()
    at = (tried - 1) // _TRIES_A_PHRASE % len(attempt.phrases)
    try:
        return attempt.chain.walk_through(attempt.phrases[at])
    except LookupError:
        # Every message with the phrase is forgotten.
        return None


def _line_of(
    view: View,
    words: tuple[str, ...],
    walk: Walk,
    score: float,
    walks: int,
    relaxed: tuple[str, ...],
) -> GeneratedLine:
    return GeneratedLine(
        join(words), words, _sources(view, walk), score, walks, relaxed
    )


def _sources(view: View, walk: Walk) -> tuple[LineSource, ...]:
    sources: list[LineSource] = []
    start = 0
    places = walk.places
    for at in range(1, len(places) + 1):
        if at == len(places) or places[at] != places[at - 1] + 1:
            sources.append(
                LineSource(view.message_at(places[start]), start, at - start)
            )
            start = at
    return tuple(sources)


def find_phrases(
    view: View, vocabulary: Vocabulary, seed: str, longest: int
) -> list[Phrase]:
    """Return the phrases of the seed that somebody wrote, the most telling first.

    Longer phrases come first; among equals, the rarer one.

    Args:
        view: Where to look.
        vocabulary: Its words.
        seed: A text; only its last words count.
        longest: The most words in a phrase.
    """
    words = split(seed)[-_MOST_WORDS:]
    spellings = [vocabulary.alike(word, _MOST_SPELLINGS) for word in words]
    found: list[tuple[int, int, Phrase]] = []
    for start in range(len(words)):
        growing: list[tuple[Phrase, Range]] = [((), view.everything)]
        for at in range(start, min(start + longest, len(words))):
            growing = _grow(view, growing, spellings[at])
            if not growing:
                break
            found += [(-len(p), places.places, p) for p, places in growing]
    found.sort()
    return [phrase for _, _, phrase in found[:_MOST_PHRASES]]


def _grow(
    view: View, growing: list[tuple[Phrase, Range]], spellings: list[int]
) -> list[tuple[Phrase, Range]]:
    grown = [
        ((*phrase, symbol), view.narrow(places, symbol))
        for phrase, places in growing
        for symbol in spellings
    ]
    alive = [(phrase, places) for phrase, places in grown if places.places]
    alive.sort(key=lambda item: -item[1].places)
    return alive[:_MOST_GROWING]
