"""Requests to forget."""

from app.ipc.control import forget
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(forget.FORGET_REQUESTS)


def test_nothing_is_forgotten_unless_it_is_named() -> None:
    asked = build(forget.Forget, {"guild": "den"})
    assert (asked.messages, asked.author, asked.channel) == ([], None, None)
    assert not (asked.everything or asked.undo or asked.prove)
