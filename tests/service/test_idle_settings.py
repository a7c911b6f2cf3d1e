"""A setting that has no effect with the model in use says so, and why."""

import pytest

from app.core.paths import Home
from app.ipc import control
from app.service import idle_settings
from app.service.service import Service, open_service
from app.tui import settings_list
from tests.cli.commands import mynah
from tests.jobs import supertonic_folder, whisper_file
from tests.runner import tiny
from tests.runner.test_chat_template import CHATML


class Nobody:
    async def notify(self, notification: object) -> None:
        """Do nothing, since nobody listens."""


async def change(service: Service, key: str, value: str) -> str:
    """Return why the changed setting has no effect."""
    done = await service.call(Nobody(), control.ConfigSet(key, value))
    shown = await service.call(Nobody(), control.ConfigGet(key))
    assert shown.settings == [done]
    (item,) = settings_list.items(shown, ("channel", "guild", "home"))
    assert item.idle == done.idle
    assert done.idle in settings_list.explained(item).plain
    return done.idle


@pytest.fixture
async def service(home: Home, tmp_path):
    path = tiny.write(tmp_path / "plain.gguf")
    home.config_file.write_text(f'[model]\nname = "{path.as_posix()}"\n')
    async with open_service(home) as opened:
        yield opened


async def test_a_persona_says_when_the_model_reads_a_chat_log(service, tmp_path):
    assert await change(service, "reply.persona", "") == ""
    assert "chat log" in await change(service, "reply.persona", "a pirate")
    told = "a pirate who never uses capital letters"
    assert await change(service, "reply.persona", told) == ""
    assert "no chat template" in await change(service, "model.form", "template")
    own = tiny.write(tmp_path / "own.gguf", template=CHATML)
    await change(service, "model.name", str(own))
    assert await change(service, "model.form", "template") == ""
    assert await change(service, "reply.persona", "a pirate") == ""


@pytest.mark.parametrize(
    ("key", "value", "before", "why"),
    [
        ("reply.dial", "20", ("reply.mode", "llm"), "the mode is llm"),
        ("reply.dial", "20", ("reply.mode", "markov"), "the chain writes"),
        ("reply.persona", "a pirate", ("reply.mode", "markov"), "the chain writes"),
        ("model.temperature", "1", ("reply.mode", "markov"), "the chain writes"),
        ("memory.people", "on", ("reply.mode", "markov"), "the chain writes"),
        ("model.top_p", "0.5", ("model.temperature", "0"), "temperature is 0"),
        ("model.seed", "3", ("model.temperature", "0"), "temperature is 0"),
        ("reply.candidates", "3", ("reply.stream", "on"), "streams"),
        ("reply.candidates", "3", ("reply.mode", "llm"), "the mode is llm"),
        ("context.catchup", "summary", ("reply.dial", "9"), "0.0 of at least 1.5"),
        ("context.summary_billions", "9", ("reply.dial", "9"), "0.0 of at least 9 b"),
        ("context.catchup", "summary", ("context.summary_billions", "0"), ""),
        ("context.catchup", "messages", ("reply.dial", "9"), ""),
        ("context.summary_billions", "9", ("context.catchup", "messages"), "is messa"),
        ("context.pictures", "here", ("reply.dial", "9"), "sees no pictures"),
        ("context.pictures", "off", ("reply.dial", "9"), ""),
        ("context.spoken", "on", ("reply.mode", "markov"), "model.ears is empty"),
        ("reply.dial", "20", ("reply.mode", "hybrid"), ""),
        ("model.top_p", "0.5", ("model.temperature", "0.5"), ""),
    ],
)
async def test_a_setting_that_others_make_idle_names_them(
    service, key, value, before, why
):
    await change(service, *before)
    told = await change(service, key, value)
    assert why in told if why else told == ""


def test_the_command_line_says_it_beside_the_value(home: Home, tmp_path):
    path = tiny.write(tmp_path / "plain.gguf")
    home.config_file.write_text(f'[model]\nname = "{path.as_posix()}"\n')
    for words in (["set", "reply.persona", "a pirate"], ["get", "reply.persona"]):
        assert "no effect now" in mynah(home, "config", *words).stdout
    asked = mynah(home, "config", "get", "context.catchup").stdout
    assert "no effect now: plain.gguf has 0.0 of at least 1.5 billion" in asked
    assert "plain.gguf has 0.0" not in mynah(home, "config", "get").stdout


async def test_a_projector_beside_the_model_opens_its_eyes(service, tmp_path):
    tiny.write_projector(tmp_path / "plain.mmproj.gguf")
    assert await change(service, "context.pictures", "here") == ""


async def test_ears_are_idle_until_what_hears_is_installed(
    service, tmp_path, monkeypatch
):
    ears = whisper_file.write(tmp_path / "ears.bin")
    assert await change(service, "model.ears", str(ears)) == ""
    assert await change(service, "context.spoken", "on") == ""
    monkeypatch.setattr(idle_settings, "find_spec", lambda name: None)
    assert "not installed" in await change(service, "context.spoken", "on")


async def test_a_mouth_is_idle_until_it_is_heard_and_wanted(
    service, tmp_path, monkeypatch
):
    assert "model.mouth is empty" in await change(service, "speak.aloud", "F1")
    await change(service, "speak.aloud", "off")
    mouth = supertonic_folder.write(tmp_path / "mouth")
    assert "speak.aloud is off" in await change(service, "model.mouth", str(mouth))
    assert "model.ears" in await change(service, "speak.aloud", "F1")
    ears = whisper_file.write(tmp_path / "ears.bin")
    await change(service, "model.ears", str(ears))
    assert await change(service, "speak.aloud", "F1") == ""
    await change(service, "context.spoken", "off")
    assert "context.spoken" in await change(service, "speak.aloud", "M1")
    monkeypatch.setattr(idle_settings, "find_spec", lambda name: None)
    assert "not installed" in await change(service, "speak.aloud", "F1")
