import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.postprocess import (
    MAX_PARTS,
    MAX_UNITS,
    clean,
    finish,
    is_assistant_speak,
    is_copy,
    neutralise,
    preview,
    shorten,
    split,
    units,
)

NAMES = ["Mynah", "ann", "bob"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Mynah: hi there", "hi there"),
        ("mynah : hi there", "hi there"),
        ("<Mynah>: hi", "hi"),
        ("**Mynah**: hi", "hi"),
        ("hi\nann: what?\nMynah: nothing", "hi"),
        ("hi\nMynah: again", "hi"),
        ("two\nshort lines", "two\nshort lines"),
        ("hello<|im_end|>", "hello"),
        ("[INST] hello </s>", "hello"),
        ('"all quoted"', "all quoted"),
        ('"one" and "two"', '"one" and "two"'),
        ("<em>so it is</em>", "so it is"),
        ("<em>one</em> and <em>two</em>", "<em>one</em> and <em>two</em>"),
        ('"', '"'),
        ("Sure! Here's a reply in that style: lol no", "lol no"),
        ("ann: I speak for others", ""),
        ("note: this stays", "note: this stays"),
        (": well, I guess", "well, I guess"),
        ("10:46:45: oh my", "oh my"),
        ("Mynah: 09:05: hi", "hi"),
        (": D", ": D"),
        ("10:46 suits me", "10:46 suits me"),
    ],
)
def test_what_a_chat_log_leaves_behind_is_taken_out(raw, text):
    assert clean(raw, NAMES) == text


@pytest.mark.parametrize(
    "text",
    [
        "As an AI language model, I cannot have opinions",
        "How can I assist you today?",
        "I'm just an AI",
        "I'm sorry, but I can't do that",
        "I'd be happy to help!",
    ],
)
def test_assistant_speak_is_rejected(text):
    assert finish(text, "Mynah").rejected == "it spoke like an assistant"


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        ("2023-07-1 = 6E", False),
        ("41.4.2017 23:26:20", False),
        ("100!", True),
        ("868.1 MHz, bandwidth 62", True),
        ("v3 on 868", True),
    ],
)
def test_numbers_alone_are_no_line_of_a_model(text, is_said):
    assert bool(finish(text, "Mynah").parts) is is_said
    assert finish(text, "Mynah", is_trusted=True).parts == (text,)


@pytest.mark.parametrize(
    "text", ["the AI in that game is bad", "can I help you move?", "i am an airhead"]
)
def test_people_may_talk_of_such_things(text):
    assert not is_assistant_speak(text)


def test_a_copy_of_one_learned_message_is_rejected():
    learned = ["The cat sat on the mat!", "lol"]
    assert finish("the cat, sat on the mat", "M", learned=learned).rejected
    assert not is_copy("the cat sat on the mat today", learned)
    assert not is_copy("lol", learned)


def test_nothing_is_not_a_reply():
    assert finish("  <|im_end|> ", "Mynah").rejected == "it wrote nothing"


def test_mentions_lose_their_force_and_emoji_stay():
    text, notes = neutralise("@everyone <@!123> <@&4> hi @here <:cat:55> <#9> a@b.c")
    assert "@everyone" not in text and "@here" not in text
    assert "<@!123>" not in text and "<@&4>" not in text
    assert "<:cat:55>" in text and "<#9>" in text and "a@b.c" in text
    assert notes == ("made a mention harmless",)


@pytest.mark.parametrize(
    "secret",
    [
        "discord.gg/abcDEF",
        "https://discord.com/invite/abc",
        "sk-abcdefghijklmnopqrstuv",
        "M" * 24 + ".GabcdE." + "x" * 30,
        "https://discord.com/api/webhooks/1/abc",
    ],
)
def test_invites_and_secrets_are_taken_out(secret):
    assert secret not in finish(f"see {secret} ok", "M").text


@given(st.text(max_size=60).map(lambda text: f"{text}@everyone<@1>{text}"))
def test_no_text_can_ping(text):
    safe = finish(text, "M").text
    for ping in ("@everyone", "@here", "<@1>"):
        assert ping not in safe.casefold()


