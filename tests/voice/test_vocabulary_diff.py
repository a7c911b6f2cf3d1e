"""Which words a voice gained and lost."""

from app.voice.vocabulary_diff import count_words, new_words


def test_a_word_is_new_when_no_spelling_of_it_was_known():
    before = count_words(["Hello there", "good morning!"])
    after = count_words(["HELLO, Blorp", "blorp blorp", "morning zed ..."])
    assert new_words(before, after, 9) == [("blorp", 3), ("zed", 1)]
    assert new_words(before, after, 1) == [("blorp", 3)]


def test_a_voice_has_nothing_new_against_itself():
    counts = count_words(["a b c", "é 猫 :x:"])
    assert new_words(counts, counts, 9) == []
