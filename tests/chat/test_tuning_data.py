import json

import pytest

from app.chat.tuning_data import Examples, Given, RatedReply, make
from app.core.secret_patterns import has_secret

SYSTEM, TASK = "Write like this server.", "(Now write.)"


def said(*texts: str, channel: int = 1, every_ms: int = 1000) -> list[Given]:
    return [
        Given(channel, "AB"[n % 2], text, n * every_ms) for n, text in enumerate(texts)
    ]


def answers(examples: Examples) -> list[str]:
    rows = [*examples.train, *examples.validation]
    return [row["messages"][-1]["content"] for row in rows]


def test_each_line_is_an_answer_to_those_before_without_names():
    made = make(said("hi all", "hey", "gg?"), (), SYSTEM, TASK)
    first, second = made.train
    assert first == {
        "messages": [
            {"role": "system", "content": SYSTEM},
            {"role": "user", "content": "person1: hi all\n\n(Now write.)"},
            {"role": "assistant", "content": "hey"},
        ]
    }
    assert "person1: hi all\nperson2: hey" in second["messages"][1]["content"]
    json.dumps(made.train)


def test_who_did_not_agree_and_what_came_before_is_nowhere():
    made = make([*said("one", "two"), None, *said("three", "four")], (), SYSTEM, TASK)
    assert answers(made) == ["two", "four"]
    assert "two" not in made.train[1]["messages"][1]["content"]


def test_a_conversation_ends_with_its_channel_and_with_silence():
    assert not answers(make([*said("a"), *said("b", channel=2)], (), SYSTEM, TASK))
    assert not answers(make(said("a", "b", every_ms=3_600_000), (), SYSTEM, TASK))


def test_the_same_answer_to_the_same_line_counts_once():
    made = make(said("gg", "GG", "gg", "gg"), (), SYSTEM, TASK)
    assert (len(answers(made)), made.duplicates) == (1, 2)


def test_the_newest_tenth_is_for_validation():
    made = make(said(*map(str, range(101))), (), SYSTEM, TASK)
    assert (len(made.train), len(made.validation)) == (90, 10)
    assert made.validation[-1]["messages"][-1]["content"] == "100"
    assert made.messages == 101


@pytest.mark.parametrize(
    "text",
    [
        "mail me at jane.doe+x@example.co.uk",
        "call +49 170 1234567 tonight",
        "my number is 030 1234 5678",
        "555-123-4567",
        "token: MTA1NjQ4NzY1NDMyMTA5ODc2NQ.Gh1jKl.abcdefghijklmnopqrstuvwxyz0123456789",
        "sk-proj-abcdefghijklmnop1234",
        "ghp_abcdefghijklmnopqrstuv123456",
        "password: hunter2",
        "card 4111 1111 1111 1111",
        "192.168.178.20 is my box",
        "DE89 3704 0044 0532 0130 00",
    ],
)
def test_what_looks_private_is_left_out(text: str):
    made = make(said("hi", text, "ok"), (), SYSTEM, TASK)
    assert has_secret(text)
    assert made.private == 1
    assert not answers(made)


@pytest.mark.parametrize(
    "text",
    ["see you at 20:30", "3.5 is fine", "v1.2.3", "lol 1000000", "<:pog:123456789012>"],
)
def test_everyday_numbers_are_not_private(text: str):
    assert not has_secret(text)


def test_a_liked_and_a_disliked_reply_to_the_same_lines_are_a_pair():
    lines = ("person1: hi",)
    rated = [RatedReply(lines, "yo", 1), RatedReply(lines, "Certainly!", -1)]
    (pair,) = make((), rated, SYSTEM, TASK).preferences
    assert pair["input"]["messages"][-1]["content"].startswith("person1: hi")
    assert pair["preferred_output"] == [{"role": "assistant", "content": "yo"}]
    assert pair["non_preferred_output"][0]["content"] == "Certainly!"
    assert not make(
        (), [rated[0], RatedReply(("b",), "x", -1)], SYSTEM, TASK
    ).preferences
