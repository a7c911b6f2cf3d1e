"""What can be told from one line."""

import pytest

from app.conversations.message_features import (
    FLAGS,
    MessageFeatures,
    forms,
    joined,
    looks_like_bot,
    read,
    renamed,
)

NAMES = {"horatio": 1, "hamlet": 2, "|ghost|": 3, "ghost": 3}


def said(text, **rest):
    return read(MessageFeatures("me", 0.0, text, **rest), NAMES)


@pytest.mark.parametrize(
    "text", ["horatio: hi", "Horatio, hi", "@horatio hi", "horatio"]
)
def test_a_name_in_front_addresses_someone(text):
    reading = said(text)
    assert reading.targets == (1,)
    assert reading.is_addressed


def test_a_name_further_on_is_a_mention():
    reading = said("i told hamlet (and horatio)")
    assert reading.targets == (2, 1)
    assert not reading.is_addressed


def test_mentions_the_service_vouches_for_come_first():
    assert said("horatio knows", mentions=("Hamlet",)).targets == (2, 1)


def test_an_unknown_name_with_a_colon_is_strange():
    assert said("laertes: have at you").has_strange_address
    assert not said("well then").has_strange_address


def test_names_are_no_words_of_the_line():
    assert said("horatio: the king is dead").words == {"the", "king", "is", "dead"}


def test_decorated_names_are_known_without_their_decoration():
    assert "ghost" in forms("|Ghost|")
    assert said("ghost: speak").targets == (3,)


def test_a_line_shows_its_marks():
    flags = dict(zip(FLAGS, said("many thanks how are you?").flags, strict=True))
    assert flags["question_mark"]
    assert flags["thanks"]
    assert not flags["link"]


def test_notices_tell_who_came_and_who_changed_names():
    assert joined("=== yorick [~y@example.org] has joined #elsinore") == "yorick"
    assert joined("=== yorick has left") is None
    assert renamed("=== lev is now known as lev-away") == ("lev", "lev-away")
    assert renamed("to be is now what") is None


def test_an_empty_line_reads_as_nothing():
    assert said("").words == frozenset()


@pytest.mark.parametrize(("name", "is_bot"), [("ubottu", True), ("botany", False)])
def test_names_of_bots(name, is_bot):
    assert looks_like_bot(name) is is_bot
