"""Cutting a text that broke off to what is whole."""

import pytest

from app.core.sentences import whole_sentences, whole_words


@pytest.mark.parametrize(
    ("cut", "kept"),
    [
        ("I like it. It is very goo", "I like it."),
        ("Really?! Yes, and then we wen", "Really?!"),
        ("no sentence ends here at al", ""),
        ("He said “stop.” and the", "He said “stop.”"),
        ("one line\nand another li", "one line"),
        ("one line\nand another. wi", "one line\nand another."),
        ("O. and", ""),
        ("1. the", ""),
        ("word", ""),
        ("", ""),
        ("version 3.11 is th", ""),
        ("好的。 然后", "好的。"),
        (" I like it. It is very goo", " I like it."),
        (" \n I like it. It is", " \n I like it."),
        ("\n and another li", ""),
    ],
)
def test_a_text_that_broke_off_ends_with_a_whole_sentence_or_is_nothing(cut, kept):
    assert whole_sentences(cut) == kept


def test_the_last_word_may_be_a_part_of_one():
    assert whole_words("no sentence here, at al") == "no sentence here, at"
    assert whole_words("so tired (no") == "so tired"
    assert whole_words("word") == "word"
