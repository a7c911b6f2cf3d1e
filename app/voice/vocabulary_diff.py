"""Words that a voice has gained and lost."""

from collections import Counter
from collections.abc import Iterable

from app.voice.word_tokenizer import fold, split


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Count each word, exactly as it is written."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split(text))
    return counts


def new_words(
    before: Counter[str], after: Counter[str], most: int
) -> list[tuple[str, int]]:
    """Return the words that only `after` has in any spelling, frequent ones first.

    Args:
        before: What `count_words` returned.
        after: The same of another voice.
        most: How many words at most.

    Returns:
        Each word in its most frequent spelling, and how often it occurs in any.
    """
    known = {fold(word) for word in before}
    counts: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for word, count in after.most_common():
        folded = fold(word)
        if folded not in known and any(map(str.isalnum, word)):
            counts[folded] += count
            spelling.setdefault(folded, word)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(spelling[folded], count) for folded, count in ranked[:most]]
