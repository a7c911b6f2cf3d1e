from app.settings.setting_keys import from_text
from app.settings.speak_channels import NOWHERE, may_speak_in


def test_all_channels_and_no_channel_are_two_things():
    assert may_speak_in([], "5", "hall")
    assert not may_speak_in([NOWHERE], "5", "hall")
    assert may_speak_in(["hall"], "5", "hall") and not may_speak_in(["x"], "5", "hall")
    assert from_text("speak.channels", "all") == []
    assert from_text("speak.channels", "none") == [NOWHERE]
    assert from_text("speak.channels", "#hall, <#7>") == ["hall", "7"]
