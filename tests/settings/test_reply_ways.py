import pytest

from app.core.errors import ConfigError
from app.settings.reply_ways import ReplyWay, are_two, parse


def test_a_way_is_a_mode_with_the_dial_of_hybrid():
    assert parse("Hybrid @70") == ReplyWay("hybrid", 70)
    assert parse("llm") == ReplyWay("llm")
    for text in ("loud", "hybrid 101"):
        with pytest.raises(ConfigError, match="is not a mode"):
            parse(text)


def test_two_ways_always_differ():
    assert are_two(["llm", "hybrid 70"]) and are_two(["hybrid 20", "hybrid 70"])
    assert not are_two(["llm"]) and not are_two(["llm", "llm 3"])
    assert not are_two(["hybrid", "hybrid 50"])
