"""Asking for a summary, and what is kept of the answer."""

import pytest

from app.chat import summary
from app.core.token_estimate import estimate_tokens
from app.providers.base import Turn

TURNS = [Turn("Ann", f"line {n} of the talk", message=n) for n in range(30)]


def test_the_earlier_summary_goes_into_the_new_one():
    text = summary.ask("Ann told of her cat.", TURNS, "Mynah", 2000)
    assert "(Before: Ann told of her cat.)" in text
    assert text.index("line 0") < text.index("line 29")
    assert text.endswith(":")


def test_a_small_context_reads_the_newest_turns():
    text = summary.ask("", TURNS, "Mynah", 120)
    assert estimate_tokens(text) <= 130
    assert "line 29" in text and "line 0 " not in text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (' Ann and Bob\n spoke of cats. "', "Ann and Bob spoke of cats."),
        ("Ann spoke of cats. Bob then", "Ann spoke of cats."),
        ("no end but long enough", "no end but long enough"),
        ("short", ""),
        ("", ""),
    ],
)
def test_a_summary_is_one_line_of_whole_sentences(written, kept):
    assert summary.clean(written) == kept


def test_a_long_summary_ends_at_a_sentence():
    text = summary.clean("They talked about it. " * 60)
    assert len(text) <= summary.MOST_CHARS and text.endswith(".")
