"""`/model`, `/config`, `/quiet` and `/train` do from Discord what the screens do."""

import pytest

from app.core import secrets
from app.core.paths import Home
from app.discord.actions.report_texts import state_lines
from app.ipc.control import CloudStatus, StatusReply
from app.modelfiles import catalogue
from app.service.service import Service
from app.settings import host_keys
from app.settings.config_file import save
from app.settings.hosts import hosts_of
from app.settings.schema import Config
from app.settings.setting_keys import with_overrides
from app.store import guilds
from tests.discord.conftest import Running
from tests.discord.real_host import listen
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn
from tests.runner import tiny


class Asked:
    """Commands of a moderator, who may be the owner as well."""

    def __init__(self, stand_in: DiscordStandIn, scene: Scene) -> None:
        self._stand_in = stand_in
        self._scene = scene

    async def __call__(self, path: str, **options: object) -> str:
        shown = await self._stand_in.command(
            self._scene.general, self._scene.mod, path, **options
        )
        return "\n".join(shown.texts)

    async def ready(self) -> None:
        await self._stand_in.wait_for(lambda: bool(self._stand_in.rest.commands))


@pytest.fixture
def ask(stand_in: DiscordStandIn, scene: Scene) -> Asked:
    return Asked(stand_in, scene)


def make_owner(home: Home, scene: Scene) -> None:
    save(home.config_file, "bot.owners", [str(scene.mod.id)])


COSTS_OR_LEAKS: list[tuple[str, dict[str, object]]] = [
    ("model use", {"name": "tiny"}),
    ("model list", {}),
    ("model check", {}),
    ("model where", {"place": "cloud", "agree": True}),
    ("config set", {"key": "openai.monthly_budget", "value": "99"}),
    ("config set", {"key": "reply.provider", "value": "openai", "agree": True}),
    ("config set", {"key": "reply.local_only", "value": "off"}),
    ("config set", {"key": "learn.tuning_channels", "value": "general"}),
    ("config set", {"key": "context.tokens", "value": "90000"}),
    ("config set", {"key": "model.adapter", "value": "/etc/passwd"}),
    ("config set", {"key": "reply.dial", "value": "10", "everywhere": True}),
    ("config reset", {"key": "model.name", "everywhere": True}),
]


async def test_what_costs_leaks_or_concerns_other_servers_is_for_the_owner_alone(
    running: Running, service: Service, ask: Asked
) -> None:
    before = service.context.settings.home
    async with running.connected():
        await ask.ready()
        for path, options in COSTS_OR_LEAKS:
            told = await ask(path, **options)
            assert told == "Only the owner of this bot may change that.", path
    assert service.context.settings.home == before
    (guild,) = await service.context.database.run(guilds.every)
    assert await service.context.settings.of(guild.id) == before


async def test_no_key_is_taken_on_discord_not_even_from_the_owner(
    running: Running, home: Home, scene: Scene, ask: Asked
) -> None:
    make_owner(home, scene)
    async with running.connected():
        await ask.ready()
        for key in ("openai_key", "groq_key"):
            told = await ask("config set", key=key, value="sk-0123456789abcdef")
            assert "Never write a key" in told and "sk-0" not in told


@pytest.mark.llama
async def test_the_owner_switches_the_model_of_all_servers(
    running: Running, service: Service, home: Home, scene: Scene, ask: Asked
) -> None:
    make_owner(home, scene)
    home.models.mkdir(parents=True, exist_ok=True)
    tiny.write(home.models / "tiny.gguf")
    assert catalogue.locate(home, "tiny") is not None
    async with running.connected():
        await ask.ready()
        listed = await ask("model list")
        unknown = await ask("model use", name="/etc/passwd")
        used = await ask("model use", name="tiny")
        shown = await ask("model show")
    assert "- tiny: " in listed
    assert "There is no model /etc/passwd here." in unknown and "tiny" in unknown
    assert "tiny writes from the next reply on" in used
    assert service.context.settings.home.model.name == "tiny"
    assert "tiny is " in shown


