from app.chat.example_selection import by_words, choose, topic
from app.providers.base import Turn
from app.providers.keywords import keywords

TURNS = [Turn("ann", "my raspberry pi will not boot"), Turn("bob", "which sd card?")]


def test_keywords_are_the_telling_ones():
    assert keywords("What do you think about the raspberry cake?") == [
        "raspberry",
        "cake",
    ]
    assert keywords("the and for 1234 ok") == []


def test_the_topic_begins_with_the_newest_turn():
    assert topic(TURNS).split()[0] == "card"
    assert "raspberry" in topic(TURNS)
    assert topic([Turn("Mynah", "bananas everywhere", is_bot=True)]) == ""


def test_rare_shared_words_make_a_text_close():
    texts = ["the sd card died on me", "which is which", "nice weather today", "a pi"]
    scores = by_words(TURNS)(texts)
    assert scores[0] == max(scores)
    assert scores[2] == 0


def test_chosen_texts_are_close_different_and_the_best_comes_last():
    texts = [
        "buy a better sd card",
        "buy a better sd card!",
        "mine would not boot either",
        "nothing to do with it at all",
        "x",
        "sd card " * 100,
    ]
    chosen = choose(texts, by_words(TURNS), 2)
    assert len(chosen) == 2
    assert len({text.rstrip("!") for text in chosen}) == 2
    assert "nothing to do with it at all" not in chosen
    assert choose([], by_words(TURNS), 2) == ()