@given(st.text(alphabet="ab .!?\n😀é", max_size=400), st.integers(4, 60))
def test_parts_keep_the_limit_and_every_word(text, limit):
    parts = split(text, limit)
    assert all(0 < units(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_long_reply_is_split_between_sentences():
    parts = split("This is a sentence of some length. " * 90)
    assert len(parts) == 2
    assert all(part.endswith(".") and units(part) <= MAX_UNITS for part in parts)


def test_lines_are_messages_of_their_own_where_there_may_be_several():
    text = "so tired\ngoing to bed\nnight"
    assert finish(text, "Mynah", lines=3).parts == (
        "so tired",
        "going to bed",
        "night",
    )
    assert finish(text, "Mynah").parts == (text,)


def test_a_reply_is_no_flood_however_much_a_model_wrote():
    sentence = "the boats came home in the evening and nobody knew why. "
    made = finish(sentence * 1000, "Mark")
    assert len(made.parts) == MAX_PARTS
    assert f"cut to {MAX_PARTS} messages" in made.notes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("see https://a.org/Foo_(bar) ok", "see https://a.org/Foo_(bar) ok"),
        ("it is (https://a.org/Foo_(bar))", "it is (https://a.org/Foo_(bar))"),
        ("read [the docs](https://made.up/x) now", "read the docs now"),
        (
            "read [it](https://a.org/Foo_(bar)) now",
            "read [it](https://a.org/Foo_(bar)) now",
        ),
        ("that <https://made.up/x> one", "that one"),
        ("that (https://made.up/x(y)) one", "that one"),
    ],
)
def test_links_come_and_go_with_their_brackets(text, said):
    known = "https://a.org/Foo_(bar)"
    assert finish(text, "Mark", knows_link=lambda link: link == known).text == said


def test_a_link_that_nobody_wrote_is_taken_out():
    known, made_up = "https://boats.example/a", "https://boots.example/b"
    text = f"look at {known} and {made_up} there"
    made = finish(text, "Mark", knows_link=lambda link: link == known)
    assert made.text == f"look at {known} and there"


def test_astral_characters_count_twice():
    assert units("😀") == 2
    assert [units(part) for part in split("😀" * 1001)] == [2000, 2]


@pytest.mark.parametrize("cut", ["deadline", "length"])
def test_a_text_that_was_cut_ends_with_a_whole_sentence_or_is_none(cut):
    text = "One is done. The other is n"
    assert finish(text, "Mynah", cut=cut).text == "One is done."
    refused = finish("no sentence at al", "Mynah", cut=cut)
    assert refused.rejected == "it wrote no whole sentence"


def test_a_long_text_without_sentences_may_end_at_a_word_where_it_got_too_long():
    text = "so many words and never a dot nor any other en"
    long = finish(text, "Mynah", cut="length").text
    assert long == "so many words and never a dot nor any other"
    assert finish(text, "Mynah", cut="deadline").rejected


def test_a_long_reply_is_shortened_to_whole_words():
    text = "one two three. four five six seven eight"
    assert shorten(text, 5) == "one two three."
    assert shorten("one two three four five", 3) == "one two three"
    assert shorten(text, 50) == text


SECRETS = [
    "sk-proj-0123456789abcdefghij",
    "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAx.GabcdE.abcdefghijklmnopqrstuvwxyz0",
    "ghp_0123456789abcdefghij0123",
    "+49 170 1234567",
    "discord.gg/secretplace",
    "https://discord.com/api/webhooks/123456/abcdefghijk",
    "2778 Mala Vista Drive",
    "12 rue de la Paix",
    "DE89 3704 0044 0532 0130 00",
    "4111 1111 1111 1111",
    "47.66644, -122.37085",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_preview_of_an_unfinished_text_shows_the_start_of_a_secret(secret):
    text = f"he said it is {secret}"
    for end in range(len(text) + 1):
        assert secret[:4] not in preview(text[:end])


def test_a_preview_shows_whole_words_and_scripts_without_spaces():
    assert preview("hello the") == "hello"
    assert preview("天气很好") == "天气很好"
    assert preview("") == preview(" \n ") == preview("word") == ""


def test_a_spoiler_that_is_being_written_is_one_already():
    assert preview("it was ||the butler who") == "it was ||the butler||"
