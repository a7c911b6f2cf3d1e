"""Finds the words of a seed in a guild's messages, in any case, longest match first."""

from app.voice.index import Range, View
from app.voice.vocabulary import Vocabulary
from app.voice.word_tokenizer import split

_MOST_WORDS = 32
_MOST_SPELLINGS = 6
_MOST_GROWING = 3
_MOST_PHRASES = 12

Phrase = tuple[int, ...]


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
