"""Features of (message, earlier message) pairs, from what came before only."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.memory import lines
from app.memory.lines import FLAGS, Line, Reading

REACH = 100
"""How many lines back the answered message is looked for."""
TARGETS = 3
"""Mentions of a line that count."""
FAR = 10_000.0
_ROOM = 1024
_PRIOR_LINES = 2000.0

Floats = NDArray[np.float32]
Columns = dict[str, Floats | float]


@dataclass(frozen=True)
class Pairs:
    """The candidates for one message, and the features of each pair.

    Row 0 is the message itself: choosing it starts a conversation.
    """

    positions: NDArray[np.int64]
    features: Floats
    reading: Reading


class Scene:
    """What one channel has said so far, ready for the features of its next message."""

    def __init__(self, rarity: Mapping[str, float]) -> None:
        """`rarity` is the share of lines in which each common word stands."""
        self._rarity = rarity
        self._word_lines: Counter[str] = Counter()
        self._where: defaultdict[str, list[int]] = defaultdict(list)
        self._names: dict[str, int] = {}
        self._last: dict[int, int] = {}
        self._last_seconds: dict[int, float] = {}
        self._last_target: dict[int, int] = {}
        self._count: Counter[int] = Counter()
        self._spoke_to: dict[tuple[int, int], int] = {}
        self._times_spoke: Counter[tuple[int, int]] = Counter()
        self._arrived: dict[int, int] = {}
        self._authors = 0
        self._base = 0
        self._end = 0
        self._spoken = 0
        room = _ROOM
        self._author = np.full(room, -1, np.int32)
        self._seconds = np.zeros(room, np.float64)
        self._flags = np.zeros((room, len(FLAGS)), np.float32)
        self._targets = np.full((room, TARGETS), -2, np.int32)
        self._addressed = np.zeros(room, np.float32)
        self._strange = np.zeros(room, np.float32)
        self._is_bot = np.zeros(room, np.float32)
        self._answers = np.zeros(room, np.float32)
        self._weight = np.zeros(room, np.float32)
        self._nth = np.zeros(room, np.float32)
        self._gap = np.zeros(room, np.float32)
        self._order = np.zeros(room, np.float32)
        self._conversation = np.full(room, -1, np.int64)

    @property
    def next_position(self) -> int:
        """The number of the next line; lines count from 0 without end."""
        return self._end

    def author(self, name: str) -> int:
        """The number of an author, given out at first sight."""
        number = self._names.get(name.lower())
        if number is None:
            number = self._authors
            self._authors += 1
            for form in lines.forms(name):
                self._names.setdefault(form, number)
            self._names[name.lower()] = number
        return number

    def last_line_of(self, author: int) -> int | None:
        """Position of the last line an author wrote."""
        return self._last.get(author)

    def pairs(self, line: Line) -> Pairs:
        """Features of `line` with each of the last `REACH` lines and with itself."""
        reading = lines.read(line, self._names)
        positions = np.arange(max(self._base, self._end - REACH), self._end)
        alone, both = self._columns(line, reading, positions)
        features = np.zeros(
            (len(positions) + 1, 1 + len(alone) + len(both)), np.float32
        )
        features[0, 0] = 1
        features[:, 1 : 1 + len(alone)] = list(alone.values())
        for number, column in enumerate(both.values(), 1 + len(alone)):
            features[1:, number] = column
        return Pairs(np.append(self._end, positions), features, reading)

    def _columns(
        self, line: Line, reading: Reading, positions: NDArray[np.int64]
    ) -> tuple[dict[str, float], Columns]:
        """Features of the line alone, and of it with each of the earlier lines."""
        low, here = self._end - len(positions), self._end
        window = slice(low - self._base, here - self._base)
        me = -1 if line.author is None else self.author(line.author)
        both: Columns = self._of_candidates(window)
        both |= self._of_distance(line, window, positions)
        both |= self._of_people(me, reading, window, positions)
        both |= self._of_conversations(me, reading, window, positions)
        both |= self._of_words(reading, window, low, here)
        return self._of_message(line, me, reading), both

    def _of_message(self, line: Line, me: int, reading: Reading) -> dict[str, float]:
        """Features of the message alone."""
        here = self._end
        last = self._last.get(me)
        since = FAR if last is None else here - last
        quiet = line.seconds - self._last_seconds.get(me, -math.inf)
        recent = self._seconds[
            max(self._base, here - 50) - self._base : here - self._base
        ]
        spread = line.seconds - recent[0] if len(recent) else 0.0
        arrived = self._arrived.get(me)
        targets = reading.targets
        to = self._last.get(targets[0]) if targets else None
        return {
            "notice": float(line.author is None),
            "bot": float(line.is_bot),
            **dict(zip(FLAGS, reading.flags, strict=True)),
            "targets": float(len(targets)),
            "addressed": float(reading.is_addressed),
            "strange": float(reading.has_strange_address),
            "since_my_last": math.log1p(since),
            "minutes_since_my_last": math.log1p(min(max(quiet, 0) / 60, FAR / 60)),
            "nth": math.log1p(self._count[me]),
            "since_i_came": math.log1p(FAR if arrived is None else here - arrived),
            "seconds_of_fifty": math.log1p(max(spread, 0)),
            "since_target": math.log1p(FAR if to is None else here - to),
            "my_last_had_target": float(self._partner(me) >= 0),
            "again_me": self._is_last_known(me, here),
        }

    def _is_last_known(self, me: int, here: int) -> float:
        """Whether the line before is by the same author."""
        return float(here > self._base and self._author[here - 1 - self._base] == me)

    def _of_candidates(self, window: slice) -> Columns:
        """Features of the earlier messages alone."""
        author = self._author[window]
        after = np.append(author[1:], -2)[: len(author)]
        before = np.append(-2, author[:-1])[: len(author)]
        columns: Columns = {
            f"their_{name}": self._flags[window, number]
            for number, name in enumerate(FLAGS)
        }
        columns["their_notice"] = (author < 0).astype(np.float32)
        columns["their_bot"] = self._is_bot[window]
        columns["their_targets"] = (
            (self._targets[window] >= 0).sum(1).astype(np.float32)
        )
        columns["their_addressed"] = self._addressed[window]
        columns["their_strange"] = self._strange[window]
        columns["their_nth"] = np.log1p(self._nth[window])
        columns["their_gap"] = np.log1p(self._gap[window])
        columns["their_answers"] = self._answers[window]
        columns["run_goes_on"] = (after == author).astype(np.float32)
        columns["run_came"] = (before == author).astype(np.float32)
        return columns

    def _of_distance(
        self, line: Line, window: slice, positions: NDArray[np.int64]
    ) -> Columns:
        """How far apart the two are, in lines and in time."""
        distance = (self._end - positions).astype(np.float32)
        minutes = (line.seconds - self._seconds[window]).astype(np.float32) / 60
        minutes = np.maximum(minutes, 0)
        return {
            "distance": np.log(distance),
            "spoken_between": np.log1p(self._spoken - self._order[window]),
            "is_before": (distance == 1).astype(np.float32),
            "minutes": np.log1p(minutes),
        }

    def _of_people(
        self,
        me: int,
        reading: Reading,
        window: slice,
        positions: NDArray[np.int64],
    ) -> Columns:
        """Who the two are to each other."""
        author, targets = self._author[window], self._targets[window]
        mine = author == me
        to_me = (targets == me).any(1)
        to_them = np.zeros(len(author), np.bool_)
        same_target = np.zeros(len(author), np.bool_)
        for target in reading.targets:
            to_them |= author == target
            same_target |= (targets == target).any(1)
        later = _rank_from_end(author)
        my_last = self._last.get(me, -1)
        first_target = reading.targets[0] if reading.targets else -9
        partner = self._partner(me)
        columns: dict[str, Any] = {
            "same_author": mine,
            "to_me": to_me,
            "to_me_first": targets[:, 0] == me,
            "to_them": to_them,
            "to_them_first": author == first_target,
            "to_other": np.full(len(author), bool(reading.targets)) & ~to_them,
            "theirs_to_other": (targets[:, 0] >= 0) & ~to_me,
            "same_target": same_target & ~mine,
            "same_target_mine": same_target & mine,
            "their_last": later == 0,
            "my_last": my_last == positions,
            "before_my_last": positions < my_last,
            "partner": author == partner,
            "partner_to_me": (author == partner) & to_me,
        }
        made: Columns = {k: v.astype(np.float32) for k, v in columns.items()}
        made["their_later"] = np.log1p(later)
        made["my_lines_since"] = np.log1p(_count_after(mine))
        made["to_me_since"] = np.log1p(_count_after(to_me))
        made["to_them_since"] = np.log1p(_count_after(to_them))
        made["theirs_to_me_since"] = _later_where(author, to_me)
        made |= self._history(me, author, positions)
        return made

    def _partner(self, me: int) -> int:
        """Whom the author's last line named first."""
        return self._last_target.get(me, -9)

    def _history(
        self, me: int, author: NDArray[np.int32], positions: NDArray[np.int64]
    ) -> Columns:
        """Who addressed whom before, how long ago and how often."""
        unique, inverse = np.unique(author, return_inverse=True)
        rows = []
        for other in unique.tolist():
            mine, theirs = (me, other), (other, me)
            rows.append(
                (
                    self._spoke_to.get(mine, -1),
                    self._spoke_to.get(theirs, -1),
                    math.log1p(self._times_spoke[mine])
                    if mine in self._times_spoke
                    else 0,
                    math.log1p(self._times_spoke[theirs])
                    if theirs in self._times_spoke
                    else 0,
                )
            )
        table = np.array(rows, np.float64).reshape(-1, 4)[inverse]
        here = self._end
        i_spoke = np.where(table[:, 0] < 0, FAR, here - table[:, 0])
        they_spoke = np.where(table[:, 1] < 0, FAR, here - table[:, 1])
        return {
            "i_spoke": np.log1p(i_spoke).astype(np.float32),
            "they_spoke": np.log1p(they_spoke).astype(np.float32),
            "i_spoke_since": (table[:, 0] > positions).astype(np.float32),
            "they_spoke_since": (table[:, 1] > positions).astype(np.float32),
            "times_i_spoke": table[:, 2].astype(np.float32),
            "times_they_spoke": table[:, 3].astype(np.float32),
        }

    def _of_conversations(
        self,
        me: int,
        reading: Reading,
        window: slice,
        positions: NDArray[np.int64],
    ) -> Columns:
        """What the links found so far tell."""
        conversation, author = self._conversation[window], self._author[window]
        mine = author == me
        my_last = self._last.get(me, -1)
        mine_now = -7
        if my_last >= self._base:
            mine_now = int(self._conversation[my_last - self._base])
        target = self._last.get(reading.targets[0], -1) if reading.targets else -1
        target_now = -7
        if target >= self._base:
            target_now = int(self._conversation[target - self._base])
        kinds, inverse = np.unique(conversation, return_inverse=True)
        size = np.bincount(inverse, minlength=len(kinds)).astype(np.float32)
        my_share = np.bincount(inverse, mine, minlength=len(kinds))
        to_me = (self._targets[window] == me).any(1)
        named = np.bincount(inverse, to_me, minlength=len(kinds))
        return {
            "talk_is_mine": (conversation == mine_now).astype(np.float32),
            "talk_is_target's": (conversation == target_now).astype(np.float32),
            "talk_size": np.log(size)[inverse],
            "my_lines_in_talk": np.log1p(my_share)[inverse].astype(np.float32),
            "names_me_in_talk": np.log1p(named)[inverse].astype(np.float32),
            "later_in_talk": np.log1p(_rank_from_end(conversation)),
            "starts_talk": (conversation == positions).astype(np.float32),
        }

    def _of_words(
        self, reading: Reading, window: slice, low: int, here: int
    ) -> Columns:
        """Which rare words the two share."""
        shared = np.zeros(here - low, np.float32)
        rarest = np.zeros(here - low, np.float32)
        number = np.zeros(here - low, np.float32)
        total = 0.0
        for word in reading.words:
            weight = self._weigh(word)
            total += weight
            for place in self._where.get(word, ()):
                if place >= low:
                    shared[place - low] += weight
                    number[place - low] += 1
                    rarest[place - low] = max(rarest[place - low], weight)
        conversation = self._conversation[window]
        _, inverse = np.unique(conversation, return_inverse=True)
        in_talk = np.bincount(inverse, shared)[inverse] if len(inverse) else shared
        return {
            "shared": shared,
            "shared_of_mine": shared / (total + 1),
            "shared_of_theirs": shared / (self._weight[window] + 1),
            "shared_number": number,
            "rarest": rarest,
            "shared_in_talk": in_talk.astype(np.float32),
        }

    def _weigh(self, word: str) -> float:
        """How much a word tells: the negative log of its share of lines."""
        prior = self._rarity.get(word, 0.0) * _PRIOR_LINES
        heard = self._word_lines.get(word, 0)
        return math.log((self._spoken + _PRIOR_LINES) / (prior + heard + 1))

    def add(self, line: Line, reading: Reading, parent: int) -> None:
        """Let `line` follow; `parent` is the position it answers, or its own."""
        if self._end - self._base == _ROOM:
            self._forget_oldest()
        here, at = self._end, self._end - self._base
        me = -1 if line.author is None else self.author(line.author)
        self._author[at] = me
        self._seconds[at] = line.seconds
        self._flags[at] = reading.flags
        self._targets[at] = -2
        targets = reading.targets[:TARGETS]
        self._targets[at, : len(targets)] = targets
        self._addressed[at] = reading.is_addressed
        self._strange[at] = reading.has_strange_address
        self._is_bot[at] = line.is_bot
        self._answers[at] = 0
        self._nth[at] = self._count[me]
        last = self._last.get(me)
        self._gap[at] = FAR if last is None else here - last
        self._order[at] = self._spoken
        known = self._base <= parent < here
        self._conversation[at] = (
            self._conversation[parent - self._base] if known else here
        )
        self._add_people(line, me, targets)
        if me >= 0:
            self._add_words(reading.words, at)
            self._spoken += 1
        if known:
            self._answers[parent - self._base] += 1
        self._end += 1

    def _add_people(self, line: Line, me: int, targets: tuple[int, ...]) -> None:
        here = self._end
        if me < 0:
            self._hear_notice(line.text)
            return
        for target in targets:
            self._spoke_to[me, target] = here
            self._times_spoke[me, target] += 1
        self._last[me] = here
        self._last_seconds[me] = line.seconds
        self._last_target[me] = targets[0] if targets else -9
        self._count[me] += 1

    def _hear_notice(self, text: str) -> None:
        name = lines.joined(text)
        if name:
            self._arrived[self.author(name)] = self._end
        names = lines.renamed(text)
        if names:
            old, new = names
            number = self.author(old)
            for form in lines.forms(new):
                self._names.setdefault(form, number)
            self._names[new.lower()] = number

    def _add_words(self, words: frozenset[str], at: int) -> None:
        weight = 0.0
        for word in words:
            weight += self._weigh(word)
            self._word_lines[word] += 1
            self._where[word].append(self._end)
        self._weight[at] = weight

    def _forget_oldest(self) -> None:
        """Keep the last `REACH` lines and what is known of people."""
        keep = slice(_ROOM - REACH, _ROOM)
        for values in vars(self).values():
            if isinstance(values, np.ndarray):
                values[:REACH] = values[keep]
        self._base = self._end - REACH
        kept = {
            word: [place for place in places if place >= self._base]
            for word, places in self._where.items()
        }
        self._where.clear()
        self._where.update({word: places for word, places in kept.items() if places})
        for pair, place in list(self._spoke_to.items()):
            if place < self._end - FAR:
                del self._spoke_to[pair]


