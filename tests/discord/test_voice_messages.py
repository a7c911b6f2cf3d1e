"""Voice messages to the bot are heard where a model for that is set, and answered."""

import base64
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from app.core.names import GuildId
from app.core.paths import Home
from app.discord.ports import Ask, ReadyReply, VoiceAnswer
from app.discord.talk import attached_pictures
from app.providers.markov import UNHEARD
from app.service.job_runner import Senses
from app.service.service import Service
from app.settings.config_file import save
from app.store import guilds, messages, overview, replies
from app.store.reply import outcomes
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import eventually, reply_of, taught
from tests.discord.scene import Scene
from tests.discord.test_direct_messages import until_said
from tests.discord.test_stop_and_again import has_state
from tests.discord_stand_in.outbox import Outgoing
from tests.discord_stand_in.payloads import IS_VOICE_MESSAGE, voice_message
from tests.discord_stand_in.rights import ATTACH_FILES, SEND_VOICES
from tests.discord_stand_in.server import DiscordStandIn
from tests.jobs import supertonic_folder, whisper_file

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


VOICE = VoiceAnswer(b"OggS an answer", 2.5, base64.b64encode(bytes(25)).decode())


def is_voice(sent: Outgoing) -> bool:
    return bool(int(sent.payload.get("flags") or 0) & IS_VOICE_MESSAGE)


async def answered(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    **more: object,
) -> list[Outgoing]:
    """What the bot sent to a voice message."""
    scene.guild.bot_rights |= SEND_VOICES
    host.overrides[scene.guild.id, 0] = {
        "speak.user_cooldown_seconds": 0.0,
        "speak.aloud": "M3",
    } | more
    async with start().connected():
        await speak(stand_in, scene)
    return stand_in.outbox.sent()


