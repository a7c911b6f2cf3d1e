"""What a request to the cloud is made of."""

from dataclasses import replace

from app.core.names import GuildId
from app.providers.base import LoreText, Prompt, Turn
from app.providers.openai.cloud_prompt import render, words_of

JPEG = b"\xff\xd8\xff a picture"
MAIL = "jane.doe@example.co.uk"


def test_no_secret_goes_to_the_cloud_whatever_part_holds_it():
    line = f"write to {MAIL} about it"
    prompt = Prompt(
        GuildId(1),
        "talk",
        "Mynah",
        (Turn("ann", line), Turn("Mynah", line, is_bot=True), Turn(MAIL, "hi")),
        mode="hybrid",
        examples=(line,),
        drafts=(line,),
        moments=((Turn("ben", line),),),
        summary=line,
        lore=(LoreText("mail", line),),
    )
    sent = str(render(prompt))
    assert MAIL not in sent and sent.count("write to …") == 7
    for has_system in (True, False):
        asked = str(render(replace(prompt, task="Sum up."), has_system=has_system))
        assert MAIL not in asked and asked.count("write to …") == 2
        assert "Sum up." in asked


def test_the_turn_that_is_answered_has_the_picture_with_or_without_a_system_turn():
    turns = (Turn("ann", "hi"), Turn("ben", "look", pictures=(JPEG, JPEG)))
    prompt = Prompt(GuildId(1), "talk", "Mynah", turns)
    for has_system in (True, False):
        *_, last = render(prompt, has_system=has_system)
        assert isinstance(last["content"], list)
        assert [part["type"] for part in last["content"]] == [
            "text", "image_url", "image_url",
        ]  # fmt: skip
        assert "ben: look" in words_of(last)


def test_a_servers_own_emoji_are_told_by_their_names():
    line = "nice <:wave:123456789012345678> <a:dance:123456789012345678> <:no>"
    prompt = Prompt(GuildId(1), "talk", "Mynah", (Turn("ann", line),))
    assert "ann: nice :wave: :dance: <:no>" in words_of(render(prompt)[-1])
