"""Voice messages of the bot."""

from base64 import b64encode
from collections.abc import Coroutine
from typing import Any

from tests.discord_stand_in import rights, rules
from tests.discord_stand_in.payloads import IS_VOICE_MESSAGE
from tests.discord_stand_in.raw import Raw

SOUND = b"OggS a sound"


def shape(points: int = 20, seconds: float = 2.0) -> dict[str, object]:
    waveform = b64encode(bytes(points)).decode()
    return {"id": 0, "waveform": waveform, "duration_secs": seconds}


def _speak(raw: Raw, *files: bytes, **more: object) -> Coroutine[Any, Any, int]:
    told = {"flags": IS_VOICE_MESSAGE, "attachments": [shape()]} | more
    return raw.send_file(raw.general, *(files or (SOUND,)), **told)


async def a_voice_message_needs_its_right(raw: Raw) -> None:
    assert await _speak(raw) == rules.NO_VOICES
    raw.allow(rights.SEND_VOICES)
    assert await _speak(raw) == 0


async def a_voice_message_has_nothing_else(raw: Raw) -> None:
    raw.allow(rights.SEND_VOICES | rights.EMBED_LINKS)
    assert await _speak(raw) == 0
    assert await _speak(raw, content="hi") == rules.VOICE_MORE
    assert await _speak(raw, embeds=[{"title": "x"}]) == rules.VOICE_MORE


async def a_voice_message_has_one_sound(raw: Raw) -> None:
    raw.allow(rights.SEND_VOICES)
    assert await _speak(raw) == 0
    both = [shape(), shape()]
    assert await _speak(raw, SOUND, SOUND, attachments=both) == rules.VOICE_FILES
    assert await _speak(raw, b"a crab") == rules.VOICE_FILES


async def a_voice_message_tells_its_shape(raw: Raw) -> None:
    raw.allow(rights.SEND_VOICES)
    assert await _speak(raw, attachments=[shape(256)]) == 0
    wrong = (shape(257), shape(0), shape(seconds=0), {"id": 0})
    for one in (*wrong, shape() | {"waveform": "not base64"}):
        assert await _speak(raw, attachments=[one]) == rules.VOICE_DATA, one


async def nobody_edits_a_voice_message(raw: Raw) -> None:
    voice = {"flags": IS_VOICE_MESSAGE}
    body = await raw.stand_in.rest.keep_message(raw.general, voice)
    path = f"/channels/{raw.general.id}/messages/{body['id']}"
    assert await raw.code("PATCH", path, {"content": "x"}) == rules.VOICE_FIXED
