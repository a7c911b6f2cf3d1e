"""Requests to the program itself."""

from app.ipc.control import app
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(app.APP_REQUESTS)


def test_the_status_of_any_version_can_be_read() -> None:
    """An older bot sends less; the screens must still say which version it is."""
    assert build(app.StatusReply, {}) == app.StatusReply()
    old = build(app.StatusReply, {"version": "0.1", "model": {"name": "tiny"}})
    assert (old.version, old.model) == ("0.1", app.ModelStatus("tiny"))
    assert old.discord.state == "off"


def test_a_month_of_usage_is_asked_for_if_nothing_else_is_said() -> None:
    assert app.UsageReport().days == 31
