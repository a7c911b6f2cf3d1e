import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import ConfigError
from app.importers.filters import Filters, clean
from app.settings.learn_sections import LearnSettings

PING = re.compile(r"<@[!&]?\d+>|@everyone\b|@here\b")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello there", None),
        ("", "empty"),
        ("   \n", "empty"),
        ("!roll 20", "command"),
        ("/mark", "command"),
        ("$help", "command"),
        ("?rank @someone", "command"),
        ("t!daily", "command"),
        ("!mark train", "command"),
        ("!", None),
        ("!!! what", None),
        ("no way! really", None),
        ("... and then", None),
        (";p", None),
        (".play some song", "command"),
        (";skip", "command"),
        ("-volume 50", "command"),
        ("!!queue", "command"),
        ("!8ball am I right", "command"),
        ("!Помощь", "command"),
        ("+rank", "command"),
        ("=eval 1", "command"),
        (",fm", "command"),
        ("~help me", "command"),
        (";;play x", "command"),
        ("-p some song", "command"),
        ("m.play some song", "command"),
        ("- an item", None),
        ("+1", None),
        ("++ that", None),
        ("~LSR hears it", None),
        ("-_-", None),
        ("...ok", None),
        ("e.g. this", None),
        ("^this", None),
        ("*waves*", None),
        ("!?", None),
        (".5 is enough", None),
        ("$5 is a lot", None),
        ("/home/me/file is gone", None),
        ("https://example.org", None),
        ("<@123>", None),
    ],
)
def test_what_is_dropped_without_any_setting(text: str, reason: str | None) -> None:
    assert Filters(LearnSettings(), "!mark").reason(text) == reason


def test_the_bots_own_prefix_is_a_command_in_any_form() -> None:
    filters = Filters(LearnSettings(), "yo bird")
    assert filters.reason("Yo Bird, sing") == "command"
    assert Filters(LearnSettings(), "").reason("anything") is None


def test_bots_are_never_learned() -> None:
    assert Filters(LearnSettings(), "!m").reason("beep", is_bot=True) == "bot"


def test_a_listed_word_drops_the_message_but_not_words_that_hold_it() -> None:
    filters = Filters(LearnSettings(words=["spoiler", "c++"]), "!m")
    assert filters.reason("a SPOILER!") == "word"
    assert filters.reason("I like C++.") == "word"
    assert filters.reason("spoilers ahead") is None


def test_a_listed_word_is_found_between_letters_of_no_language() -> None:
    filters = Filters(LearnSettings(words=["été", "a b", "\ud800"]), "!m")
    assert filters.reason("first line\nÉTÉ") == "word"
    assert filters.reason("l'été.") == "word"
    assert filters.reason("étéж") == filters.reason("_été") is None
    assert filters.reason("x a b") == "word"


@pytest.mark.parametrize(
    "text",
    [
        "http://" * 5_000 + " x",
        "http://x" * 5_000 + "\n",
        "<" * 5_000 + "http://x> " * 5_000,
        "<@" + "1" * 30_000,
        "@a" * 15_000 + "!",
        "a " * 15_000,
        "!" + "a-" * 15_000,
        "@" * 30_000,
    ],
)
def test_no_message_keeps_the_filters_busy(text: str) -> None:
    """With `learn.skip_links`, 178 characters once took six seconds."""
    learn = LearnSettings(
        patterns=["(a+ ?)+$", "(@a|@)+x"],
        words=["a " * 40 + "b", "http"],
        skip_links=True,
        skip_mentions=True,
    )
    filters = Filters(learn, "!m")
    began = time.thread_time()
    filters.reason(text)
    clean(text)
    assert time.thread_time() - began < 1


def test_patterns_are_searched_in_any_case() -> None:
    filters = Filters(LearnSettings(patterns=[r"\bdiscord\.gg/\w+"]), "!m")
    assert filters.reason("join DISCORD.gg/abc now") == "pattern"


def test_a_pattern_that_is_none_is_refused_with_its_text() -> None:
    with pytest.raises(ConfigError, match=r"\(\[a"):
        Filters(LearnSettings(patterns=["([a"]), "!m")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https://example.org/x?y=1", "link"),
        ("<https://a.example> https://b.example", "link"),
        ("look: https://a.example", None),
        ("<@123> <@&5>", "mention"),
        ("@someone @other-one", "mention"),
        ("<@123> hey", None),
    ],
)
def test_lone_links_and_mentions_are_dropped_if_the_owner_says_so(
    text: str, reason: str | None
) -> None:
    learn = LearnSettings(skip_links=True, skip_mentions=True)
    assert Filters(learn, "!m").reason(text) == reason


def test_mentions_become_names() -> None:
    text = "<@1> and <@!2>, see <#3> or ask <@&4>; </mark:99> works @everyone"
    names = {"1": "Puck", "3": "woods"}
    expected = "@Puck and someone, see #woods or ask folks; /mark works everyone"
    assert clean(text, names) == expected


def test_custom_emoji_and_times_stay_as_they_are() -> None:
    text = "<:owl:123> <a:dance:5> <t:1700000000:R> a@b.example 1 < 2"
    assert clean(text) == text


def test_what_sqlite_cannot_hold_is_taken_out() -> None:
    assert clean("a\0b\ud83dc 😀") == "abc 😀"


@given(
    st.text(st.characters(), max_size=40), st.sampled_from(["<@1>", "@here", "<@&7>"])
)
def test_nothing_clean_can_ping(text: str, ping: str) -> None:
    assert not PING.search(clean(text + ping + text, {"1": ping + text}))


@pytest.mark.parametrize("text", ["@@here", "@\0everyone", "<@\ud8001>", "</@here:1>"])
def test_a_ping_cannot_be_hidden_from_the_cleaning(text: str) -> None:
    assert not PING.search(clean(text))


def test_messages_with_secrets_are_not_learned_unless_that_is_set() -> None:
    text = "write to jane@example.org about it"
    assert Filters(LearnSettings(), "!m").reason(text) == "secret"
    assert Filters(LearnSettings(secrets=True), "!m").reason(text) is None
