"""Keeps a line from repeating itself and its prompt, word for word.

The rule is that of Paulus et al. 2017 (arXiv:1705.04304, section 2.5): no sequence of
n words twice. Of people's messages in four corpora, 0.3 to 5 % repeat three words of
their own, and 0.3 to 2.7 % five words of the twenty messages before.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.runner.llama import Model

OWN_WORDS = 3
"""The fewest words that a line does not repeat of itself."""

PROMPT_WORDS = 5
"""The fewest words that a line does not repeat of its prompt."""

FIRST_WORDS = 2
"""The fewest first words of a line that no line of the same speaker begins with."""

_LETTERS = re.compile(r"\w+")


class Word(NamedTuple):
    """A word of a text in tokens."""

    key: str
    """Its letters, without case and punctuation; never empty."""
    token: int
    """The token that it begins with."""


class Repetition:
    """Tells which words would repeat a sequence of words."""

    def __init__(self, model: Model, prompt: str, speaker: str) -> None:
        """Read what must not come again.

        Args:
            speaker: The start of the speaker's lines in the prompt. Without one, as in
                summaries, a text may repeat the prompt.
        """
        self._model = model
        self._said: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
        self._begun: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
        for line in prompt.split("\n") if speaker else ():
            own = line.removeprefix(speaker)
            words = self.words(model.tokens(own))
            for before, word in followers(words, PROMPT_WORDS):
                self._said[before].add(word.token)
            if own != line:
                for before, word in followers(words[:FIRST_WORDS], FIRST_WORDS):
                    self._begun[before].add(word.token)

    def banned(self, line: Sequence[int]) -> set[int]:
        """Return the tokens that would begin a repetition after a line's tokens."""
        words = self.words(line)
        keys = [word.key for word in words]
        banned = set(self._said.get(tuple(keys[1 - PROMPT_WORDS :]), ()))
        banned |= self._begun.get(tuple(keys), set())
        last = tuple(keys[1 - OWN_WORDS :])
        # People write no no no and ha ha ha.
        if len(set(last)) > 1:
            banned |= {
                word.token
                for before, word in followers(words, OWN_WORDS)
                if before == last
            }
        return banned

    def words(self, tokens: Sequence[int]) -> list[Word]:
        """Return the words of a text that has blanks between its words.

        A word that begins with a token of blanks alone is left out: many begin with it.
        """
        words: list[Word] = []
        text, first = b"", -1
        for token in (*tokens, -1):
            piece = self._model.piece(token) if token >= 0 else b" "
            if first >= 0 and not piece[:1].isspace():
                text += piece
                continue
            key = "".join(_LETTERS.findall(text.decode("utf-8", "ignore"))).casefold()
            if key and self._model.piece(first).strip():
                words.append(Word(key, first))
            text, first = piece, token
        return words


def followers(
    words: Sequence[Word], size: int
) -> Iterator[tuple[tuple[str, ...], Word]]:
    """Yield each word with the `size` - 1 words before it."""
    for at in range(size - 1, len(words)):
        yield tuple(word.key for word in words[at - size + 1 : at]), words[at]