def feature_names() -> tuple[str, ...]:
    """What stands in each column of `Pairs.features`."""
    scene, line = Scene({}), Line("someone", 0.0, "")
    scene.add(line, scene.pairs(line).reading, 0)
    alone, both = scene._columns(line, lines.read(line, {}), np.arange(1))
    return ("starts", *alone, *both)


def _count_after(marks: NDArray[np.bool_]) -> Floats:
    """For each place, how many marks stand after it."""
    counts: Floats = (np.cumsum(marks[::-1])[::-1] - marks).astype(np.float32)
    return counts


def _rank_from_end(keys: NDArray[np.integer]) -> NDArray[np.int64]:
    """For each place, how many later places hold the same key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    ends = np.searchsorted(ordered, ordered, side="right")
    ranks = np.empty(len(keys), np.int64)
    ranks[order] = ends - 1 - np.arange(len(keys))
    return ranks


def _later_where(keys: NDArray[np.integer], marks: NDArray[np.bool_]) -> Floats:
    """For each place, the log of how many later marked places hold the same key."""
    order = np.argsort(keys, kind="stable")
    ordered, marked = keys[order], marks[order].astype(np.int64)
    total = np.append(0, np.cumsum(marked))
    ends = np.searchsorted(ordered, ordered, side="right")
    counts = np.empty(len(keys), np.int64)
    counts[order] = total[ends] - total[np.arange(len(keys)) + 1]
    return np.log1p(counts).astype(np.float32)
