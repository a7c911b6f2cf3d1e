"""Requests about blind tests."""

from dataclasses import asdict

from app.ipc.control import blind_tests
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(blind_tests.BLIND_TEST_REQUESTS)


def test_a_pair_does_not_tell_what_made_it() -> None:
    """Whoever chooses must not know, so the reply has no place to say it."""
    pair = blind_tests.BlindReply(1, [["Ann", "hi"]], ["a", "b"])
    assert asdict(pair).keys() == {"pair", "turns", "texts"}


def test_hybrid_is_compared_with_the_model_alone_if_nothing_else_is_said() -> None:
    asked = blind_tests.Blind("den")
    assert (asked.first, asked.second) == ("hybrid", "llm")
