"""Occasions to start talk, and what forbids it."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.chat.talk_start import StartPlace, occasion
from app.settings.speech_sections import SpeakSettings

NOW = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)
HOUR = 3600.0
AT = NOW.timestamp()
QUIET = SpeakSettings(start_after_hours=5)
TIMED = SpeakSettings(start_at=["09:00 weekdays in #general"])
ROOM = StartPlace("1", "general", said_at=AT - 6 * HOUR)


def test_nothing_starts_by_default() -> None:
    assert occasion(ROOM, SpeakSettings(), NOW) is None


@pytest.mark.parametrize(("hours", "starts"), [(4.9, False), (5.0, True), (900, True)])
def test_a_room_that_was_quiet_for_long_enough(hours: float, starts: bool) -> None:
    room = replace(ROOM, said_at=AT - hours * HOUR)
    assert (occasion(room, QUIET, NOW) is not None) == starts


def test_a_room_where_nothing_was_ever_said_is_not_quiet() -> None:
    assert occasion(StartPlace("1", "general"), QUIET, NOW) is None


def test_a_set_time_counts_in_its_channel_alone() -> None:
    start = occasion(ROOM, TIMED, NOW)
    assert start is not None
    assert (start.occasion, start.due) == ("schedule", AT - 300)
    assert occasion(StartPlace("2", "other"), TIMED, NOW) is None
    by_id = SpeakSettings(start_at=["09:00 in 1"])
    assert occasion(ROOM, by_id, NOW) is not None


@pytest.mark.parametrize("speak", [QUIET, TIMED])
@pytest.mark.parametrize(
    "why",
    [
        {"room": {"is_hushed": True}},
        {"room": {"started_at": AT - 300}},
        {"speak": {"quiet_hours": "9-10"}},
        {"speak": {"channels": ["other"]}},
        {"speak": {"channels": ["none"]}},
    ],
)
def test_what_forbids_it(speak: SpeakSettings, why: dict[str, Any]) -> None:
    room = replace(ROOM, **why.get("room", {}))
    assert occasion(ROOM, speak, NOW) is not None
    assert occasion(room, replace(speak, **why.get("speak", {})), NOW) is None


def test_a_day_later_it_starts_again_at_the_same_time() -> None:
    yesterday = AT - 300 - 24 * HOUR
    assert occasion(replace(ROOM, started_at=yesterday), TIMED, NOW) is not None


def test_a_room_that_got_quiet_again_waits_longer_than_a_set_time() -> None:
    room = replace(ROOM, started_at=AT - 9 * HOUR)
    assert occasion(room, QUIET, NOW) is None
    assert occasion(room, TIMED, NOW) is not None


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs a zone of its own")
def test_a_set_time_that_comes_twice_when_clocks_go_back_is_kept_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        speak = SpeakSettings(start_at=["02:30 in #general", "03:30 in #general"])
        # On 25 October 2026 the hour from two to three comes twice.
        first = datetime(2026, 10, 25, 2, 35, fold=0).astimezone()
        again = datetime(2026, 10, 25, 2, 35, fold=1).astimezone()
        later = datetime(2026, 10, 25, 3, 35).astimezone()
        assert (again - first).total_seconds() == HOUR
        start = occasion(ROOM, speak, first)
        assert start is not None
        room = replace(ROOM, started_at=start.due)
        assert occasion(room, speak, again) is None
        assert occasion(room, speak, later) is not None
    finally:
        monkeypatch.undo()
        time.tzset()
