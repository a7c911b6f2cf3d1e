"""The tokens of one model and the bytes that they stand for."""

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np
import numpy.typing as npt

Logits = npt.NDArray[np.float32]
Tokens = npt.NDArray[np.int64]

UNPARTED = b"\xe0"
"""The least first byte, in UTF-8, of scripts that put no blanks around other words."""


class TokenTable(ABC):
    """A model's vocabulary: all that a choice of tokens needs to know of a model."""

    vocabulary: int
    """The number of known tokens."""

    def __init__(self) -> None:
        self._pieces: dict[int, bytes] = {}

    @abstractmethod
    def tokens(self, text: str) -> list[int]:
        """Tokenize a text; text that looks like a special token stays plain text."""

    @abstractmethod
    def _read_piece(self, token: int) -> bytes: ...

    @property
    @abstractmethod
    def end_tokens(self) -> Tokens:
        """The tokens that end a text, including special ones that write nothing."""

    @property
    @abstractmethod
    def control_tokens(self) -> Tokens:
        """Special tokens that do not end a text; chat text never has them."""

    def piece(self, token: int) -> bytes:
        """Return the bytes of a token; none for a special token."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._read_piece(token)
        return known

    @cached_property
    def line_tokens(self) -> Tokens:
        """The tokens that hold a line break."""
        found = [t for t in range(self.vocabulary) if b"\n" in self.piece(t)]
        return np.array(found, dtype=np.int64)

    @cached_property
    def starting(self) -> dict[str, Tokens]:
        """The tokens that go on with a number ("digits"), a word ("word"), or a "link".

        "other" tokens end a word, and a "blank" ends a link. Signs of three bytes and
        more, such as kana, may follow a word unparted.
        """
        firsts = [self.piece(token)[:1] for token in range(self.vocabulary)]
        digits = [token for token, first in enumerate(firsts) if first.isdigit()]
        word = [
            token
            for token, first in enumerate(firsts)
            if first.isalnum() or first == b"_" or b"\x7f" < first < UNPARTED
        ]
        every = np.arange(self.vocabulary)
        blank = [
            token for token, first in enumerate(firsts) if not first or first.isspace()
        ]
        return {
            "digits": np.array(digits, int),
            "word": np.array(word, int),
            "other": np.setdiff1d(every, word),
            "blank": np.array(blank, int),
            "link": np.setdiff1d(every, blank),
        }
