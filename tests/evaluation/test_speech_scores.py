"""How replies are worded: each score tells good replies from bad ones."""

import pytest

from app.chat.persona_rules import rules_in
from app.evaluation.speech_scores import (
    Replied,
    SpeechScores,
    distinct_pairs,
    keeps,
    mean,
    scores,
)

KNOWN = frozenset("where have you been all this time my friend".split())
GERMAN = ("wo bist du denn die ganze zeit gewesen",)


def score(*texts: str, turns: tuple[str, ...] = GERMAN, persona: str = ""):
    replies = [
        Replied(text, turns, has_sources=at == 0) for at, text in enumerate(texts)
    ]
    return scores(replies, lambda word: word.casefold() in KNOWN, persona)


def test_a_reply_in_another_language_than_the_talk_counts_against_it():
    german, english = "ich war nur kurz einkaufen", "where have you been all this time"
    assert score(german, english).language == 0.5
    assert score("ok", "😀").language is None


def test_words_that_nobody_used_are_invented():
    assert score("where have you bzrglmph").invented == pytest.approx(1 / 3)
    assert score("gewesen my friend").invented == 0


def test_a_line_said_back_is_an_echo():
    assert score("Wo bist du denn, die ganze Zeit gewesen?", "nein").echo == 0.5


def test_variety_falls_with_repetition():
    assert distinct_pairs(["a b c", "d e f"]) == 1
    assert distinct_pairs(["a b c"] * 4) == 0.25


def test_rules_of_the_persona_and_sources_are_counted():
    found = score("no capitals here", "Some Capitals", persona="never uses capitals")
    assert found.persona == 0.5 and found.sources == 0.5
    assert score("whatever").persona is None
    assert not keeps(rules_in("at most 3 words"), "one two three four")
    assert not keeps(rules_in("answers in German only"), "where have you been all day")


def test_the_mean_leaves_out_what_could_not_be_told():
    one = SpeechScores(None, 0.0, 0.0, 1.0, 0.5, 0.0)
    two = SpeechScores(0.5, 0.2, 0.0, 0.5, None, 1.0)
    assert mean([one, two]) == SpeechScores(0.5, 0.1, 0.0, 0.75, 0.5, 0.5)
