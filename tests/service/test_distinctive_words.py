"""A voice's own words."""

from app.service.words.distinctive_words import own_phrases, own_words


def test_a_word_is_its_own_when_it_is_said_often_and_not_everywhere():
    texts = ["blorp, good morning"] * 3 + ["that's good"] * 9 + ["zzyx!"] * 2
    assert own_words(texts, 5) == [("blorp", 3)]


def test_a_word_counts_once_a_message():
    assert own_words(["blorp blorp blorp", "blorp", "blorp"], 5) == [("blorp", 3)]


def test_a_phrase_beats_the_same_words_by_chance():
    texts = ["pizza of doom again"] * 5
    texts += ["pizza with tea", "the doom march", "again and again", "of the sea"] * 5
    assert own_phrases(texts, 1) == [("pizza of doom again", 5)]


def test_a_part_of_a_phrase_is_left_out_and_so_are_stop_words():
    texts = ["in the wild goose chase"] * 4 + ["it is in the"] * 9
    found = dict(own_phrases(texts, 20))
    assert "goose chase" not in found and "in the" not in found
    assert "the wild goose chase" in found


def test_nothing_said_has_nothing_of_its_own():
    assert own_words([], 5) == [] and own_phrases(["", "🦜"], 5) == []
