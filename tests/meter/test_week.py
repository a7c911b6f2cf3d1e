from random import Random

import pytest

from app.meter.advice import Tuned, advise
from app.meter.assistant import share, sounds_like_assistant
from app.meter.week import SpokenReply, Week, measure
from app.voice.voice import Voice
from app.voice.word_tokenizer import split

MEMBERS = ["lol no way", "gg ez", "who plays tonight", "not me", "server is down"] * 20
HELP_DESK = [
    "Certainly! I would be happy to help you with that.",
    "It's important to remember that every server is different.",
    "I understand your concern. Let me know if you have questions.",
] * 5


def week_of(texts: list[str]) -> Week:
    said = [SpokenReply(text, 100.0 * n, (-1) ** n) for n, text in enumerate(texts, 1)]
    voice = Voice.empty()
    for row, text in enumerate(MEMBERS, 1):
        voice.learn(row, text)
    return measure(said, MEMBERS, split, voice.holds, voice.repeats, 0.7, Random(1))


def test_a_week_holds_every_figure():
    week = week_of(["gg no way", "who is down", "server plays lol"] * 4)
    assert (week.replies, week.messages) == (12, 100)
    assert week.alike is not None and week.alike > 0.6
    assert week.assistant == 0
    assert week.relevance == 0.7
    assert week.milliseconds == pytest.approx(650)
    assert (week.liked, week.disliked) == (6, 6)
    assert week.repeated == 9 / 12


def test_a_week_without_replies_has_no_figures():
    assert week_of([]) == Week(messages=100)


def test_lines_of_members_are_copied_and_runs_of_them_are_not():
    assert week_of(["who plays tonight"] * 8).copied == 1
    assert week_of(["who plays server"] * 8).copied == 0


def test_a_drift_into_assistant_speak_is_an_alarm_that_turns_the_dial():
    week = week_of(HELP_DESK)
    assert week.assistant == 1
    first, *_ = advise(week, [], Tuned(dial=50))
    assert first.is_alarm
    assert first.remedy == "turn reply.dial up, from 50 to 65"


def test_the_remedy_depends_on_what_is_set():
    week = week_of(HELP_DESK)
    model = advise(week, [], Tuned(mode="llm"))[0].remedy
    full = advise(week, [], Tuned(dial=90))[0].remedy
    assert "hybrid" in model and "persona" in full


def test_sounding_less_alike_than_before_is_an_alarm():
    before = [Week(replies=30, alike=0.9), Week(replies=30, alike=0.8)]
    found = advise(Week(replies=30, alike=0.7), before, Tuned())
    assert [one.is_alarm for one in found] == [True]
    assert not advise(Week(replies=30, alike=0.8), before, Tuned())


def test_long_copied_repeated_slow_and_disliked_replies_each_have_a_remedy():
    week = Week(
        replies=40, words=40, words_members=6, copied=0.3, repeated=0.3,
        slowest=9000, relevance=0.5, liked=1, disliked=6,
    )  # fmt: skip
    remedies = " ".join(one.remedy for one in advise(week, [], Tuned()))
    for word in ("max_words to 12", "max_run", "temperature", "smaller", "blind test"):
        assert word in remedies
    assert "dial down, from 50 to 35" in remedies


def test_too_few_replies_give_no_advice():
    assert not advise(Week(replies=3, alike=0.1, assistant=1.0), [], Tuned())


@pytest.mark.parametrize(
    "text",
    ["sure, gg", "let me know when you are on", "i feel free", "course it is", "1. e4"],
)
def test_members_do_not_sound_like_an_assistant(text: str):
    assert not sounds_like_assistant(text)


def test_the_share_counts_lines():
    assert share([*HELP_DESK[:3], "lol"]) == 0.75
    assert share([]) == 0
