"""What is said aloud of a reply, and what stays a text."""

import pytest

from app.chat.spoken_words import MOST_CHARACTERS, spoken


@pytest.mark.parametrize("parts, said", [
    (["the tide", "comes in"], "the tide comes in"),
    (["**the** _tide_ comes `in` ~~now~~"], "the tide comes in now"),
    (["> so they said\n# Title\nsnake_case stays"],
     "so they said Title snake_case stays"),
    (["hi <:crab:123456789012345678> <a:wave:123456789012345678>"], "hi"),
    (["well :crab: then, at 12:30:15"], "well then, at 12:30:15"),
    (["2 * 3 > 5 - 1"], "2 3 > 5 - 1"),
    (["\U0001f389"], ""),
    (["<:crab:123456789012345678>"], ""),
    (["..."], ""),
    ([], ""),
])  # fmt: skip
def test_marks_and_emoji_are_not_said(parts: list[str], said: str) -> None:
    assert spoken(parts) == said


@pytest.mark.parametrize("part", [
    "look at https://example.com/a", "see www.example.com", "HTTP://EXAMPLE.COM",
    "it was ||the butler||", "```py\nprint(1)\n```", "ask <@123456789012345678>",
    "in <#123456789012345678>", "at <t:1700000000:R>", "</mark:123456789012345678>",
    "join discord.gg/abcdef", "my key is sk-" + "a1B2" * 8, "hello @everyone",
    "a" * (MOST_CHARACTERS + 1),
], ids=[
    "link", "bare link", "capitals", "spoiler", "code", "person", "channel", "time",
    "command", "invite", "secret", "ping", "long",
])  # fmt: skip
def test_what_is_for_the_eyes_stays_a_text(part: str) -> None:
    assert spoken(["hello there", part]) == ""
