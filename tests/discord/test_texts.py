import pytest

from app.core.time_units import parse_duration
from app.discord.messages import prefix_action
from app.discord.texts import cut, pages, quote


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("!mark", "speak"),
        ("!MARK  Train", "train"),
        ("!mark tts", "tts"),
        ("!mark what is up", None),
        ("!marker", None),
        ("hey !mark", None),
        ("", None),
    ],
)
def test_the_message_form_is_a_prefix_and_at_most_one_known_word(
    text: str, action: str | None
) -> None:
    assert prefix_action(text, "!mark") == action


def test_an_empty_prefix_switches_the_message_form_off() -> None:
    assert prefix_action("", "") is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("20m", 1200), ("8h", 28800), ("1d", 86400), ("5", 300), ("x", None)],
)
def test_durations_are_read_as_people_write_them(
    text: str, seconds: float | None
) -> None:
    assert parse_duration(text) == seconds


def test_quotes_are_one_line_without_markup_and_never_too_long() -> None:
    assert quote("a\n*b*") == r"a \*b\*"
    assert len(quote("x" * 500)) == 120


def test_pages_break_at_lines_and_keep_within_the_limit() -> None:
    lines = ["a" * 30, "b" * 30, "c" * 90]
    assert pages(lines, 70) == ["a" * 30 + "\n" + "b" * 30, cut("c" * 90, 70)]
