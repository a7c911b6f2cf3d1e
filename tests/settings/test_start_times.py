"""Times at which the bot starts talk."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import ConfigError
from app.settings.setting_keys import from_text
from app.settings.start_times import parse

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("09:00 in #general", 7),
        ("9.00 daily in general", 7),
        ("09:00 Weekdays in <#600000000000000001>", 5),
        ("09:00 weekends in #general", 2),
        ("09:00 mon wed and friday in #a room", 3),
    ],
)
def test_a_time_has_days_and_a_channel(text: str, days: int) -> None:
    start = parse(text)
    assert (start.minute, len(start.days)) == (540, days)
    assert start.channel in ("general", "600000000000000001", "a room")


@pytest.mark.parametrize(
    "text",
    ["", "09:00", "25:00 in a", "09:60 in a", "9 in a", "09:00 someday in a",
     "09:00 moon in a", "in #general", "09:00 weekdays #general"],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text)
    assert "09:00 weekdays in #general" in (refused.value.hint or "")


def test_several_times_are_parted_by_commas() -> None:
    found = from_text("speak.start_at", "09:00 in #a, 18:30 sat sun in #b")
    assert found == ["09:00 in #a", "18:30 sat sun in #b"]
    assert from_text("speak.start_at", "never") == []
    with pytest.raises(ConfigError, match=r"speak\.start_at: 'noon in #b' is not"):
        from_text("speak.start_at", "09:00 in #a, noon in #b")


@pytest.mark.parametrize(
    ("minutes", "is_due"), [(-1, False), (0, True), (14, True), (15, False)]
)
def test_it_is_due_for_a_while(minutes: int, is_due: bool) -> None:
    due = parse("09:00 weekdays in a").due(MONDAY + timedelta(minutes=minutes))
    assert due == (MONDAY if is_due else None)


def test_it_is_not_due_on_other_days() -> None:
    assert parse("09:00 weekends in a").due(MONDAY) is None