async def test_a_voice_message_is_answered_by_one(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.voice = VOICE
    text, voice = await answered(stand_in, start, host, scene)
    assert not is_voice(text) and text.text
    assert is_voice(voice) and voice.text == "" and voice.reply_to
    assert (voice.files, voice.file_bodies) == (["voice-message.ogg"], [VOICE.data])
    (told,) = voice.payload["attachments"]
    assert (told["duration_secs"], told["waveform"]) == (2.5, VOICE.waveform)
    assert host.timbres == ["M3"]
    assert [voice.message_id] in host.sent_as.values()


@pytest.mark.parametrize("stream", [True, False])
async def test_a_text_answers_where_nobody_says_it(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, stream: bool
) -> None:
    more = {"reply.stream": stream}
    _, sent = await answered(stand_in, start, host, scene, **more)
    assert not is_voice(sent) and "hello from my voice" in sent.text
    assert host.timbres == ["M3"]


@pytest.mark.parametrize("setting", [{"speak.aloud": "off"}, {"context.spoken": False}])
async def test_nobody_speaks_where_that_is_off(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, setting
) -> None:
    host.voice = VOICE
    _, sent = await answered(stand_in, start, host, scene, **setting)
    assert not is_voice(sent) and host.timbres == []


@pytest.mark.parametrize("right", [SEND_VOICES, ATTACH_FILES], ids=["voice", "files"])
async def test_a_text_answers_without_the_right_to_speak(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, right: int
) -> None:
    host.voice = VOICE
    scene.general.deny(stand_in.bot, right)
    _, sent = await answered(stand_in, start, host, scene)
    assert not is_voice(sent) and sent.text and host.timbres == []


async def test_a_text_answers_where_discord_takes_no_voice_message(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.voice = VoiceAnswer(VOICE.data, VOICE.seconds, "")
    _, sent = await answered(stand_in, start, host, scene)
    assert not is_voice(sent) and sent.text


async def test_what_is_forgotten_while_it_is_said_is_not_sent(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    plain, gone = host.answer, set[int]()

    async def answer(ask: Ask) -> ReadyReply | None:
        made = await plain(ask)
        return made and replace(made, is_fresh=True)

    async def utter(answer: ReadyReply, timbre: str) -> VoiceAnswer | None:
        gone.add(answer.reply)
        return VOICE

    async def may_send(reply: int) -> bool:
        return reply not in gone

    host.answer, host.utterance = answer, utter  # type: ignore[method-assign]
    host.may_send = may_send  # type: ignore[method-assign]
    scene.guild.bot_rights |= SEND_VOICES
    stand_in.rest.files[NAME] = SOUND
    host.overrides[scene.guild.id, 0] = {
        "speak.user_cooldown_seconds": 0.0,
        "speak.aloud": "M3",
    }
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hi")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        (sent,) = stand_in.outbox.sent()
        spoken = voice_message(stand_in.base_url)
        reply_to = sent.message_id
        await stand_in.say(scene.general, scene.ann, "", reply_to=reply_to, **spoken)
        await stand_in.wait_for(lambda: bool(gone))
        await stand_in.command(scene.side, scene.mod, "help")
    assert len(stand_in.outbox.sent()) == 1


async def test_a_voice_message_in_a_direct_talk_is_answered_by_one(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.voice, stand_in.rest.files[NAME] = VOICE, SOUND
    host.overrides[scene.guild.id, 0] = {
        "speak.user_cooldown_seconds": 0.0,
        "speak.aloud": "F2",
    }
    room = stand_in.direct_channel(scene.mod)
    async with start(direct_messages=True, owners=[str(scene.mod.id)]).connected():
        await stand_in.say(room, scene.mod, "hello")
        await until_said(stand_in, room, 1)
        await stand_in.say(room, scene.mod, "", **voice_message(stand_in.base_url))
        await until_said(stand_in, room, 2)
    text, voice = stand_in.outbox.sent()
    assert not is_voice(text) and is_voice(voice) and host.timbres == ["F2"]


@pytest.mark.parametrize("words", ["the tide", ""])
@pytest.mark.parametrize("has_ears", [True, False])
async def test_without_a_model_or_words_for_it_a_plain_line_says_so(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    has_ears: bool,
    words: str,
) -> None:
    heard: list[bytes] = []

    async def hear(senses: Senses, data: bytes, model: Path) -> str:
        heard.append(data)
        return words

    monkeypatch.setattr(Senses, "heard", hear)
    save(home.config_file, "speak.user_cooldown_seconds", 0.0)
    save(home.config_file, "reply.mode", "markov")
    if has_ears:
        ears = whisper_file.write(tmp_path / "ears.bin")
        save(home.config_file, "model.ears", str(ears))
    async with taught(running, stand_in, service, scene):
        await speak(stand_in, scene)
    assert heard == ([SOUND] if has_ears else [])
    said = stand_in.outbox.sent()[-1].text
    assert (said in UNHEARD) == (not (has_ears and words)), said


async def test_a_direct_voice_message_that_nobody_hears_is_answered(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def deaf(read: object) -> str:
        return ""

    monkeypatch.setattr(host, "transcript", deaf)
    stand_in.rest.files[NAME] = SOUND
    room = stand_in.direct_channel(scene.mod)
    async with start(direct_messages=True, owners=[str(scene.mod.id)]).connected():
        spoken = voice_message(stand_in.base_url)
        await stand_in.say(room, scene.mod, "", **spoken)
        await until_said(stand_in, room, 1)
    assert [(ask.text, ask.is_unheard) for ask in host.direct] == [("", True)]


@pytest.fixture(scope="session")
def mouth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return supertonic_folder.write(tmp_path_factory.mktemp("mouth") / "noise")


@pytest.fixture
def speaking(
    home: Home, tmp_path: Path, mouth: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every voice message says the same, and a real model answers aloud."""

    async def hear(senses: Senses, data: bytes, model: Path) -> str:
        return "the tide"

    monkeypatch.setattr(Senses, "heard", hear)
    for name, value in (
        ("speak.user_cooldown_seconds", 0.0),
        ("reply.mode", "markov"),
        ("model.ears", str(whisper_file.write(tmp_path / "ears.bin"))),
        ("model.mouth", str(mouth)),
        ("speak.aloud", "F1"),
    ):
        save(home.config_file, name, value)


async def until_answered(stand_in: DiscordStandIn, n: int) -> Outgoing:
    await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == n, seconds=30)
    return stand_in.outbox.sent()[-1]


@pytest.mark.process
@pytest.mark.usefixtures("speaking")
async def test_a_reply_said_aloud_is_a_reply_like_any_other(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    scene.guild.bot_rights |= SEND_VOICES
    general, run = scene.general, service.context.database.run
    async with taught(running, stand_in, service, scene):
        await speak(stand_in, scene)
        voice = await until_answered(stand_in, 2)
        assert is_voice(voice) and voice.message_id in general.messages
        (data,) = voice.file_bodies
        seconds = voice.payload["attachments"][0]["duration_secs"]
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            assert abs(file.frames / file.samplerate - seconds) < 0.05
        row = await reply_of(service, voice.message_id)
        assert row.text and row.state == "sent"
        assert 0 < row.timings["aloud"] < row.timings["total"]
        costs = await run(overview.feature_costs, row.guild_id)
        assert costs["speak.aloud"] == (1, None, row.timings["aloud"])
        said, of = row.text, str(voice.message_id)

        async def is_context() -> bool:
            line = await run(messages.find, row.guild_id, of)
            return line is not None and line.text == said

        await eventually(is_context)
        why = await stand_in.message_command(
            general, scene.ann, "Why this?", voice.message_id
        )
        assert f"It said: {said}\n" in why.text
        await stand_in.message_command(general, scene.ann, "Again", voice.message_id)
        again = await until_answered(stand_in, 3)
        assert again.text and voice.message_id not in general.messages


@pytest.mark.process
@pytest.mark.usefixtures("speaking")
async def test_a_reply_said_aloud_goes_with_what_it_drew_on(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    scene.guild.bot_rights |= SEND_VOICES
    withdrawn: list[tuple[str, str]] = []

    async def note(guild: GuildId, sent: Sequence[tuple[str, str]]) -> None:
        withdrawn.extend(one for one in sent if one[1] == of)

    async with taught(running, stand_in, service, scene):
        await speak(stand_in, scene)
        voice = await until_answered(stand_in, 2)
        of = str(voice.message_id)
        service.context.forgetter.on_withdrawn = note
        for person in (scene.ann, scene.ben):
            await stand_in.command(
                scene.general, scene.mod, "privacy member", user=person, hours=1
            )
        assert withdrawn == [(str(scene.general.id), of)]
        row = await service.context.database.run(replies.find_sent, of)
        assert row is None or not row.text
        (guild,) = await service.context.database.run(guilds.every)
        assert await service.context.database.run(messages.find, guild.id, of) is None


@pytest.mark.process
@pytest.mark.usefixtures("speaking")
async def test_a_reply_that_was_said_aloud_before_a_kill_is_not_said_again(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    scene.guild.bot_rights |= SEND_VOICES
    run = service.context.database.run
    async with taught(running, stand_in, service, scene):
        await speak(stand_in, scene)
        voice = await until_answered(stand_in, 2)
        row = await reply_of(service, voice.message_id)
    # As if the bot had been killed before Discord's answer came.
    await run(outcomes.set_state, row.id, "made")
    async with running.connected():
        await has_state(service, int(row.trigger or 0), "sent")
    assert len(stand_in.outbox.sent()) == 2
