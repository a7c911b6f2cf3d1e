"""Words that are never said, and what only looks like them."""

import time

import pytest

from app.core.errors import ConfigError
from app.core.never_said import NeverSaid

WORDS = (
    "frak", "gorram*", "*smeg*", "two words", "1488", "🍆", "バカ", "bake", "pussy",
    "ass", "so", "дурак",
)  # fmt: skip

SAID = (
    "frak", "FRAK!", "frakking", "fraks", "frak's", "fr4k", "FRÀK", "fraaaak",
    "frаk",  # with a Cyrillic letter
    "f r a k", "f  r  a  k", "f r a k s", "f.r.a.k", "f-r-a-k", "f**rak**",
    "f\nr\na\nk",
    "||fr||ak", "frak_you", "go:frak", "fr\u200bak", "fr\u00adak", "f\u0336r\u0336ak",
    "f\u3164rak", "𝖋𝖗𝖆𝖐", "ｆｒａｋ", "ᶠʳᵃᵏ", "🇫🇷🇦🇰", "🅵🆁🅰🅺", "<:frak:123>",
    "gorrammit", "thesmegs", "two  words", "two-words", "88 1488 14", "x 🍆🍆",
    "本当にバカだ", "baking", "baked", "pussies", "a s s", "a$$", "ass.", "50 50 $o",
    "старый дурак", "дypак",
)  # fmt: skip

UNSAID = (
    "", "frame", "fra", "frakture", "fork", "asset", "assess", "class", "pass", "sofa",
    "as some do", "grass", "compass", "smog", "14", "50", "50 50", "two", "word two",
    "fra k", "f r a", "a shark", "🍅", "カバ", "baker's"[:3], "дура к",
)  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_a_word_is_found_however_it_is_written(text: str) -> None:
    assert NeverSaid(WORDS).found_in(text)
    assert NeverSaid(WORDS).found_in(f"well, {text} it is")


def test_an_emoji_is_found_without_its_invisible_part_and_a_flag_is_no_word() -> None:
    heart, flag = NeverSaid(("\u2764\ufe0f",)), NeverSaid(("\U0001f1ee\U0001f1f3",))
    assert heart.found_in("I \u2764 you") and heart.found_in("I \u2764\ufe0f you")
    assert flag.found_in("greetings from \U0001f1ee\U0001f1f3")
    assert not flag.found_in("we are in it")


@pytest.mark.parametrize("text", UNSAID)
def test_other_words_are_left_alone(text: str) -> None:
    assert not NeverSaid(WORDS).found_in(text)


@pytest.mark.parametrize("text", SAID)
def test_a_growing_text_never_shows_a_part_of_a_word(text: str) -> None:
    words = NeverSaid(WORDS)
    for start in ("", "well, "):
        whole, shown = start + text, ""
        for end in range(len(whole) + 1):
            ready = words.speakable(whole[:end])
            assert ready.startswith(shown) or shown.startswith(ready)
            assert not words.found_in(ready)
            shown = max(shown, ready, key=len)
        assert not words.found_in(shown)


@pytest.mark.parametrize("text", ["a fine day", "the frame of the class"])
def test_what_becomes_no_word_is_shown_in_the_end(text: str) -> None:
    assert NeverSaid(WORDS).speakable(f"{text}, I mean") == f"{text}, I mean"
    assert NeverSaid([]).speakable(text) == text


@pytest.mark.parametrize("word", ["", "*", "...", " * "])
def test_an_entry_without_a_letter_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match="cannot find"):
        NeverSaid([word])


def test_200_long_words_fit_and_many_more_are_refused() -> None:
    words = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}longer" for n in range(400)]
    NeverSaid(words[:200])
    with pytest.raises(ConfigError, match="too many words"):
        NeverSaid(words * 3)


@pytest.mark.parametrize("piece", ["5 0 ", "f.r.a.", "a", "f r a ", "\ufdfa", "🇫"])
def test_a_hostile_text_takes_time_in_proportion(piece: str) -> None:
    words = NeverSaid(WORDS)
    times = []
    for count in (2000, 8000):
        began = time.process_time()
        words.found_in(piece * count)
        words.speakable(piece * count)
        times.append(time.process_time() - began)
    assert times[1] < 10 * times[0] + 0.05
