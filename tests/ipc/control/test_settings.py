"""Requests about settings and secrets."""

import pytest

from app.ipc.control import settings
from app.ipc.wire import WireError, build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(settings.SETTINGS_REQUESTS)


@pytest.mark.parametrize("value", [True, 0, 1.5, "", "on", ["a", "b"], [], None])
def test_a_value_keeps_its_type(value: settings.SettingValue) -> None:
    told = {"key": "k", "value": value, "origin": "default", "doc": ""}
    found = build(settings.ShownSetting, told).value
    assert found == value and type(found) is type(value)


def test_messages_leave_the_computer_only_after_a_yes() -> None:
    asked = build(settings.ConfigSet, {"key": "reply.provider", "value": "openai"})
    assert not asked.agreed


def test_a_secret_is_deleted_only_by_saying_so() -> None:
    with pytest.raises(WireError, match="value"):
        build(settings.SecretSet, {"name": "bot_token"})
    assert build(settings.SecretSet, {"name": "bot_token", "value": None}).value is None
