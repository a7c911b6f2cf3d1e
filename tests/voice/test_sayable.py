"""What a person would say again of a message, and marks that begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.voice.sayable import balanced, hidden_words, hide, sayable

TRACE = """Traceback (most recent call last):
  File "x.py", line 3, in f
    foo()
KeyError: 'x'
"""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("omg ||the dog was a ghost|| wow", "omg wow"),
        ("||all of it||", ""),
        ("either || or", "either || or"),
        ("try this ```py\ngit push --force\n``` ok", "try this ok"),
        ("cut off ```\nnpm run", "cut off"),
        ("> somebody else\nyes, I think so", "yes, I think so"),
        ("yes\n>>> somebody\nelse", "yes"),
        (">implying that", ">implying that"),
        ("[the wiki](https://a.example/c) says", "the wiki says"),
        ("see https://a.example/c?d=1 there", "see https://a.example/c?d=1 there"),
        (
            "see https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=3 there",
            "see there",
        ),
        ("https://s3.example/a?X-Amz-Signature=aa&X-Amz-Date=1", ""),
        ("look https://a.example/some/long/pa… there", "look there"),
        ("<:pepe:123> hi <a:wave:9>", "<:pepe:123> hi <a:wave:9>"),
        ("<:pepe:> hi <a:wave", ":pepe: hi :wave:"),
        ("hi :pepe:1234567890>", "hi :pepe:"),
        ("<:3 at 12:30:45", "<:3 at 12:30:45"),
        (f"{TRACE}can somebody help?", "can somebody help?"),
        ("\tat com.foo.Bar(Baz.java:12)\nwhy", "why"),
        ("    at f (file:///a/b.js:10:5)\nwhy", "why"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\nnice, no?", "nice, no?"),
        ("┌──┬──┐\n│ a│ b│\nnice", "nice"),
        ("name\tage\tcity\tzip\nhi", "hi"),
        ("[2024-01-01 12:00:00] INFO it began", ""),
        ("Nov 03 19:40:24 host prog[1]: it began\nhm", "hm"),
        ("[12:30] <bob> hello\nsaid bob", "said bob"),
        ("$ sudo reboot\nthat did it", "that did it"),
        ("01 02 03 04 05 06 07 08 09 10 11 12 13 14", ""),
        ("done  with   it", "done  with   it"),
        ("see you at 12:30", "see you at 12:30"),
        ("it costs $ 5", "it costs $ 5"),
    ],
)
def test_only_what_somebody_would_say_is_left(text: str, left: str) -> None:
    assert sayable(text) == left


MARKED = st.lists(st.sampled_from([*"|`*> \na:/<.1", "https://", "||", "```", "**"]))


@given(MARKED.map("".join))
def test_what_is_sayable_stays_so(text: str) -> None:
    left = sayable(text)
    assert "```" not in left
    assert left == text or left.strip() == left


def test_words_that_stood_in_spoilers_alone_stay_in_them() -> None:
    words = hidden_words(["omg ||the dog is a Ghost||", "the cat is a cat"])
    assert words == {"dog", "ghost"}
    assert hide("a ghost! the dog ghost", words) == "a ||ghost!|| the ||dog ghost||"
    assert hide("||a ghost||, no", words) == "||a ghost||, no"
    assert hide("a cat", words) == "a cat"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("**really i cried", "really i cried"),
        ("**really** i **cried", "**really** i cried"),
        ("omg ||the dog", "omg ||the dog||"),
        ("omg the dog||", "omg the dog"),
        ("try ```x", "try x"),
        ("```x``` **y** ||z||", "```x``` **y** ||z||"),
        ("**", ""),
    ],
)
def test_marks_that_begin_end(text: str, whole: str) -> None:
    assert balanced(text) == whole


@given(MARKED.map("".join))
def test_no_mark_is_left_alone(text: str) -> None:
    whole = balanced(text)
    assert balanced(whole) == whole
