"""A host's model that writes with the voice: only where that is wanted and works."""

import asyncio
from contextlib import asynccontextmanager
from random import Random

import orjson
import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.ipc.inference import HOST_FIELD, FusedByHost
from app.ipc.wire import build
from app.modelfiles import vocabularies
from app.service.service import Service, open_service
from app.service.voices import token_voices
from app.store import guilds, voice_changes
from app.voice.tokens import TokenVoice
from tests.asking import ask
from tests.openai_stand_in import StandIn, running
from tests.runner import tiny_tokenizer

pytestmark = [pytest.mark.process, pytest.mark.llama]

SAID = ("hello there", "my secret word", "good morning all")


@pytest.fixture
async def host():
    async with running(StandIn(models=("near",))) as server:
        yield server


@asynccontextmanager
async def opened(home: Home, host: StandIn, url: str = "", *, is_fused: bool = True):
    home.config_file.write_text(
        f'[hosts.pc]\nbase_url = "{url or host.base_url}"\nmodel = "near"\n'
        f"fused = {str(is_fused).lower()}\ndaily_tokens = 100000\n"
        '[reply]\nprovider = "pc"\nhybrid_seconds = 20.0\n'
        "[memory]\nenabled = false\n",
        encoding="utf-8",
    )
    async with open_service(home, Random(1)) as service:
        yield service


async def learn(bot: Service) -> GuildId:
    row = (await bot.context.database.run(guilds.ensure, "den", "7")).id
    records = [
        Record("7", "anna", text, str(id), id, channel="hall", channel_id="9")
        for id, text in enumerate(SAID, 1)
    ]
    await bot.context.voices.hear(row, records)
    return row


def publish(home: Home) -> None:
    """Do what the plug-in does when vLLM starts."""
    home.hosts.mkdir(exist_ok=True)
    home.host_tokenizer("near").write_text(tiny_tokenizer.words(), encoding="utf-8")


async def say(bot: Service, mode: str = "hybrid") -> control.SayReply:
    request = control.Say("den", "anyone? sk-" + "a1" * 24, mode=mode)
    await bot.prepare(request)
    return await ask(bot, request)


def brought(host: StandIn) -> FusedByHost | None:
    """What the last request for a line brought along for the plug-in."""
    extra = host.served[-1].body.get("vllm_xargs")
    return build(FusedByHost, orjson.loads(extra[HOST_FIELD])) if extra else None


def voice_at(home: Home, guild: GuildId) -> TokenVoice:
    name = vocabularies.host_name(tiny_tokenizer.words())
    return TokenVoice.open(home.token_voice(guild, name))


async def test_the_voice_is_built_from_the_plugins_file_and_goes_along(home, host):
    publish(home)
    async with opened(home, host) as bot:
        row = await learn(bot)
        said = await say(bot)
        wanted = brought(host)
    assert wanted is not None
    assert (wanted.guild, wanted.gone) == (row, [])
    assert wanted.request.dial > 0 and wanted.request.seed >= 0
    assert wanted.request.voice is None, "nobody names a path"
    assert "anyone?" in wanted.request.prompt
    assert "a1a1" not in wanted.request.prompt, "secrets do not go along"
    assert said.provider == "pc"
    assert voice_at(home, row).messages == len(SAID)
    body = host.served[-1].body
    assert body["messages"][-1] == {"role": "assistant", "content": "Mynah:"}
    assert body["continue_final_message"] and not body["add_generation_prompt"]


@pytest.mark.parametrize("case", ["off", "no plug-in", "llm", "cloud"])
async def test_without_that_a_request_is_as_ever(home, host, case):
    if case != "no plug-in":
        publish(home)
    url = host.cloud_url if case == "cloud" else ""
    async with opened(home, host, url, is_fused=case != "off") as bot:
        row = await learn(bot)
        if case == "cloud":
            await ask(bot, control.HostUse("pc", "den", agreed=True))
        await say(bot, "llm" if case == "llm" else "hybrid")
        assert host.served and all("vllm_xargs" not in o.body for o in host.served)
        is_built = home.token_voice(row, "any").parent.exists()
    assert is_built == (case == "llm"), "nothing is built in vain"


async def test_what_is_forgotten_goes_along_until_no_file_has_it(home, host):
    publish(home)
    async with opened(home, host) as bot:
        row = await learn(bot)
        await say(bot)
        page = await bot.context.database.run(voice_changes.learnable_page, row)
        (secret,) = [one for one, text, _ in page if "secret" in text]
        await bot.context.database.run(voice_changes.note, row, [secret])
        await say(bot)
        wanted = brought(host)
        assert wanted is not None and wanted.gone == [secret]
        assert voice_at(home, row).forget([secret]) == 1
        assert (await bot.context.forgetter.forget(row, [secret])).complete
        assert voice_at(home, row).forget([secret]) == 0
        await say(bot)
        assert brought(host) is not None


async def test_a_host_that_refuses_the_field_is_asked_without_it(home, host):
    publish(home)
    refused = []

    def choose(body):
        if "vllm_xargs" in body:
            refused.append(body)
            return "no_xargs"
        return "fine"

    async with opened(home, host) as bot:
        await learn(bot)
        host.choose = choose
        assert (await say(bot)).provider == "pc"
        assert (await say(bot)).provider == "pc"
    assert len(refused) == 1
    assert host.served[-1].body["messages"][-1]["role"] == "user"


async def test_voices_of_the_model_here_and_of_hosts_live_side_by_side(home, tmp_path):
    publish(home)
    names = [vocabularies.host_name(tiny_tokenizer.words()), "host-old", "a", "b"]
    paths = [home.token_voice(GuildId(1), name) for name in names]
    for path in paths:
        path.mkdir(parents=True)
    here, old, local, other = paths
    token_voices._settle(home, local, 3)
    assert [path.exists() for path in paths] == [True, False, True, False]
    other.mkdir()
    token_voices._settle(home, here, 3)
    assert here.exists() and local.exists() and other.exists()


async def test_new_messages_are_built_in_once_the_files_are_an_hour_old(
    home, host, monkeypatch
):
    publish(home)
    async with opened(home, host) as bot:
        row = await learn(bot)
        voices = bot.context.token_voices
        await voices.prepare_for_host(row, "near")
        records = [Record("7", "anna", "fresh", "9", 9, channel="hall", channel_id="9")]
        await bot.context.voices.hear(row, records)
        assert await voices.for_host(row, "near") == []
        assert not voices._building
        monkeypatch.setattr(token_voices, "HOST_NS", 0)
        assert await voices.for_host(row, "near") == []
        await asyncio.gather(*voices._building.values())
        assert voice_at(home, row).messages == len(SAID) + 1


async def test_hosts_and_doctor_tell_whether_the_voice_writes_along(home, host):
    async with opened(home, host) as bot:
        await learn(bot)

        async def told() -> tuple[str, control.Check]:
            hosts = (await ask(bot, control.Hosts())).hosts
            checks = (await ask(bot, control.Doctor())).checks
            return (
                next(one.fusing for one in hosts if one.name == "pc"),
                next(one for one in checks if one.name == "host pc"),
            )

        fusing, check = await told()
        assert fusing == "without the voice: the plug-in has not started here with near"
        assert not check.ok and "many-servers" in check.hint
        publish(home)
        fusing, check = await told()
        assert (fusing, check.ok) == ("with the voice", True)
