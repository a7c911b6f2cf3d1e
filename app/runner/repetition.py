"""Keeps a line from repeating itself and its prompt, word for word.

The rule is that of Paulus et al. 2017 (arXiv:1705.04304, section 2.5): no sequence of
n words twice. Of people's messages in four corpora, 0.3 to 5 % repeat three words of
their own, and 0.3 to 2.7 % five words of the twenty messages before. Signs such as
emoji are no words: of one of them come a few in a row.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from app.core.sentences import LEAST_COPY, line_key
from app.runner.token_table import TokenTable
from app.voice.tokens import TokenVoice

OWN_WORDS = 3
"""The fewest words that a line does not repeat of itself."""

PROMPT_WORDS = 5
"""The fewest words that a line does not repeat of its prompt."""

FIRST_WORDS = 2
"""The fewest first words of a line that no line of the same speaker begins with."""

SIGNS = 4
"""The most times that a sign comes in a row: at most 0.02 % of messages in any of four
corpora have more."""

SIGN_CHARS = 8
"""The most characters of such a sign: a family's emoji has seven."""

_LETTERS = re.compile(r"\w+")


class Word(NamedTuple):
    """A word of a text in tokens."""

    key: str
    """Its letters, without case and punctuation; never empty."""
    token: int
    """The token that it begins with."""


class Repetition:
    """Tells which words would repeat a sequence of words."""

    def __init__(
        self,
        model: TokenTable,
        prompt: str,
        speaker: str,
        unsaid: Collection[str] = (),
        voice: TokenVoice | None = None,
    ) -> None:
        """Read what must not come again.

        Args:
            speaker: The start of the speaker's lines in the prompt. Without one, as in
                summaries, a text may repeat the prompt.
            unsaid: Lines that no line may be, by their words.
            voice: Its messages are lines that no line may be either.
        """
        self._model = model
        self._unsaid = frozenset(unsaid)
        self._voice = voice
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

    def allows(self, line: Sequence[int], token: int) -> bool:
        """Return whether a token ends no long row of signs; it may hold several."""
        if self._model.piece(token).isascii():
            return True
        text = b"".join(map(self._model.piece, (*line, token))).decode(
            "utf-8", "ignore"
        )
        sizes = range(1, SIGN_CHARS + 1)
        rows = (text[-size:] * (SIGNS + 1) for size in sizes)
        return not any(text.endswith(row) and _has_sign(row) for row in rows)

    def may_end(self, line: Sequence[int]) -> bool:
        """Return whether a line's words, as far as they go, say something new."""
        text = b"".join(map(self._model.piece, line)).decode("utf-8", "ignore")
        # A speaker's name is taken from a line before it is sent.
        if {line_key(text), line_key(text.partition(":")[2])} & self._unsaid:
            return False
        is_long = len(text.split()) >= LEAST_COPY
        return not (self._voice and is_long and self._voice.is_message(line))

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


def _has_sign(text: str) -> bool:
    return any(unicodedata.category(character) == "So" for character in text)


def followers(
    words: Sequence[Word], size: int
) -> Iterator[tuple[tuple[str, ...], Word]]:
    """Yield each word with the `size` - 1 words before it."""
    for at in range(size - 1, len(words)):
        yield tuple(word.key for word in words[at - size + 1 : at]), words[at]
