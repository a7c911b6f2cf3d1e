import time
from dataclasses import replace
from random import Random

import pytest

from app.chat.reply_trigger import (
    Decision,
    HeardMessage,
    Recent,
    decide,
    find_wake_word,
)
from app.settings.speech_sections import SpeakSettings

CALLED = HeardMessage("1", "hey you", mentions_bot=True)


def ask(
    heard: HeardMessage = CALLED,
    recent: Recent = Recent(),  # noqa: B008
    hour: int = 12,
    **speak,
) -> Decision:
    return decide(heard, recent, SpeakSettings(**speak), hour * 60, Random(1))


def test_a_mention_is_answered_and_says_why():
    assert ask() == Decision(True, "mention", "it was mentioned")


def test_a_reply_to_the_bot_is_answered():
    assert ask(HeardMessage("1", "no", replies_to_bot=True)).kind == "reply"


def test_nothing_calls_it_and_it_keeps_quiet():
    decision = ask(HeardMessage("1", "hello"))
    assert not decision.speak
    assert decision.reason == "nothing called it"


def test_bots_are_never_answered_even_when_they_mention_it():
    assert not ask(HeardMessage("1", "hi", is_bot=True, mentions_bot=True)).speak


def test_one_trigger_has_one_reply_for_ever():
    for call in (HeardMessage("1", "", is_command=True), CALLED):
        decision = ask(replace(call, is_answered=True))
        assert not decision.speak
        assert "already" in decision.reason


def test_mentions_can_be_switched_off():
    assert not ask(mentions=False).speak


def test_wake_words_are_whole_words_in_any_case():
    assert find_wake_word("hey MYNAH!", ["mynah"]) == "mynah"
    assert find_wake_word("mynahs fly", ["mynah"]) is None
    assert find_wake_word("(c++) rocks", ["C++"]) == "C++"
    assert ask(HeardMessage("1", "ok mynah"), wake_words=["mynah"]).kind == "wake word"


def test_the_follow_up_window_ends():
    heard = HeardMessage("1", "and then?")
    assert ask(heard, Recent(seconds_since_spoke=20), follow_up_seconds=30).speak
    assert not ask(heard, Recent(seconds_since_spoke=31), follow_up_seconds=30).speak


def test_join_in_follows_its_rate():
    speak = SpeakSettings(join_in=0.25)
    rng = Random(7)
    heard = HeardMessage("1", "hello")
    spoken = sum(decide(heard, Recent(), speak, 720, rng).speak for _ in range(2000))
    assert 430 <= spoken <= 570


def test_a_person_who_opted_out_is_never_drawn_in():
    heard = HeardMessage("1", "hi", has_opted_out=True)
    recent = Recent(seconds_since_spoke=1)
    assert not ask(heard, recent, join_in=1.0, follow_up_seconds=60).speak


@pytest.mark.parametrize(
    ("recent", "speak", "words"),
    [
        (Recent(replies_last_minute=30), {}, "in a minute"),
        (Recent(is_hushed=True), {}, "quiet"),
        (Recent(seconds_since_author=0.5), {}, "this person"),
        (Recent(), {"channels": ["2", "games"]}, "channel"),
        (Recent(), {"quiet_hours": "11-13"}, "quiet hours"),
    ],
)
def test_every_refusal_of_a_mention_has_its_reason(recent, speak, words):
    decision = ask(CALLED, recent, **speak)
    assert not decision.speak
    assert words in decision.reason
    assert decision.kind == "mention"


def test_commands_pass_quiet_hours_but_not_the_rate_limit():
    command = HeardMessage("1", "", is_command=True)
    assert ask(command, quiet_hours="0-23").speak
    assert not ask(command, Recent(replies_last_minute=30)).speak


def test_an_old_mention_is_not_answered_after_downtime():
    assert not ask(HeardMessage("1", "hi", mentions_bot=True, age_seconds=301)).speak


def test_channels_may_be_named_or_numbered():
    heard = HeardMessage("77", "hi", channel_name="games", mentions_bot=True)
    assert ask(heard, channels=["games"]).speak
    assert ask(heard, channels=["77"]).speak


def test_no_message_keeps_the_search_for_wake_words_busy():
    words = [f"{'a ' * 49}{number:02}" for number in range(50)]
    began = time.thread_time()
    assert find_wake_word("a " * 3_000, words) is None
    assert find_wake_word("A " * 3_000 + "49", words) == words[49]
    assert time.thread_time() - began < 1
