"""The catalogue of a runner."""

import pytest

from app.ipc import control, inference
from app.ipc.wire import WireError, build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(inference.REQUESTS, inference.NOTIFICATIONS)


def test_a_generation_is_the_models_own_unless_a_voice_is_given() -> None:
    told = {"stream": 1, "conversation": "7:3", "prompt": "Ann: hi\n"}
    asked = build(inference.Generate, told)
    assert (asked.voice, asked.dial, asked.adapter, asked.channels) == (
        None,
        0,
        None,
        None,
    )
    assert asked.stop == ["\n"] and asked.lines == 1


def test_no_channel_and_all_channels_are_different_things() -> None:
    told = {"stream": 1, "conversation": "7:3", "prompt": ""}
    assert build(inference.Generate, {**told, "channels": []}).channels == []
    with pytest.raises(WireError, match="channels"):
        build(inference.Generate, {**told, "channels": ["general"]})


def test_a_generation_is_stopped_by_its_number() -> None:
    assert build(inference.CancelGenerate, {"stream": 5}).stream == 5
    with pytest.raises(WireError):
        build(inference.CancelGenerate, {})


def test_the_bot_and_the_runner_speak_of_no_secret() -> None:
    """The runner runs native code, and must never hold a token or a key."""
    names = {name for kind in inference.REQUESTS for name in kind.__dataclass_fields__}
    assert not names & {"token", "key", "api_key", "bot_token", "openai_key"}
    assert not {*map(str, inference.REQUESTS)} & {*map(str, control.REQUESTS)}
