"""Voice messages to the bot are heard where a model for that is set, and answered."""

from pathlib import Path

import pytest

from app.core.paths import Home
from app.discord.talk import attached_pictures
from app.service.job_runner import Senses
from app.service.service import Service
from app.settings.config_file import save
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import taught
from tests.discord.scene import Scene
from tests.discord.test_direct_messages import until_said
from tests.discord_stand_in.payloads import voice_message
from tests.discord_stand_in.server import DiscordStandIn
from tests.jobs import whisper_file

NAME, SOUND = "voice-message.ogg", b"OggS a voice"


@pytest.fixture(autouse=True)
def stand_in_is_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached_pictures, "_is_on_discord", lambda url: True)


async def speak(stand_in: DiscordStandIn, scene: Scene) -> None:
    """Ann calls the bot, and answers its reply with a voice message."""
    stand_in.rest.files[NAME] = SOUND
    general, ann = scene.general, scene.ann
    await stand_in.say(general, ann, f"{stand_in.bot.mention} hi")
    await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    (sent,) = stand_in.outbox.sent()
    spoken = voice_message(stand_in.base_url)
    await stand_in.say(general, ann, "", reply_to=sent.message_id, **spoken)
    await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2, seconds=30)


@pytest.mark.parametrize("is_on", [True, False])
async def test_a_voice_message_is_answered_by_its_words(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, is_on: bool
) -> None:
    host.overrides[scene.guild.id, 0] = {
        "speak.user_cooldown_seconds": 0.0,
        "context.spoken": is_on,
    }
    async with start().connected():
        await speak(stand_in, scene)
    _, ask = host.asked
    assert ask.text == ("hello from my voice" if is_on else "")
    assert host.listened == ([SOUND] if is_on else [])


async def test_a_voice_message_in_a_direct_talk_is_heard(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    stand_in.rest.files[NAME] = SOUND
    room = stand_in.direct_channel(scene.mod)
    async with start(direct_messages=True, owners=[str(scene.mod.id)]).connected():
        spoken = voice_message(stand_in.base_url)
        await stand_in.say(room, scene.mod, "", **spoken)
        await until_said(stand_in, room, 1)
    assert [ask.text for ask in host.direct] == ["hello from my voice"]


@pytest.mark.parametrize("has_ears", [True, False])
async def test_nobody_listens_without_a_model_for_it(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_ears: bool,
) -> None:
    heard: list[bytes] = []

    async def hear(senses: Senses, data: bytes, model: Path) -> str:
        heard.append(data)
        return "the tide"

    monkeypatch.setattr(Senses, "heard", hear)
    save(home.config_file, "speak.user_cooldown_seconds", 0.0)
    save(home.config_file, "reply.mode", "markov")
    if has_ears:
        ears = whisper_file.write(tmp_path / "ears.bin")
        save(home.config_file, "model.ears", str(ears))
    async with taught(running, stand_in, service, scene):
        await speak(stand_in, scene)
    assert heard == ([SOUND] if has_ears else [])
