import subprocess
import sys

import pytest

from app.core.errors import ConfigError
from app.core.patterns import Patterns, split
from app.settings.setting_keys import from_text


def test_a_pattern_that_would_backtrack_for_ever_is_done_at_once():
    code = (
        "from app.core.patterns import Patterns;"
        "print(Patterns('p', ['(a+)+$']).found_in('a' * 27 + '!'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30
    )
    assert done.stdout == "False\n", done.stderr


@pytest.mark.parametrize("pattern", ["a(?=b)", "(?<!a)b", r"(a)\1", "(?!x)"])
def test_what_needs_backtracking_is_refused_with_the_reason(pattern: str):
    with pytest.raises(ConfigError, match="look-arounds and backreferences"):
        Patterns("learn.patterns", [pattern])


def test_a_broken_pattern_and_too_large_ones_are_refused():
    with pytest.raises(ConfigError, match=r"missing \]"):
        Patterns("learn.patterns", ["["])
    with pytest.raises(ConfigError, match="too large"):
        Patterns("learn.patterns", ["(?:.?){900}x"] * 20)


def test_case_and_unpaired_surrogates_do_not_matter():
    assert Patterns("p", ["nitro"]).found_in("free NITRO \ud800")


def test_commas_inside_brackets_belong_to_the_pattern():
    assert split(r"a{1,3}, [,;]x,\,y") == ["a{1,3}", " [,;]x", r"\,y"]


def test_a_list_of_words_too_long_to_look_for_is_refused_where_it_is_set():
    found = from_text("learn.words", ", ".join(["spoiler", "naïve"]))
    assert found == ["spoiler", "naïve"]
    with pytest.raises(ConfigError, match=r"learn\.words is too large"):
        from_text("learn.words", ",".join(f"{n}" + "word" * 900 for n in range(10)))
    with pytest.raises(ConfigError, match="100 characters"):
        from_text("speak.wake_words", "wake" * 26)
