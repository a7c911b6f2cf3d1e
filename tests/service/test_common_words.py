"""What a server says more than people do in general, in its own languages."""

from collections import Counter

import pytest

from app.service.words.common_words import CommonWords
from app.service.words.distinctive_words import own_phrases, own_words

GERMAN = [
    "ich habe das heute wieder vergessen, und du weißt es auch nicht",
    "wir haben die nacht nicht geschlafen und das war der grund",
    "das ist doch nicht so schlimm, wie du es dir vorstellst",
    "kannst du mir sagen, was das mit dem schnurzelfurz auf sich hat",
    "der schnurzelfurz ist wieder da, und ich habe keine zeit",
    "ohne den schnurzelfurz war es hier aber auch ganz schön still",
]
ENGLISH = [
    "i think that a lot of people want to know what this is about",
    "i mean it was not that bad, you know what i think about it",
    "do you want to come with me or not, i don't have a lot of time",
]


@pytest.mark.parametrize(
    ("texts", "language"), [(GERMAN, "de"), (ENGLISH, "en")], ids=["German", "English"]
)
def test_the_languages_of_a_server_are_told_by_its_commonest_words(
    texts: list[str], language: str
):
    counts = Counter(word for text in texts for word in text.split())
    assert language in CommonWords(counts).languages
    assert len(CommonWords(counts).languages) <= 3


def test_common_words_of_its_language_are_no_server_s_own():
    assert own_words(GERMAN * 3, 9)[0] == ("schnurzelfurz", 9)
    found = {word for word, _ in own_words(GERMAN * 9, 30)}
    assert not found & {"ich", "und", "das", "der", "nicht", "du", "wir", "ist"}


def test_what_everybody_says_is_no_phrase_of_a_server():
    texts = [*ENGLISH * 5, *["the blorp is a lot of fun"] * 3]
    found = {phrase for phrase, _ in own_phrases(texts, 30)}
    assert not found & {"i think", "a lot of", "want to", "a lot", "i mean"}
    assert any("blorp" in phrase for phrase in found)


def test_a_word_without_its_apostrophe_is_no_other_word():
    texts = ["i dont know and thats it, cant do it"] * 9 + ENGLISH
    found = {word for word, _ in own_words(texts, 30)}
    assert not found & {"dont", "thats", "cant"}


def test_two_languages_side_by_side_are_both_known():
    found = {word for word, _ in own_words([*GERMAN, *ENGLISH * 3], 30)}
    assert not found & {"ich", "und", "the", "what", "about"}


def test_words_of_no_known_language_are_compared_with_nothing():
    assert CommonWords(Counter({"xqzt": 9})).languages == ()
    assert own_words(["xqzt blorp"] * 3, 5) == [("blorp", 3), ("xqzt", 3)]
