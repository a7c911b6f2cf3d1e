"""Keeps a line from inventing long numbers, names and links, and from going in circles.

Inside a long number, a long name or a link only what somebody wrote so may follow, and
it ends only where one ended. So it is whole, or not there.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from app.runner.token_table import UNPARTED, TokenTable
from app.voice.index import DEPTH, Spans
from app.voice.tokens import TokenVoice

FREE_DIGITS = 4
"""The most digits in a row that a line may make up: a year, a price."""

FREE_LETTERS = 9
"""The most characters, without @, of a name that a line may make up."""

LONGEST_CIRCLE = 12
"""The longest sequence of tokens, in tokens, that may not repeat without end."""

ROUNDS = 3
"""The repetitions of a sequence after which it must change."""

ROUNDS_OF_ONE = 8
"""The same for a single token: people write hahaha and !!!!."""

DIGITS = b"0123456789"

_NAME = re.compile(rb"\A@|[0-9_]|[a-z][A-Z]")
"""The signs of a name: people write other words with letters in one case."""

_LINK = re.compile(rb"://|\A[<(\[]*+www\.", re.IGNORECASE)

Tokens = npt.NDArray[np.int64]

_NONE = np.empty(0, np.int64)


class WordGuard:
    """Tells which tokens must not come next."""

    def __init__(
        self,
        model: TokenTable,
        prompt: Sequence[int],
        voice: TokenVoice | None,
        channels: frozenset[int] | None,
        spans: Spans | None = None,
    ) -> None:
        """Both prompt and voice show which numbers, names and links exist."""
        self._model = model
        self._prompt = prompt
        self._voice = voice
        self._shown = channels, spans

    def banned(self, line: Sequence[int]) -> Tokens:
        """Return the tokens that must not follow a line's tokens so far."""
        if (token := endless(line)) is not None:
            return np.array([token])
        word = self._word(line)
        text = self._text(word)
        kind = kind_of(text)
        if not kind:
            return _NONE
        known = np.fromiter(set(self._known(word)), np.int64)
        starting = self._model.starting
        parting = starting["blank"] if kind == "link" else starting["other"]
        if is_bound(text) and len(known) and not np.isin(known, parting).any():
            return np.setdiff1d(np.arange(self._model.vocabulary), known)
        return np.setdiff1d(starting[kind], known)

    def allows(self, line: Sequence[int], token: int) -> bool:
        """Return whether a token makes no number, name or link that is invented."""
        piece = self._model.piece(token)
        if not piece or piece[:1].isspace():
            return True
        word = self._word(line)
        whole = self._text(word) + piece.split(None, 1)[0]
        goes_on = _LINK.search(whole) or token in self._model.starting["word"]
        return not (goes_on and is_bound(whole)) or token in set(self._known(word))

    def _text(self, word: Sequence[int]) -> bytes:
        return b"".join(map(self._model.piece, word)).lstrip()

    def _word(self, line: Sequence[int]) -> list[int]:
        """Return the tokens since the last blank, or sign that parts words without."""
        word: list[int] = []
        for token in reversed(line):
            piece = self._model.piece(token)
            if max(piece, default=0) >= UNPARTED[0]:
                break
            word.insert(0, token)
            if piece[:1].isspace():
                break
        return word

    def _known(self, word: list[int]) -> Iterator[int]:
        """Yield the tokens that followed the word's in prompt or voice."""
        prompt, size = self._prompt, len(word)
        for at in range(len(prompt) - size):
            if prompt[at] == word[0] and [*prompt[at : at + size]] == word:
                yield prompt[at + size]
        if self._voice:
            yield from self._voice.continuations(word[-DEPTH:], *self._shown)


def kind_of(word: bytes) -> str:
    """Return what must not go on as it likes: "digits", "word", "link", or nothing."""
    if _LINK.search(word):
        return "link"
    digits = len(word) - len(word.rstrip(DIGITS))
    if digits >= FREE_DIGITS:
        return "digits" if len(word) <= FREE_LETTERS else "word"
    return "word" if _NAME.search(word) and len(word) > FREE_LETTERS else ""


def is_bound(word: bytes) -> bool:
    """Return whether a word is so long, or a link, that nobody may make it up."""
    digits = len(word) - len(word.rstrip(DIGITS))
    is_name = _NAME.search(word) and len(word.lstrip(b"@")) > FREE_LETTERS
    return bool(digits > FREE_DIGITS or is_name or _LINK.search(word))


def endless(line: Sequence[int]) -> int | None:
    """Return the token that would go on with a circle, if there is one."""
    for size in range(1, LONGEST_CIRCLE + 1):
        whole = size * (ROUNDS if size > 1 else ROUNDS_OF_ONE)
        last = line[-whole:]
        is_one = len(set(last[:size])) == 1
        if len(last) == whole and last[size:] == last[:-size] and is_one == (size == 1):
            return last[0]
    return None
