from app.meter.novelty import longest_run, novelty, repeated
from app.voice.voice import Voice
from app.voice.word_tokenizer import split


def voice() -> Voice:
    made = Voice.empty()
    made.learn(1, "one two three four five six seven eight nine ten")
    made.learn(2, "a b c")
    return made


def test_the_longest_run_is_that_of_one_message():
    words = "x two three four a b c five".split()
    assert longest_run(words, voice().holds) == 3


def test_a_run_over_eight_words_is_copied_and_a_message_is_whole():
    texts = ["so one two three four five six seven eight nine", "a b c", "new words"]
    found = novelty(texts, split, voice().holds, voice().repeats)
    assert (found.copied, found.whole) == (1 / 3, 1 / 3)


def test_what_was_said_twice_counts_once_and_single_words_never():
    assert repeated(["Oh no", "oh no!", "lol", "lol"]) == 0.25
