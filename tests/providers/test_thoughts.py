"""Thoughts, in every shape and cut into pieces anywhere."""

import pytest

from app.providers.base import FreshStart
from app.providers.thoughts import Thoughts

SHAPES = {
    "tags": "<think>why not</think>\n\nhello all",
    "tags in capitals": "<Thinking>why not</THINKING>hello all",
    "a lone end": "why not\n</think>\n\nhello all",
    "two thoughts": "<think>why</think><think>not</think>hello all",
    "magistral": "[THINK]why not[/THINK]hello all",
    "gemma": "<|channel>thought\nwhy not<channel|>hello all",
    "harmony": (
        "<|channel|>analysis<|message|>why not<|end|><|start|>assistant"
        "<|channel|>final<|message|>hello all<|return|>"
    ),
    "harmony without marks": "analysisWhy not?assistantfinalhello all",
    "no thought": "hello all",
}


def _said(text: str, size: int) -> tuple[str, Thoughts]:
    thoughts, shown = Thoughts(), ""
    for start in range(0, len(text), size):
        piece = thoughts.feed(text[start : start + size])
        shown = piece if isinstance(piece, FreshStart) else shown + piece
    return shown + thoughts.end(is_whole=True), thoughts


@pytest.mark.parametrize("shape", SHAPES)
def test_a_thought_is_never_said_however_it_is_cut(shape):
    for size in range(1, len(SHAPES[shape]) + 1):
        shown, thoughts = _said(SHAPES[shape], size)
        assert shown == thoughts.answer == "hello all", size


def test_a_thought_that_never_ends_is_no_answer():
    assert _said("<think>why not, I wonder", 4)[0] == ""


def test_hearts_emoji_and_brackets_are_said():
    for text in ("i <3 you", "<:cat:123> [yes] a < b", "[TH", "<"):
        assert _said(text, 1)[0] == text


def test_a_prompt_that_opens_the_thought_hides_it_until_it_ends():
    thoughts = Thoughts(begins_inside=True)
    assert thoughts.feed("why not ") == ""
    assert thoughts.feed("</think>hello") == "hello"
    unended = Thoughts(begins_inside=True)
    assert unended.feed("hello") == ""
    assert unended.end(is_whole=True) == "hello"
