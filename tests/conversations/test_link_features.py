"""Features of pairs of lines."""

import random

import numpy as np
import pytest

from app.conversations import channel_state as scenes
from app.conversations.channel_state import REACH, Scene
from app.conversations.link_features import feature_names, pairs_of
from app.conversations.message_features import MessageFeatures

WORDS = "crown king ghost castle sword letter poison night watch play".split()


def play(scene, rows):
    """Feed lines, each answering the one before; returns the last pairs."""
    for number, (author, text) in enumerate(rows):
        line = MessageFeatures(author, number * 30.0, text)
        pairs = pairs_of(scene, line)
        scene.add(line, pairs.reading, max(number - 1, 0))
    return pairs


def of(pairs, name):
    return pairs.features[:, feature_names().index(name)]


def random_lines(count):
    rng = random.Random(4)
    people = [f"actor{n}" for n in range(12)]
    for _ in range(count):
        text = " ".join(rng.sample(WORDS, 3))
        if rng.random() < 0.3:
            text = f"{rng.choice(people)}: {text}"
        author = None if rng.random() < 0.05 else rng.choice(people)
        yield author, text


def test_every_column_has_a_name_of_its_own():
    names = feature_names()
    assert len(set(names)) == len(names)
    assert play(Scene({}), [("a", "x")]).features.shape == (1, len(names))


def test_the_line_itself_is_the_first_candidate():
    pairs = play(Scene({}), [("a", "x"), ("b", "y"), ("a", "z")])
    assert pairs.positions.tolist() == [2, 0, 1]
    assert of(pairs, "starts").tolist() == [1, 0, 0]


def test_an_addressed_person_is_seen_on_both_sides():
    rows = [
        ("romeo", "hello"),
        ("juliet", "romeo: who is there"),
        ("romeo", "juliet: i"),
    ]
    pairs = play(Scene({}), rows)
    assert of(pairs, "to_them").tolist() == [0, 0, 1]
    assert of(pairs, "to_me").tolist() == [0, 0, 1]
    assert of(pairs, "same_author").tolist() == [0, 1, 0]


def test_shared_words_count_by_their_rarity():
    rows = [("a", "the crown is here"), ("b", "the ghost"), ("c", "the crown")]
    scene = Scene({"the": 0.5, "crown": 0.001})
    shared = of(play(scene, rows), "shared")
    assert shared[1] > shared[2] > shared[0] == 0


def test_later_lines_of_the_same_author_are_counted():
    rows = [("a", "x"), ("a", "y"), ("b", "z"), ("a", "w"), ("c", "v")]
    later = of(play(Scene({}), rows), "their_later")
    assert np.allclose(np.expm1(later[1:]), [2, 1, 0, 0], atol=1e-5)


def test_a_renamed_person_stays_the_same():
    scene = Scene({})
    old = scene.author("lev")
    line = MessageFeatures(None, 0.0, "=== lev is now known as leo")
    scene.add(line, pairs_of(scene, line).reading, 0)
    assert scene.author("leo") == old


def test_only_the_last_lines_are_candidates():
    pairs = play(Scene({}), random_lines(REACH + 40))
    assert len(pairs.positions) == REACH + 1
    assert pairs.positions[1] == 39


@pytest.mark.parametrize("count", [160, 333, 500])
def test_forgetting_old_lines_changes_no_feature(count, monkeypatch):
    whole = play(Scene({}), random_lines(count))
    monkeypatch.setattr(scenes, "_ROOM", 150)
    cut = play(Scene({}), random_lines(count))
    assert (whole.positions == cut.positions).all()
    assert np.allclose(whole.features, cut.features, atol=1e-5)
