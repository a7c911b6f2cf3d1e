"""The score of recall on reply pairs."""

import numpy as np
import pytest

from app.evaluation.recall_scores import RecallMessage, by_meaning, by_words, shares
from app.memory.vectors import normalise

SAID = [
    RecallMessage(0, "the owl was a baker's daughter"),
    RecallMessage(1000, "rosemary for remembrance"),
    RecallMessage(2000, "an owl was she", answers=0),
    RecallMessage(3000, "nonsense", answers=1),
]


def test_the_share_counts_pairs_found_among_the_first_k():
    rank = {(2, 0): 0, (3, 1): 4}
    found = shares(SAID, [2, 3], lambda place, answered: rank[place, answered])
    assert found["1"] == 0.5
    assert found["3"] == 0.5
    assert found["5"] == 1.0


def test_shared_rare_words_find_the_answered_message():
    rank = by_words(SAID)
    assert rank(2, 0) == 0
    assert rank(3, 1) is None


def test_meaning_ranks_only_what_was_said_before():
    vectors = normalise(np.array([[1, 0], [0, 1], [0.9, 0.1], [1, 0]], np.float32))
    rank = by_meaning(SAID, vectors)
    assert rank(2, 0) == 0
    assert rank(3, 1) == 2


def test_a_text_without_meaning_is_never_found():
    vectors = np.array([[0, 0], [0, 1], [1, 0], [0, 1]], np.float32)
    assert by_meaning(SAID, vectors)(2, 0) is None


def test_no_pairs_share_nothing():
    assert shares(SAID, [], lambda row, k: pytest.fail("asked"))["10"] == 0.0
