"""The words of a voice and their numbers, looked up exactly or by sound."""

import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from app.voice.static_index import Arrays
from app.voice.word_tokenizer import fold


def build(words: Iterable[str]) -> Arrays:
    """Return the named arrays of a vocabulary; the first word has number 1.

    Args:
        words: Distinct, the most frequent first.
    """
    blob = bytearray()
    offsets, hashes = array("q", [0, 0]), array("I", [0])
    for word in words:
        blob += _encode(word)
        offsets.append(len(blob))
        hashes.append(_hash(fold(word)))
    hashed = np.array(hashes, np.uint32)
    # A stable sort keeps the words of one hash in order of frequency.
    order = np.argsort(hashed[1:], kind="stable") + 1
    return {
        "word_bytes": np.frombuffer(bytes(blob), np.uint8),
        "word_offsets": np.array(offsets, np.int64 if len(blob) >> 31 else np.int32),
        "word_hashes": hashed[order],
        "words_by_hash": order.astype(np.int32),
    }


class Numbering:
    """Numbers words from 0 as they first come, in some 30 bytes a word.

    Two words of the same 64-bit hash would be taken for one: among a million words that
    happens once in thirty million builds.
    """

    def __init__(self) -> None:
        self._hashes = np.empty(0, np.int64)
        """Those of all words, ascending, with the number of each beside it."""

        self._numbers = np.empty(0, np.int32)
        self._bytes = bytearray()
        self._ends = array("q")

    def numbers_of(self, words: Sequence[str]) -> npt.NDArray[np.int32]:
        """Return the number of each word, shape (len(words),); add unknown words."""
        hashes = np.fromiter(map(hash, words), np.int64, len(words))
        distinct, firsts, which = np.unique(
            hashes, return_index=True, return_inverse=True
        )
        at = self._hashes.searchsorted(distinct)
        is_new = np.append(self._hashes, 0)[at] != distinct
        is_new |= at == len(self._hashes)
        numbers = np.append(self._numbers, 0)[at].astype(np.int32)
        # The same messages get the same numbers whatever the hashes are.
        order = firsts[is_new].argsort()
        added = np.empty(len(order), np.int32)
        added[order] = np.arange(len(order)) + len(self._ends)
        numbers[is_new] = added
        self._hashes = np.insert(self._hashes, at[is_new], distinct[is_new])
        self._numbers = np.insert(self._numbers, at[is_new], added)
        for first in firsts[is_new][order].tolist():
            self._bytes += _encode(words[first])
            self._ends.append(len(self._bytes))
        return numbers[which]

    def word(self, number: int) -> str:
        """Return the word of a number."""
        start = self._ends[number - 1] if number else 0
        return _decode(self._bytes[start : self._ends[number]])


class Vocabulary:
    """The numbers of words, both from a file and learned since."""

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Wrap what `build` returned, or the same arrays mapped from a file.

        Raises:
            ValueError: When an array is missing or they do not fit each other.
        """
        try:
            self._bytes = arrays["word_bytes"].data
            self._offsets: Sequence[int] = arrays["word_offsets"].data
            self._hashes: Sequence[int] = arrays["word_hashes"].data
            self._by_hash: Sequence[int] = arrays["words_by_hash"].data
        except KeyError as error:
            raise ValueError(f"the vocabulary lacks {error}") from None
        self._stored = len(self._hashes)
        if not len(self._by_hash) == self._stored == len(self._offsets) - 2:
            raise ValueError("the vocabulary's parts do not fit each other")
        self._learned: list[str] = []
        self._numbers: dict[str, int] = {}
        self._folded: dict[str, list[int]] = {}

    @classmethod
    def empty(cls) -> "Vocabulary":
        """Return a vocabulary without words."""
        return cls(build([]))

    def __len__(self) -> int:
        return self._stored + len(self._learned)

    def text(self, number: int) -> str:
        """Return the word of a number.

        Raises:
            LookupError: When there is no such number, or its file is damaged.
        """
        if number > self._stored:
            return self._learned[number - self._stored - 1]
        start, end = self._offsets[number], self._offsets[number + 1]
        try:
            return _decode(self._bytes[start:end])
        except UnicodeDecodeError as error:
            raise LookupError(f"word {number} is damaged") from error

    def find(self, word: str) -> int | None:
        """Return the number of exactly this word, or None."""
        learned = self._numbers.get(word)
        if learned is not None:
            return learned
        encoded = _encode(word)
        for number in self._of_hash(_hash(fold(word))):
            start, end = self._offsets[number], self._offsets[number + 1]
            if self._bytes[start:end] == encoded:
                return number
        return None

    def alike(self, word: str, most: int) -> list[int]:
        """Return words that differ in case or outer punctuation, frequent ones first.

        Args:
            word: In any case.
            most: The limit for words of the file, and again for words learned since.
        """
        folded = fold(word)
        stored = (
            number
            for number in self._of_hash(_hash(folded))
            if fold(self.text(number)) == folded
        )
        return [*islice(stored, most), *self._folded.get(folded, [])[:most]]

    def learn(self, word: str) -> int:
        """Return the number of the word, adding a new word; one writer at a time."""
        number = self.find(word)
        if number is None:
            self._learned.append(word)
            number = len(self)
            self._numbers[word] = number
            self._folded.setdefault(fold(word), []).append(number)
        return number

    def _of_hash(self, hashed: int) -> Sequence[int]:
        start = bisect_left(self._hashes, hashed)
        return self._by_hash[start : bisect_right(self._hashes, hashed, start)]


def _encode(word: str) -> bytes:
    return word.encode("utf-8", "surrogatepass")


def _decode(encoded: bytes | bytearray | memoryview) -> str:
    return bytes(encoded).decode("utf-8", "surrogatepass")


def _hash(folded: str) -> int:
    # Stable between processes, unlike str's own hash.
    return zlib.crc32(_encode(folded))
