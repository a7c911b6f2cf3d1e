"""The linker with the constants it is shipped with."""

import pytest

from app.conversations.message_features import MessageFeatures
from app.conversations.reply_linker import Linker, constants


def link(*rows):
    """Parents of (author, text) lines, half a minute apart."""
    linker = Linker()
    made = [
        linker.link(MessageFeatures(author, 30.0 * number, text))
        for number, (author, text) in enumerate(rows)
    ]
    return [one.parent for one in made]


def test_the_first_line_starts_a_conversation():
    assert link(("romeo", "is anybody there?")) == [None]


def test_an_addressed_answer_goes_to_the_question_of_that_person():
    parents = link(
        ("romeo", "how do i mount a usb disk in ubuntu?"),
        ("tybalt", "does anyone have wireless working with a broadcom card?"),
        ("juliet", "romeo: plug it in, it should appear on the desktop"),
        ("benvolio", "tybalt: yes, you need ndiswrapper for broadcom"),
    )
    assert parents[2:] == [0, 1]


def test_notices_of_the_service_answer_nothing():
    parents = link(
        ("romeo", "hello there"),
        (None, "=== paris [~p@example.org] has joined #verona"),
    )
    assert parents[1] is None


def test_an_explicit_reply_is_believed():
    linker = Linker()
    for number in range(4):
        linker.link(MessageFeatures(f"a{number}", 30.0 * number, "some words of mine"))
    made = linker.link(MessageFeatures("b", 150.0, "to the first"), parent=0)
    assert (made.parent, made.score) == (0, 1.0)


def test_scores_are_probabilities():
    linker = Linker()
    for number in range(30):
        made = linker.link(
            MessageFeatures(f"a{number % 4}", 30.0 * number, "words and words")
        )
        assert 0 < made.score <= 1


def test_the_constants_fit_the_features():
    from app.conversations.link_features import feature_names

    assert len(constants().linear) == len(feature_names())
    assert constants().trees.feature.max() < len(feature_names())


def test_more_lines_than_a_scene_keeps_are_linked():
    linker = Linker()
    for number in range(1300):
        made = linker.link(
            MessageFeatures(f"a{number % 9}", 5.0 * number, f"line {number}")
        )
    assert made.position == 1299
    assert made.parent is None or made.parent == pytest.approx(1299, abs=100)
