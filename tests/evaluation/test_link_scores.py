"""Scores of links and conversations, against values worked out otherwise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from app.evaluation.link_scores import assignment, clusters, score_clusters, score_links


def parts(*texts):
    return [frozenset(text) for text in texts]


def test_links_count_starts_as_links_to_themselves():
    gold = {("a", "a"), ("b", "a"), ("c", "a"), ("c", "b")}
    found = {("a", "a"), ("b", "b"), ("c", "b")}
    score = score_links(gold, found)
    assert score.precision == pytest.approx(2 / 3)
    assert score.recall == pytest.approx(2 / 4)
    assert score.f1 == pytest.approx(2 * 2 / 7)


def test_no_links_score_nothing():
    assert score_links({("a", "a")}, set()).f1 == 0


def test_clusters_are_joined_through_messages_outside_them():
    found = clusters([("b", "x"), ("c", "x"), ("d", "d")], "bcd")
    assert set(found) == {frozenset("bc"), frozenset("d")}


def test_the_same_partition_scores_one():
    same = parts("ab", "cde", "f")
    score = score_clusters(same, same)
    assert (score.vi, score.one_to_one, score.f1) == pytest.approx((1, 1, 1))


def test_a_worked_example():
    score = score_clusters(parts("abcd", "ef"), parts("abc", "de", "f"))
    # Joint parts: abc 3, d 1, e 1, f 1 of 6.
    joint = -(3 / 6 * math.log2(3 / 6) + 3 * (1 / 6 * math.log2(1 / 6)))
    gold = -(4 / 6 * math.log2(4 / 6) + 2 / 6 * math.log2(2 / 6))
    found = -(
        3 / 6 * math.log2(3 / 6) + 2 / 6 * math.log2(2 / 6) + 1 / 6 * math.log2(1 / 6)
    )
    variation = 2 * joint - gold - found
    assert score.vi == pytest.approx(1 - variation / math.log2(6))
    assert score.one_to_one == pytest.approx(4 / 6)
    assert score.f1 == 0.0


def test_single_messages_are_no_matched_clusters():
    score = score_clusters(parts("a", "b", "cd"), parts("a", "b", "cd"))
    assert score.f1 == 1.0
    assert score_clusters(parts("a", "b", "cd"), parts("a", "b", "c", "d")).f1 == 0.0


@given(st.integers(1, 7), st.integers(0, 5), st.integers(0, 2**32 - 1))
def test_the_best_mapping_is_scipys(rows, more, seed):
    weights = np.random.default_rng(seed).integers(0, 6, (rows, rows + more))
    best = linear_sum_assignment(weights, maximize=True)
    assert assignment(weights) == weights[best].sum()
