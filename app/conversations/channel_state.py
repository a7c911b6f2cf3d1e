"""The recent lines of one channel, and its pairs of speakers."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np

from app.conversations import message_features
from app.conversations.message_features import FLAGS, MessageFeatures, Reading

REACH = 100
"""The number of lines searched for the answered message."""
TARGETS = 3
"""The most mentions of a line that count."""
FAR = 10_000.0
_ROOM = 1024
_PRIOR_LINES = 2000.0


class SceneLines:
    """The kept lines of a channel, with an array for each feature."""

    def __init__(self, room: int) -> None:
        self.authors = np.full(room, -1, np.int32)
        self.seconds = np.zeros(room, np.float64)
        self.flags = np.zeros((room, len(FLAGS)), np.float32)
        self.targets = np.full((room, TARGETS), -2, np.int32)
        """The people it names."""
        self.addressed = np.zeros(room, np.float32)
        self.strange = np.zeros(room, np.float32)
        """True if it addresses an unknown person."""
        self.is_bot = np.zeros(room, np.float32)
        self.answers = np.zeros(room, np.float32)
        """The number of lines that answer it."""
        self.weights = np.zeros(room, np.float32)
        """The weight of its words."""
        self.nth = np.zeros(room, np.float32)
        """The number of its author's earlier lines."""
        self.gap = np.zeros(room, np.float32)
        """Lines since its author's previous line."""
        self.order = np.zeros(room, np.float32)
        """Its number among the lines without notices."""
        self.conversations = np.full(room, -1, np.int64)
        """Position of the first line of its conversation."""


class Scene(SceneLines):
    """The recent past of one channel, ready for the features of its next message."""

    def __init__(self, rarity: Mapping[str, float]) -> None:
        """`rarity` is the share of lines that contain each common word."""
        super().__init__(_ROOM)
        self._rarity = rarity
        self._word_lines: Counter[str] = Counter()
        self._author_count = 0
        self.where: defaultdict[str, list[int]] = defaultdict(list)
        """Positions of the lines that have a word."""
        self.names: dict[str, int] = {}
        """Authors by every form of their names, in lower case."""

        # By author.
        self.last: dict[int, int] = {}
        """Position of the last line."""
        self.last_seconds: dict[int, float] = {}
        self.last_target: dict[int, int] = {}
        """The first person that the last line named."""
        self.count: Counter[int] = Counter()
        """The number of written lines."""
        self.arrived: dict[int, int] = {}
        """Position of the notice of their arrival."""

        # By author and the name they used.
        self.spoke_to: dict[tuple[int, int], int] = {}
        """Position of the last such line."""
        self.times_spoke: Counter[tuple[int, int]] = Counter()

        self.base = 0
        """Position of the oldest line kept; it stands at index 0 below."""
        self.end = 0
        """Position of the next line; lines count from 0 without end."""
        self.spoken = 0
        """The number of lines so far, without notices."""

    def author(self, name: str) -> int:
        """Return the number of the author, assigned on first sight."""
        number = self.names.get(name.lower())
        if number is None:
            number = self._author_count
            self._author_count += 1
            for form in message_features.forms(name):
                self.names.setdefault(form, number)
            self.names[name.lower()] = number
        return number

    def partner(self, me: int) -> int:
        """Return the first person that the author's last line named."""
        return self.last_target.get(me, -9)

    def weigh(self, word: str) -> float:
        """Weigh a word: the negative log of its share of lines."""
        prior = self._rarity.get(word, 0.0) * _PRIOR_LINES
        heard = self._word_lines.get(word, 0)
        return math.log((self.spoken + _PRIOR_LINES) / (prior + heard + 1))

    def add(self, line: MessageFeatures, reading: Reading, parent: int) -> None:
        """Add the next `line`; `parent` is the position it answers, or its own."""
        if self.end - self.base == _ROOM:
            self._forget_oldest()
        here, at = self.end, self.end - self.base
        me = -1 if line.author is None else self.author(line.author)
        self.authors[at] = me
        self.seconds[at] = line.seconds
        self.flags[at] = reading.flags
        self.targets[at] = -2
        targets = reading.targets[:TARGETS]
        self.targets[at, : len(targets)] = targets
        self.addressed[at] = reading.is_addressed
        self.strange[at] = reading.has_strange_address
        self.is_bot[at] = line.is_bot
        self.answers[at] = 0
        self.nth[at] = self.count[me]
        last = self.last.get(me)
        self.gap[at] = FAR if last is None else here - last
        self.order[at] = self.spoken
        known = self.base <= parent < here
        self.conversations[at] = (
            self.conversations[parent - self.base] if known else here
        )
        self._add_people(line, me, targets)
        if me >= 0:
            self._add_words(reading.words, at)
            self.spoken += 1
        if known:
            self.answers[parent - self.base] += 1
        self.end += 1

    def _add_people(
        self, line: MessageFeatures, me: int, targets: tuple[int, ...]
    ) -> None:
        here = self.end
        if me < 0:
            self._hear_notice(line.text)
            return
        for target in targets:
            self.spoke_to[me, target] = here
            self.times_spoke[me, target] += 1
        self.last[me] = here
        self.last_seconds[me] = line.seconds
        self.last_target[me] = targets[0] if targets else -9
        self.count[me] += 1

    def _hear_notice(self, text: str) -> None:
        name = message_features.joined(text)
        if name:
            self.arrived[self.author(name)] = self.end
        names = message_features.renamed(text)
        if names:
            old, new = names
            number = self.author(old)
            for form in message_features.forms(new):
                self.names.setdefault(form, number)
            self.names[new.lower()] = number

    def _add_words(self, words: frozenset[str], at: int) -> None:
        weight = 0.0
        for word in words:
            weight += self.weigh(word)
            self._word_lines[word] += 1
            self.where[word].append(self.end)
        self.weights[at] = weight

    def _forget_oldest(self) -> None:
        """Keep the last `REACH` lines and the facts about people."""
        keep = slice(_ROOM - REACH, _ROOM)
        for values in vars(self).values():
            if isinstance(values, np.ndarray):
                values[:REACH] = values[keep]
        self.base = self.end - REACH
        kept = {
            word: [place for place in places if place >= self.base]
            for word, places in self.where.items()
        }
        self.where.clear()
        self.where.update({word: places for word, places in kept.items() if places})
        for pair, place in list(self.spoke_to.items()):
            if place < self.end - FAR:
                del self.spoke_to[pair]
