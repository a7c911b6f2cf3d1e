import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.voice import vocabulary
from app.voice.vocabulary import Vocabulary

WORDS = ["the", "Hello", "hello,", "HELLO", "straße", "漢", "", "\n", "\ud800", "😂"]


@pytest.fixture
def known() -> Vocabulary:
    return Vocabulary(vocabulary.build(WORDS))


def test_each_word_has_the_number_of_its_rank(known: Vocabulary):
    assert [known.find(word) for word in WORDS] == list(range(1, len(WORDS) + 1))
    assert [known.text(at + 1) for at in range(len(WORDS))] == WORDS
    assert known.find("hello") is None
    assert len(known) == len(WORDS)


def test_words_are_alike_in_spite_of_case_and_punctuation(known: Vocabulary):
    assert known.alike("hello!", 9) == [2, 3, 4]
    assert known.alike("STRASSE", 9) == [5]
    assert known.alike("unheard", 9) == []
    assert known.alike("hello!", 2) == [2, 3]


def test_a_learned_word_gets_the_next_number_once(known: Vocabulary):
    new = known.learn("hello")
    assert new == len(WORDS) + 1 == known.learn("hello") == known.find("hello")
    assert known.text(new) == "hello"
    assert known.alike("Hello", 9) == [2, 3, 4, new]
    assert known.learn("the") == 1
    with pytest.raises(IndexError):
        known.text(new + 1)


@given(st.lists(st.text(), unique=True))
def test_any_words_are_found_again(words: list[str]):
    known = Vocabulary(vocabulary.build(words))
    for number, word in enumerate(words, 1):
        assert known.find(word) == number
        assert known.text(number) == word
        assert number in known.alike(word, len(words))


def test_a_vocabulary_without_all_its_parts_is_refused():
    arrays = vocabulary.build(WORDS)
    with pytest.raises(ValueError, match="fit"):
        Vocabulary(arrays | {"words_by_hash": np.empty(0, np.int32)})
    del arrays["word_hashes"]
    with pytest.raises(ValueError, match="word_hashes"):
        Vocabulary(arrays)