async def test_mode_and_place_are_switched_and_shown(
    running: Running, service: Service, home: Home, scene: Scene, ask: Asked
) -> None:
    async with running.connected():
        await ask.ready()
        mode = await ask("model mode", mode="llm", channel=True)
        shown = await ask("model show")
        make_owner(home, scene)
        question = await ask("model where", place="cloud")
        cloud = await ask("model where", place="cloud", agree=True)
        away = await ask("model show")
        here = await ask("model where", place="here")
        everywhere = await ask(
            "config set", key="speak.max_age_seconds", value="60", everywhere=True
        )
        narrow = await ask("config set", key="speak.max_age_seconds", value="60")
    assert mode == "Now `reply.mode` = llm (this channel)."
    assert "Mode: `llm`, voice 50 %. Model: here." in shown and "$" not in shown
    assert "leave this computer" in question and "agree: True" in question
    assert cloud == "Now `reply.provider` = openai (this server)."
    assert "api.openai.com, in the cloud" in away and "$0.00" in away
    assert here == "Now `reply.provider` = local (this server)."
    assert "(config.toml)" in everywhere
    assert service.context.settings.home.speak.max_age_seconds == 60
    assert "everywhere:True" in narrow and "--guild" not in narrow


async def test_the_cloud_is_the_host_that_the_owner_has_there(
    running: Running, service: Service, home: Home, scene: Scene, ask: Asked
) -> None:
    make_owner(home, scene)
    save(home.config_file, "hosts.pc.base_url", "http://127.0.0.1:8080/v1")
    save(home.config_file, "hosts.groq.base_url", "https://api.groq.com/openai/v1")
    change = service.context.settings.change
    async with running.connected():
        await ask.ready()
        without_keys = await ask("model where", place="cloud")
        groq = next(
            one for one in hosts_of(service.context.settings.home) if one.name == "groq"
        )
        host_keys.put(home, groq, "gsk-0123456789abcdef")
        keyed = await ask("model where", place="cloud", agree=True)
        secrets.put(home, "openai_key", "sk-0123456789abcdef")
        both = await ask("model where", place="cloud")
        await change("reply.provider", "pc, groq", agreed=True)
        used = await ask("model where", place="cloud")
    assert "api.openai.com" in without_keys
    assert keyed == "Now `reply.provider` = groq (this server)."
    assert "api.openai.com" in both
    assert used == "Now `reply.provider` = groq (this server)."


async def test_the_check_up_is_shown_to_the_owner(
    running: Running, home: Home, scene: Scene, ask: Asked
) -> None:
    make_owner(home, scene)
    async with running.connected():
        await ask.ready()
        told = await ask("model check")
    assert "✕ servers: Mynah has not learned a server yet." in told
    assert "In order: settings" in told


async def test_a_whole_server_is_paused_and_goes_on(
    stand_in: DiscordStandIn, running: Running, scene: Scene, ask: Asked
) -> None:
    async with running.connected() as link:
        await ask.ready()
        told = await ask("quiet", time="1h", server=True)
        mention = f"{stand_in.bot.mention} hello"
        await stand_in.say(scene.side, scene.ann, mention)
        await stand_in.wait_for(
            lambda: bool(link.client and link.client.speaker.judged)
        )
        why = await stand_in.command(scene.side, scene.ann, "why")
        await ask("quiet", time="off", server=True)
        await stand_in.say(scene.side, scene.ann, mention)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert "in this server until" in told
    assert "it was asked to be quiet" in why.text


async def test_a_training_is_paused_and_resumed(
    stand_in: DiscordStandIn, running: Running, scene: Scene, ask: Asked
) -> None:
    async with running.connected() as link:
        await listen(stand_in, scene)
        nothing = await ask("train", pause=True)
        assert link.client is not None
        training, survey = link.client.training, link.client.survey
        # The session resumes trainings by itself right after the survey began.
        await stand_in.wait_for(lambda: survey._task is not None)
        guild = link.client.get_guild(scene.guild.id)
        assert guild is not None
        channels = await training.channels_of(guild)
        await training.prepare(guild, channels, None)
        resumed = await ask("train", resume=True)
    assert "No training is running." in nothing
    assert resumed == "I go on."


@pytest.mark.parametrize("name", ["pc", "openai"])
def test_several_places_are_told_in_their_order_and_only_with_their_own_host(
    name: str,
) -> None:
    config = with_overrides(Config(), {"reply.provider": "pc, local"})
    cloud = CloudStatus(
        name=name, model="m", host="big-pc", reach="own", reason="It is off."
    )
    told = state_lines(StatusReply(cloud=cloud), config, is_for_owner=True)
    is_shown = name == "pc"
    at = "m at big-pc, my owner's own host" if is_shown else "at pc"
    assert f"Model: {at}, then here." in told[0]
    assert any("It is off." in line for line in told) == is_shown
