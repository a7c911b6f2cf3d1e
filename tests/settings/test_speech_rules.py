import pytest

from app.core.errors import ConfigError
from app.settings.setting_keys import from_text
from app.settings.speech_rules import NOWHERE, is_quiet, may_speak_in, quiet_span


@pytest.mark.parametrize(
    ("hours", "quiet", "loud"),
    [
        ("23-2", (23 * 60, 0, 119), (120, 22 * 60)),
        ("9-11", (540, 659), (539, 660)),
        ("23:30-07:00", (1410, 0, 419), (1409, 420)),
        ("0-24", (0, 1439), ()),
        ("", (), (180,)),
    ],
)
def test_quiet_hours_pass_midnight_and_know_minutes(hours, quiet, loud):
    assert all(is_quiet(minute, hours) for minute in quiet)
    assert not any(is_quiet(minute, hours) for minute in loud)


@pytest.mark.parametrize("hours", ["25-99", "nonsense", "7-7", "23:60-7", "24:30-7"])
def test_hours_that_no_clock_shows_are_refused(hours):
    with pytest.raises(ConfigError, match="is not a span of hours"):
        quiet_span(hours)


def test_all_channels_and_no_channel_are_two_things():
    assert may_speak_in([], "5", "hall")
    assert not may_speak_in([NOWHERE], "5", "hall")
    assert may_speak_in(["hall"], "5", "hall") and not may_speak_in(["x"], "5", "hall")
    assert from_text("speak.channels", "all") == []
    assert from_text("speak.channels", "none") == [NOWHERE]
    assert from_text("speak.channels", "#hall, <#7>") == ["hall", "7"]
