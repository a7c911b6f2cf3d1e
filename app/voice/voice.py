"""A guild's voice: it speaks, learns and forgets over files mapped from disk."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from threading import Lock
from typing import TypeVar

from app.voice import files, voice_builder
from app.voice.files import MappedFiles, VoiceFileError
from app.voice.generate_line import Avoid, speak
from app.voice.generated_line import GeneratedLine, LineSource, Rules
from app.voice.index import DEPTH, END, Index, Lean, Spans, View
from app.voice.vocabulary import Vocabulary
from app.voice.voice_builder import build
from app.voice.word_tokenizer import split

__all__ = ["GeneratedLine", "LineSource", "Rules", "Voice", "VoiceFileError", "build"]

_DEFAULT = Rules()

_FEW_CHANGES = 16
"""The number of changes that apply in milliseconds while writers wait."""

_SPELLINGS = 6
"""The most spellings of a word to look for."""

Result = TypeVar("Result")


@dataclass(slots=True)
class _Known:
    """The state a voice speaks from; a newer generation replaces it as a whole."""

    index: Index
    vocabulary: Vocabulary
    stored: MappedFiles | None
    words: int
    last_message: int

    def symbols_of(self, words: Iterable[str]) -> list[int]:
        """The words' symbols; empty when one was never written."""
        symbols = [self.vocabulary.find(word) for word in words]
        found = [symbol for symbol in symbols if symbol is not None]
        return found if len(found) == len(symbols) else []

    def occurs(self, symbols: list[int]) -> bool:
        """Return whether the first symbols stand in a row in one message."""
        return self.index.view().find(symbols[:DEPTH]).places > 0


