"""Choosing among near messages: age, likeness, the meaning of a conversation."""

import numpy as np

from app.memory import recall
from app.memory.index import Neighbor

DAY = 86_400_000


def test_of_two_equally_near_the_newer_is_better():
    near = [Neighbor(1, 0.6), Neighbor(2, 0.6)]
    ranked = recall.weigh(near, {1: 0, 2: 300 * DAY}, 301 * DAY)
    assert [candidate.row for candidate in ranked] == [2, 1]


def test_age_never_hides_what_is_much_nearer():
    near = [Neighbor(1, 0.9), Neighbor(2, 0.5)]
    ranked = recall.weigh(near, {1: 0, 2: 3000 * DAY}, 3000 * DAY)
    assert ranked[0].row == 1


def test_weight_fades_by_half_of_what_can_fade_each_half_life():
    ages = np.array([0, recall.HALF_LIFE_DAYS * DAY, -5], np.float64)
    assert np.allclose(
        recall.fade(np.ones(3, np.float32), ages), [1, (1 + recall.FADED) / 2, 1]
    )


def test_what_is_far_in_meaning_or_may_not_be_shown_is_left_out():
    near = [Neighbor(1, 0.9), Neighbor(2, 0.1), Neighbor(3, 0.8)]
    assert [c.row for c in recall.weigh(near, {1: 0, 2: 0}, 0)] == [1]


def test_the_second_choice_is_not_a_copy_of_the_first():
    vectors = {
        1: np.array([1, 0, 0], np.float32),
        2: np.array([1, 0, 0], np.float32),
        3: np.array([0, 1, 0], np.float32),
    }
    candidates = [
        recall.Candidate(row, score) for row, score in ((1, 0.9), (2, 0.89), (3, 0.7))
    ]
    chosen = recall.diversify(candidates, vectors, 2)
    assert [candidate.row for candidate in chosen] == [1, 3]


def test_the_last_turn_weighs_most_in_a_conversation():
    turns = np.eye(3, dtype=np.float32)
    mixed = recall.meaning(turns)
    assert np.isclose(np.linalg.norm(mixed), 1)
    assert mixed[2] > mixed[1] > mixed[0] > 0
