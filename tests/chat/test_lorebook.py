"""The entries that the words of a talk bring up."""

import pytest

from app.chat.lorebook import Lorebook
from app.providers.base import LoreText


def brought_up(entries: dict[str, list[str]], *turns: str) -> list[str]:
    """Names of the entries that turns bring up, in order."""
    book = Lorebook(
        [(LoreText(n, f"about {n}"), words) for n, words in entries.items()]
    )
    return [book.texts[at].name for at in book.brought_up(turns)]


BOOK = {
    "rules": ["rule", "ban", "C++"],
    "cat": ["Tarrasque", "grey cat"],
    "sea": ["海", "ทะเล"],
    "always": ["*"],
    "meaning": [],
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("what is the RULE here?", ["rules"]),
        ("(ban)", ["rules"]),
        ("bananas are no rulers", []),
        ("I write c++ all day", ["rules"]),
        ("the grey cat, tarrasque", ["cat"]),
        ("the greycat", []),
        ("昨日海へ行った", ["sea"]),
        ("ไปทะเลกัน", ["sea"]),
        ("rule \ud800 cat", ["rules"]),
        ("meaning", []),
        ("*", []),
    ],
)
def test_whole_words_in_any_case_bring_up_an_entry(text: str, found: list[str]) -> None:
    assert brought_up(BOOK, text) == [*found, "always"]


def test_the_newest_turn_comes_first_and_each_entry_once() -> None:
    turns = ["a rule", "about the sea 海", "and tarrasque, by rule"]
    assert brought_up(BOOK, *turns) == ["rules", "cat", "sea", "always"]


def test_an_empty_book_brings_up_nothing() -> None:
    assert brought_up({}, "anything") == []
    assert brought_up({"a": []}, "a") == []


@pytest.mark.parametrize("word", ["(a+)+$", "[", "\\", "a|b", ".*", "\ud800", "'"])
def test_a_word_is_looked_for_as_it_is_written(word: str) -> None:
    assert brought_up({"odd": [word]}, "aaaa b ab") == []
    assert brought_up({"odd": [word]}, f"so {word} it is") == ["odd"]
