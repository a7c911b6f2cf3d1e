"""The waiting line is bounded, and no guild waits because another is loud."""

from typing import Any

import pytest

from app.core.errors import AppError
from app.runner.admission_queue import Waiting


def test_guilds_take_turns():
    line: Waiting[Any] = Waiting(10)
    for item in ("a1", "a2", "a3", "b1", "c1"):
        line.put(item[0], item)
    assert line.by_guild == {"a": 3, "b": 1, "c": 1}
    assert [line.pop() for _ in range(5)] == ["a1", "b1", "c1", "a2", "a3"]
    assert line.first() is None


def test_a_full_line_refuses():
    line: Waiting[Any] = Waiting(2)
    line.put("a", 1)
    line.put("b", 2)
    with pytest.raises(AppError, match="replies are waiting"):
        line.put("c", 3)


def test_a_loud_guild_makes_room_in_a_full_line_for_a_quiet_one():
    line: Waiting[Any] = Waiting(4)
    for number in range(4):
        assert line.put("loud", number) is None
    with pytest.raises(AppError, match="replies are waiting"):
        line.put("loud", 4)
    assert line.put("quiet", "a") == 3
    assert line.put("quiet", "b") == 2
    for guild in ("loud", "quiet"):
        with pytest.raises(AppError, match="replies are waiting"):
            line.put(guild, "c")
    assert [line.pop() for _ in range(4)] == [0, "a", 1, "b"]


def test_whoever_is_not_wanted_any_more_leaves_the_line():
    line: Waiting[Any] = Waiting(10)
    for number in range(6):
        line.put("a" if number < 3 else "b", number)
    assert line.remove(lambda number: number % 2 == 0) == [0, 2, 4]
    assert len(line) == 3
    assert line.remove(lambda number: number in (1,)) == [1]
    assert line.by_guild == {"b": 2}
