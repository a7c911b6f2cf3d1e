"""The words of a fused reply: their messages, and the voice's share in them."""

from app.core.xray import UNKNOWN
from app.ipc.inference import TokenChoice
from app.providers.base import Used, WordShare
from app.providers.local.fused_words import shares, sources
from app.replies.request import percents

TEXT = "the old sea was calm"


def chosen(start, end, *places, voice=0.5, since=None):
    since = start if since is None else since
    return TokenChoice(start, end, voice, since, [[*place] for place in places])


def test_tokens_that_follow_each_other_in_a_message_are_one_run():
    choices = [
        chosen(0, 3),
        chosen(3, 7, (5, 100), since=0),
        chosen(7, 11, (5, 101), (8, 40), since=3),
        chosen(11, 15, (5, 102)),
    ]
    assert sources(TEXT, choices) == (
        Used(5, 4, "the old sea was"),
        Used(8, 2, "old sea"),
    )


def test_words_from_two_places_of_a_message_are_no_run():
    choices = [chosen(0, 7, (5, 100)), chosen(7, 11, (5, 300))]
    assert sources(TEXT, choices) == (Used(5, 2, "the old"),)


def test_a_part_of_a_word_counts_as_a_word():
    assert sources(TEXT, [chosen(4, 6, (5, 1))]) == (Used(5, 1, "ol"),)


def test_a_word_has_the_mean_share_of_its_letters():
    choices = [
        chosen(0, 3, voice=1.0),
        chosen(3, 5, voice=0.0),
        chosen(5, 7, voice=0.9),
    ]
    assert shares(TEXT, choices) == (WordShare("the", 1.0), WordShare("old", 0.6))


def test_words_keep_their_shares_when_others_are_cut_or_changed():
    told = [WordShare(word, at / 10) for at, word in enumerate(TEXT.split())]
    assert percents("the old sea", told) == [0, 10, 20]
    assert percents("old @everyone calm", told) == [10, UNKNOWN, 40]
    assert percents("anything", []) == []