class Voice:
    """The voice of one guild.

    It is safe for threads; changes to the voice take turns.
    """

    def __init__(self) -> None:
        self._known = _Known(Index.empty(), Vocabulary.empty(), None, 0, 0)
        self._weights: dict[int, float] = {}
        self._changes: list[Callable[[_Known], object]] | None = None
        self._writing = Lock()

    @classmethod
    def empty(cls) -> "Voice":
        """Return a voice that has learned nothing."""
        return cls()

    @classmethod
    def open(cls, directory: Path) -> "Voice":
        """Return the voice that `build` wrote; its files are mapped, not read.

        Raises:
            FileNotFoundError: When none was built.
            VoiceFileError: When its files are damaged; rebuild it.
        """
        voice = cls()
        voice._known = _open(directory)
        return voice

    @property
    def messages(self) -> int:
        """The number of messages it speaks from."""
        return self._known.index.messages

    @property
    def words(self) -> int:
        """The number of words learned, including those forgotten since the build."""
        return self._known.words

    @property
    def last_message(self) -> int:
        """The highest row id of a learned message, or 0."""
        return self._known.last_message

    @property
    def tail_messages(self) -> int:
        """The number of messages learned since the build: a reason to rebuild."""
        return self._known.index.tail_messages

    @property
    def bytes(self) -> int:
        """The size of its files on disk, in bytes."""
        return self._known.stored.bytes if self._known.stored else 0

    @property
    def vocabulary(self) -> Vocabulary:
        """The words of its symbols."""
        return self._known.vocabulary

    def view(self) -> View:
        """Return everything it knows as symbols, for counting rather than speaking."""
        return self._known.index.view()

    def verify(self) -> None:
        """Compare its files with their checksums; takes about a second per gigabyte.

        Raises:
            VoiceFileError: When any of them is damaged; rebuild it.
        """
        stored = self._known.stored
        if stored:
            stored.verify()

    def learn(self, message: int, text: str, channel: int = 0) -> None:
        """Learn a message; a known id replaces the earlier message.

        Args:
            message: Its row id.
            text: As it was written; a text without words only forgets the earlier
                message.
            channel: The row id of its channel.
        """
        words = split(text)
        self._change(lambda known: self._learn(known, message, words, channel))

    def forget(self, messages: Iterable[int]) -> int:
        """Never speak from these messages again; unknown ids are no error.

        Their words are gone from disk after the next build.

        Returns:
            The number of messages it knew.
        """
        gone = list(messages)
        return self._change(lambda known: known.index.forget(gone))

    @property
    def weighed(self) -> set[int]:
        """The messages that were ever weighed."""
        return set(self._weights)

    def weigh(self, message: int, weight: float) -> bool:
        """Draw from a message `weight` times as often as from others.

        Args:
            message: Its row id.
            weight: Above 0 and at most 1, the initial weight of every message.

        Returns:
            True when the message is known.

        Raises:
            ValueError: When the weight is out of bounds.
        """
        is_known = self._change(lambda known: known.index.weigh(message, weight))
        self._weights[message] = weight
        return is_known

    def speak(
        self,
        rng: Random,
        *,
        seed: str | None = None,
        rules: Rules = _DEFAULT,
        channels: frozenset[int] | None = None,
        spans: Spans | None = None,
        lean: Lean | None = None,
        avoid: Avoid | None = None,
    ) -> GeneratedLine:
        """Return a new line; the same `rng` state gives the same line.

        Args:
            rng: Makes every choice.
            seed: Words to work into the line, in any case; the longest phrase that
                somebody wrote comes first.
            rules: The rules for the line; its `relaxed` names those it broke.
            channels: Row ids of the only channels to speak from, as if the others had
                never been learned; None means all.
            spans: Row ids of the only messages to speak from, alike.
            lean: Row ids of the channels whose messages count for more.
            avoid: Tells if a word or a line must not be said.

        Raises:
            LookupError: When nothing is learned that may be said, or a damaged file is
                not yet noticed.
        """
        known = self._known
        view = known.index.view(channels, spans, lean)
        return speak(view, known.vocabulary, rng, seed, rules, avoid)

    def drafts(
        self,
        rng: Random,
        count: int,
        *,
        seed: str | None = None,
        rules: Rules = _DEFAULT,
        channels: frozenset[int] | None = None,
        spans: Spans | None = None,
        lean: Lean | None = None,
        avoid: Avoid | None = None,
    ) -> list[GeneratedLine]:
        """Return up to `count` different lines, made like `speak`'s.

        Raises:
            LookupError: When nothing is learned.
        """
        lines: dict[str, GeneratedLine] = {}
        for _ in range(2 * count):
            if len(lines) == count:
                break
            line = self.speak(
                rng,
                seed=seed,
                rules=rules,
                channels=channels,
                spans=spans,
                lean=lean,
                avoid=avoid,
            )
            lines.setdefault(line.text, line)
        return list(lines.values())

    def repeats(self, text: str) -> bool:
        """Return whether a learned message equals this text, word for word.

        Of a long text, only the first words are compared.
        """
        known = self._known
        found = known.symbols_of(split(text))
        return known.occurs([END, *found, END]) if found else False

    def knows(self, word: str) -> bool:
        """Return whether a learned message has the word, in any case."""
        known = self._known
        spellings = known.vocabulary.alike(word, _SPELLINGS)
        return any(known.occurs([symbol]) for symbol in spellings)

    def holds(self, words: Sequence[str]) -> bool:
        """Return whether a learned message has these words in a row.

        Of many words, only the first ones are compared.
        """
        known = self._known
        found = known.symbols_of(words)
        return known.occurs(found) if found else False

    def begin_rebuild(self) -> None:
        """Record all changes from now on, for `renew`.

        Call it before reading the rows for `build`, so that no change is lost.
        """
        with self._writing:
            self._changes = []

    def renew(self, directory: Path) -> None:
        """Switch to the newest generation, with the changes since `begin_rebuild`.

        Raises:
            FileNotFoundError: When none was built.
            VoiceFileError: When its files are damaged; this voice keeps its old files.
        """
        known = _open(directory)
        known.index.prepare_as(self._known.index)
        for message, weight in list(self._weights.items()):
            known.index.weigh(message, weight)
        while not self._catch_up(known):
            pass
        # Windows keeps mapped files, so the build left those in use until now.
        files.sweep(directory, voice_builder.NAME)

    def _catch_up(self, known: _Known) -> bool:
        """Apply changes to `known`; True when it has all of them and is in use."""
        with self._writing:
            changes = self._changes or []
            is_last = len(changes) <= _FEW_CHANGES
            if is_last:
                for change in changes:
                    change(known)
                self._known, self._changes = known, None
            else:
                self._changes = []
        # Most changes are applied without the lock, so that nobody waits for them.
        for change in [] if is_last else changes:
            change(known)
        return is_last

    def _change(self, change: Callable[[_Known], Result]) -> Result:
        with self._writing:
            if self._changes is not None:
                self._changes.append(change)
            return change(self._known)

    def _learn(
        self, known: _Known, message: int, words: list[str], channel: int
    ) -> None:
        numbers = [known.vocabulary.learn(word) for word in words]
        known.index.learn(message, numbers, channel)
        if message in self._weights:
            known.index.weigh(message, self._weights[message])
        known.words += len(numbers)
        known.last_message = max(known.last_message, message)


def words_in(directory: Path) -> int:
    """Return the number of words in a voice's files, without opening them.

    Raises:
        FileNotFoundError: When none was built.
        VoiceFileError: When its manifest is damaged.
    """
    return int(files.facts(directory, voice_builder.NAME)["words"])


def _open(directory: Path) -> _Known:
    stored = files.read(directory, voice_builder.NAME)
    try:
        index, vocabulary = Index.of(stored.arrays), Vocabulary(stored.arrays)
        words, last = stored.facts["words"], stored.facts["last_message"]
    except (ValueError, KeyError) as error:
        raise VoiceFileError(f"{stored.path.name}: {error}") from error
    return _Known(index, vocabulary, stored, words, last)
