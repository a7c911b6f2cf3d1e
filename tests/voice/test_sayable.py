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
        ("<:pepe:123456789012345678>", "<:pepe:123456789012345678>"),
        ("(╯°□°)╯︵ ┻━┻ not again", "(╯°□°)╯︵ ┻━┻ not again"),
        ("┬─┬ノ( º _ ºノ)", "┬─┬ノ( º _ ºノ)"),
        ("hi pepe:123456789012345678", "hi :pepe:"),
        ("a ````\ncode\n```` b", "a b"),
        ("x ```a ` b `` c``` y", "x y"),
        (">\n> x\nwell", "well"),
        ("see ![it](https://a.example/b.png)", "see it"),
        ('the [wiki](https://a.example/c "Wiki") says', "the wiki says"),
        ("https://a.example/x?X-Goog-Signature=aa", ""),
        ("https://a.example/x#access_token=aa", ""),
        ("name | age\n--- | ---\nbob | 3\nnice", "nice"),
        ("+---+---+\n| a | b |\n+---+---+\nnice", "nice"),
        ("NAME    READY    AGE    IP\npod     1/1      3d     ::1\nnice", "nice"),
        ("it is on.    It was mine.    I left.    Bye", None),
        ("[12:00:01] [Server thread/INFO]: Bob joined\nhi bob", "hi bob"),
        ("INFO:root:it began\nhm", "hm"),
        ("C:\\Users\\x>dir\nhm", "hm"),
        ("diff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\nmerge it", "merge it"),
        ("for (int i = 0; i < 3; i++) {\n    foo();\n}\nwhy", "why"),
        ('{"a": 1,\n "b": [1],\n "c": null}\nsee', "see"),
        ("return to sender :)", "return to sender :)"),
    ],
)
def test_only_what_somebody_would_say_is_left(text: str, left: str | None) -> None:
    assert sayable(text) == (text if left is None else left)


TRACES = [
    """Traceback (most recent call last):
  File "a.py", line 1, in <module>
    x = y
        ^
ValueError: bad

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "c.py", line 3
foo.BarError: boo""",
    """Traceback (most recent call last):
  File "a.py", line 1
KeyboardInterrupt""",
    """Exception in thread "main" java.lang.NullPointerException: Cannot invoke
\tat com.foo.Bar.baz(Bar.java:12)
\tat java.base/java.lang.Thread.run(Thread.java:829)
Caused by: java.io.IOException: x
\t... 23 more""",
    """java.lang.IllegalStateException: nope
\tat a.b.C.d(C.java:1)
\tSuppressed: java.lang.Exception""",
    """TypeError: Cannot read properties of undefined (reading 'x')
    at foo (/home/a/b.js:10:5)
    at async bar (node:internal/modules:1:2)
    at /home/a/c.js:1:2""",
    """Uncaught TypeError: x is not a function
    at <anonymous>:1:1""",
    """node:internal/modules/cjs/loader:988
  throw err;
  ^

Error: Cannot find module 'x'
    at Function._resolve (node:internal/modules/cjs/loader:985:15)""",
    """thread 'main' panicked at src/main.rs:5:10:
called `Option::unwrap()` on a `None` value
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace""",
    """panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.main()
\t/tmp/x.go:8 +0x1d
exit status 2""",
    """Unhandled exception. System.NullReferenceException: Object reference not set
   at Foo.Bar(String x) in /a/b.cs:line 12""",
    """#0  0x00007ffff7a in raise () from /lib/libc.so.6
#1  main () at x.c:3""",
    """a.rb:3:in `foo': undefined method (NoMethodError)
\tfrom a.rb:5:in `<main>'""",
]


@pytest.mark.parametrize("trace", TRACES)
def test_nothing_of_a_trace_is_left_but_what_was_said_of_it(trace: str) -> None:
    assert sayable(f"it broke again\n{trace}\nany ideas") == (
        "it broke again\nany ideas"
    )


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
        ("| ** ", "|"),
        ("``**`", ""),
        ("what the f**k, s***", "what the f**k, s***"),
        ("**what the f**k**", "**what the f**k**"),
        ("**what the f**k", "what the f**k"),
        ("oh sh** was this it", "oh sh** was this it"),
        ("what a season** and sh**, **really", "what a season and sh**, really"),
        ("2 ** 3 is 8", "2 ** 3 is 8"),
    ],
)
def test_marks_that_begin_end(text: str, whole: str) -> None:
    assert balanced(text) == whole


@given(MARKED.map("".join))
def test_no_mark_is_left_alone(text: str) -> None:
    whole = balanced(text)
    assert balanced(whole) == whole
