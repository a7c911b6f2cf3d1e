"""Requests about replies."""

from app.ipc.control import replies
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(replies.REPLY_REQUESTS)


def test_a_reply_follows_the_servers_settings_unless_it_is_told_otherwise() -> None:
    asked = build(replies.Say, {"guild": "den", "text": "hi"})
    chosen = (asked.mode, asked.provider, asked.voice, asked.seed, asked.max_ms)
    assert chosen == (None,) * 5
    assert not asked.explain and asked.stream is None and asked.turns == []


def test_silence_and_a_dial_of_zero_are_different_things() -> None:
    assert build(replies.Say, {"guild": "d", "text": "", "voice": 0}).voice == 0
