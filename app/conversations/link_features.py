"""Features of (message, earlier message) pairs, using only the past."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.conversations import message_features
from app.conversations.channel_state import FAR, REACH, Scene
from app.conversations.message_features import FLAGS, MessageFeatures, Reading

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


def pairs_of(scene: Scene, line: MessageFeatures) -> Pairs:
    """Return the features of `line` with each of the last `REACH` lines and itself."""
    reading = message_features.read(line, scene.names)
    positions = np.arange(max(scene.base, scene.end - REACH), scene.end)
    alone, both = _columns(scene, line, reading, positions)
    features = np.zeros((len(positions) + 1, 1 + len(alone) + len(both)), np.float32)
    features[0, 0] = 1
    features[:, 1 : 1 + len(alone)] = list(alone.values())
    for number, column in enumerate(both.values(), 1 + len(alone)):
        features[1:, number] = column
    return Pairs(np.append(scene.end, positions), features, reading)


def _columns(
    scene: Scene, line: MessageFeatures, reading: Reading, positions: NDArray[np.int64]
) -> tuple[dict[str, float], Columns]:
    """Return the features of the line alone, and with each of the earlier lines."""
    low, here = scene.end - len(positions), scene.end
    window = slice(low - scene.base, here - scene.base)
    me = -1 if line.author is None else scene.author(line.author)
    both: Columns = _of_candidates(scene, window)
    both |= _of_distance(scene, line, window, positions)
    both |= _of_people(scene, me, reading, window, positions)
    both |= _of_conversations(scene, me, reading, window, positions)
    both |= _of_words(scene, reading, window, low, here)
    return _of_message(scene, line, me, reading), both


def _of_message(
    scene: Scene, line: MessageFeatures, me: int, reading: Reading
) -> dict[str, float]:
    """Return the features of the message alone."""
    here = scene.end
    last = scene.last.get(me)
    since = FAR if last is None else here - last
    quiet = line.seconds - scene.last_seconds.get(me, -math.inf)
    recent = scene.seconds[max(scene.base, here - 50) - scene.base : here - scene.base]
    spread = line.seconds - recent[0] if len(recent) else 0.0
    arrived = scene.arrived.get(me)
    targets = reading.targets
    to = scene.last.get(targets[0]) if targets else None
    newest = scene.authors[here - 1 - scene.base]
    return {
        "notice": float(line.author is None),
        "bot": float(line.is_bot),
        **dict(zip(FLAGS, reading.flags, strict=True)),
        "targets": float(len(targets)),
        "addressed": float(reading.is_addressed),
        "strange": float(reading.has_strange_address),
        "since_my_last": math.log1p(since),
        "minutes_since_my_last": math.log1p(min(max(quiet, 0) / 60, FAR / 60)),
        "nth": math.log1p(scene.count[me]),
        "since_i_came": math.log1p(FAR if arrived is None else here - arrived),
        "seconds_of_fifty": math.log1p(max(spread, 0)),
        "since_target": math.log1p(FAR if to is None else here - to),
        "my_last_had_target": float(scene.partner(me) >= 0),
        "again_me": float(here > scene.base and newest == me),
    }


def _of_candidates(scene: Scene, window: slice) -> Columns:
    """Return the features of the earlier messages alone."""
    author = scene.authors[window]
    after = np.append(author[1:], -2)[: len(author)]
    before = np.append(-2, author[:-1])[: len(author)]
    columns: Columns = {
        f"their_{name}": scene.flags[window, number]
        for number, name in enumerate(FLAGS)
    }
    columns["their_notice"] = (author < 0).astype(np.float32)
    columns["their_bot"] = scene.is_bot[window]
    columns["their_targets"] = (scene.targets[window] >= 0).sum(1).astype(np.float32)
    columns["their_addressed"] = scene.addressed[window]
    columns["their_strange"] = scene.strange[window]
    columns["their_nth"] = np.log1p(scene.nth[window])
    columns["their_gap"] = np.log1p(scene.gap[window])
    columns["their_answers"] = scene.answers[window]
    columns["run_goes_on"] = (after == author).astype(np.float32)
    columns["run_came"] = (before == author).astype(np.float32)
    return columns


def _of_distance(
    scene: Scene, line: MessageFeatures, window: slice, positions: NDArray[np.int64]
) -> Columns:
    """Return the distance between the two, in lines and in time."""
    distance = (scene.end - positions).astype(np.float32)
    minutes = (line.seconds - scene.seconds[window]).astype(np.float32) / 60
    minutes = np.maximum(minutes, 0)
    return {
        "distance": np.log(distance),
        "spoken_between": np.log1p(scene.spoken - scene.order[window]),
        "is_before": (distance == 1).astype(np.float32),
        "minutes": np.log1p(minutes),
    }


def _of_people(
    scene: Scene,
    me: int,
    reading: Reading,
    window: slice,
    positions: NDArray[np.int64],
) -> Columns:
    """Return the relation between the two authors."""
    author, targets = scene.authors[window], scene.targets[window]
    mine = author == me
    to_me = (targets == me).any(1)
    to_them = np.isin(author, reading.targets)
    same_target = np.isin(targets, reading.targets).any(1)
    later = _rank_from_end(author)
    my_last = scene.last.get(me, -1)
    first_target = reading.targets[0] if reading.targets else -9
    partner = scene.partner(me)
    columns: dict[str, NDArray[np.bool_]] = {
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
        "my_last": np.equal(my_last, positions),
        "before_my_last": positions < my_last,
        "partner": author == partner,
        "partner_to_me": (author == partner) & to_me,
    }
    made: Columns = {k: v.astype(np.float32) for k, v in columns.items()}
    made["their_later"] = np.log1p(later)
    lines = {"my_lines": mine, "to_me": to_me, "to_them": to_them}
    made |= {f"{k}_since": np.log1p(_count_after(v)) for k, v in lines.items()}
    made["theirs_to_me_since"] = _later_where(author, to_me)
    made |= _history(scene, me, author, positions)
    return made


def _history(
    scene: Scene, me: int, author: NDArray[np.int32], positions: NDArray[np.int64]
) -> Columns:
    """Return the history of two authors: who addressed whom, when and how often."""
    unique, inverse = np.unique(author, return_inverse=True)
    rows = []
    for other in unique.tolist():
        mine, theirs = (me, other), (other, me)
        rows.append(
            (
                scene.spoke_to.get(mine, -1),
                scene.spoke_to.get(theirs, -1),
                math.log1p(scene.times_spoke[mine]),
                math.log1p(scene.times_spoke[theirs]),
            )
        )
    table = np.array(rows, np.float64).reshape(-1, 4)[inverse]
    here = scene.end
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
    scene: Scene,
    me: int,
    reading: Reading,
    window: slice,
    positions: NDArray[np.int64],
) -> Columns:
    """Return features of the links found so far."""
    conversation, author = scene.conversations[window], scene.authors[window]
    mine = author == me
    my_last = scene.last.get(me, -1)
    mine_now = -7
    if my_last >= scene.base:
        mine_now = int(scene.conversations[my_last - scene.base])
    target = scene.last.get(reading.targets[0], -1) if reading.targets else -1
    target_now = -7
    if target >= scene.base:
        target_now = int(scene.conversations[target - scene.base])
    kinds, inverse = np.unique(conversation, return_inverse=True)
    size = np.bincount(inverse, minlength=len(kinds)).astype(np.float32)
    my_share = np.bincount(inverse, mine, minlength=len(kinds))
    to_me = (scene.targets[window] == me).any(1)
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
    scene: Scene, reading: Reading, window: slice, low: int, here: int
) -> Columns:
    """Return the rare words that the two share, as features."""
    shared = np.zeros(here - low, np.float32)
    rarest = np.zeros(here - low, np.float32)
    number = np.zeros(here - low, np.float32)
    total = 0.0
    for word in reading.words:
        weight = scene.weigh(word)
        total += weight
        for place in scene.where.get(word, ()):
            if place >= low:
                shared[place - low] += weight
                number[place - low] += 1
                rarest[place - low] = max(rarest[place - low], weight)
    conversation = scene.conversations[window]
    _, inverse = np.unique(conversation, return_inverse=True)
    in_talk = np.bincount(inverse, shared)[inverse] if len(inverse) else shared
    return {
        "shared": shared,
        "shared_of_mine": shared / (total + 1),
        "shared_of_theirs": shared / (scene.weights[window] + 1),
        "shared_number": number,
        "rarest": rarest,
        "shared_in_talk": in_talk.astype(np.float32),
    }


def feature_names() -> tuple[str, ...]:
    """Return the names of the columns of `Pairs.features`."""
    scene, line = Scene({}), MessageFeatures("someone", 0.0, "")
    scene.add(line, pairs_of(scene, line).reading, 0)
    alone, both = _columns(scene, line, message_features.read(line, {}), np.arange(1))
    return ("starts", *alone, *both)


def _count_after(marks: NDArray[np.bool_]) -> Floats:
    """Count the marks after each place."""
    counts: Floats = (np.cumsum(marks[::-1])[::-1] - marks).astype(np.float32)
    return counts


def _rank_from_end(keys: NDArray[np.integer]) -> NDArray[np.int64]:
    """Count, for each place, the later places with the same key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    ends = np.searchsorted(ordered, ordered, side="right")
    ranks = np.empty(len(keys), np.int64)
    ranks[order] = ends - 1 - np.arange(len(keys))
    return ranks


def _later_where(keys: NDArray[np.integer], marks: NDArray[np.bool_]) -> Floats:
    """Return the log of the number of later marked places with each place's key."""
    order = np.argsort(keys, kind="stable")
    ordered, marked = keys[order], marks[order].astype(np.int64)
    total = np.append(0, np.cumsum(marked))
    ends = np.searchsorted(ordered, ordered, side="right")
    counts = np.empty(len(keys), np.int64)
    counts[order] = total[ends] - total[np.arange(len(keys)) + 1]
    return np.log1p(counts).astype(np.float32)
