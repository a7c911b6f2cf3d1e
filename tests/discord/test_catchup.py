"""`/catchup` tells what somebody missed, from what they may read, to them alone."""

from collections.abc import Callable, Sequence

import pytest

from app.chat import summary
from app.core.paths import Home
from app.memory.embedder import Embedder
from app.service.service import Service
from app.settings.config_file import save
from app.settings.consent import ConsentError
from app.store import guilds, members, replies
from tests.discord.conftest import Running
from tests.discord.real_host import listen, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.rights import READ_HISTORY, VIEW_CHANNEL
from tests.discord_stand_in.server import DiscordStandIn
from tests.memory.conftest import WordEmbedder
from tests.openai_stand_in import StandIn
from tests.openai_stand_in import running as serving

TALK = [
    "the regatta starts on sunday at nine",
    "is the regatta at the pier or at the harbour",
    "the regatta is at the pier said the club",
    "who brings the boats for the regatta",
    "ben brings the boats",
    "lol",
    "the club wants ten euros for the regatta",
    "my cat ate a crab",
    "the regatta ends at noon",
    "then fish for everybody at the harbour",
]


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meaning by words, without a model."""

    def opened(name: str, cache: object = None) -> WordEmbedder:
        return WordEmbedder(name)

    monkeypatch.setattr(Embedder, "open", opened)


async def talk(
    stand_in: DiscordStandIn, service: Service, scene: Scene, lines: Sequence[str]
) -> list[int]:
    """Ann says hello, then Ben and the moderator talk; the ids of their lines."""
    await listen(stand_in, scene)
    await stand_in.say(scene.general, scene.ann, "hello, off to lunch")
    speakers = (scene.ben, scene.mod)
    ids = [
        await stand_in.say(scene.general, speakers[n % 2], line)
        for n, line in enumerate(lines)
    ]
    await until_stored(service, len(lines) + 1)
    return ids


async def test_it_tells_what_was_written_since_ones_last_message_with_links(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general = scene.general
    async with running.connected():
        ids = await talk(stand_in, service, scene, TALK)
        shown = await stand_in.command(general, scene.ann, "catchup")
        nothing = await stand_in.command(general, scene.mod, "catchup")
        further = await stand_in.command(general, scene.mod, "catchup", hours=5)
    assert all(part.ephemeral for part in shown.parts) and shown.ephemeral
    assert "since your last message" in shown.text
    assert "10 messages by 2 people" in shown.text and "off to lunch" not in shown.text
    told = [line for line in shown.text.splitlines() if line.startswith("- ")]
    assert len(told) == 8
    assert f"https://discord.com/channels/{scene.guild.id}/{general.id}/{ids[0]}" in (
        shown.text
    )
    # What says nothing of the talk is left out first.
    assert "lol" not in shown.text and "my cat ate a crab" not in shown.text
    assert "No model here is large enough" in shown.text
    assert "Nobody has written" in nothing.text and "`hours`" in nothing.text
    assert "11 messages by 3 people" in further.text
    assert await service.context.database.run(replies.latest) == []


async def test_nobody_is_told_what_they_may_not_read(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    secret = scene.guild.channel("secret")
    async with running.connected():
        await talk(stand_in, service, scene, TALK[:2])
        await stand_in.update_channel(secret)
        secret.deny(scene.ann, VIEW_CHANNEL)
        scene.general.deny(scene.ben, READ_HISTORY)
        await stand_in.update_channel(secret)
        await stand_in.update_channel(scene.general)
        hidden = await stand_in.command(
            scene.general, scene.ann, "catchup", channel=secret
        )
        past = await stand_in.command(scene.general, scene.ben, "catchup", hours=2)
        deaf = await stand_in.command(scene.side, scene.ann, "catchup")
    assert "You cannot read" in hidden.text and hidden.ephemeral
    assert "You cannot read" in past.text and "regatta" not in past.text
    assert "I do not listen to" in deaf.text and "/listen add" in deaf.text


async def test_what_is_forgotten_or_from_people_who_opted_out_is_not_told(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        ids = await talk(stand_in, service, scene, TALK[:4])
        await stand_in.delete(scene.general, ids[0])
        await until_stored(service, 4)
        run = service.context.database.run
        guild = (await run(guilds.every))[0].id
        mod = await run(members.named, guild, "Mod")
        assert mod is not None
        await run(members.set_opted_out, guild, mod.author, True)
        shown = await stand_in.command(scene.general, scene.ann, "catchup")
    assert TALK[0] not in shown.text and TALK[1] not in shown.text
    assert TALK[2] in shown.text and "1 message by 1 person" in shown.text


class Model:
    """A model that is large enough, and deletes a message while it reads."""

    billions = 3.0
    context_size = 4096
    is_idle = True

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.never: Sequence[str] = ()

    async def complete(
        self,
        guild: int,
        text: str,
        max_tokens: int,
        seconds: float,
        never: Sequence[str] = (),
    ) -> str:
        self.asked.append(text)
        self.never = never
        return self.answer


UseModel = Callable[[str], Model]


@pytest.fixture
def use_model(monkeypatch: pytest.MonkeyPatch, service: Service) -> UseModel:
    """Puts a model that answers so in place of the one here."""

    def use(answer: str) -> Model:
        model, context = Model(answer), service.context
        _ = context.providers
        monkeypatch.setattr(type(context), "local", property(lambda _: model))
        return model

    return use


async def test_a_large_enough_model_here_sums_up_and_nothing_goes_to_the_cloud(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    use_model: UseModel,
) -> None:
    model = use_model("Ben and Mod plan the regatta at the pier. It ends at noon.")
    save(home.config_file, "reply.provider", "openai")
    async with running.connected():
        await talk(stand_in, service, scene, TALK)
        shown = await stand_in.command(scene.general, scene.ann, "catchup")
        model.billions = 0.5
        small = await stand_in.command(scene.general, scene.ann, "catchup")
        model.billions = 3.0
        await service.context.settings.change("context.catchup", "messages")
        plain = await stand_in.command(scene.general, scene.ann, "catchup")
    said = [line for line in small.text.splitlines() if "large enough" not in line]
    assert plain.text.splitlines() == said != small.text.splitlines()
    assert "large enough" not in shown.text
    assert "> Ben and Mod plan the regatta at the pier. It ends at noon." in shown.text
    assert len(model.asked) == 1 and TALK[0] in model.asked[0]
    assert "plan the regatta" not in small.text and TALK[0] in small.text


async def test_a_summary_with_words_that_the_bot_never_says_is_not_told(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    use_model: UseModel,
) -> None:
    model = use_model("Ben and Mod plan their scurvy regatta. It ends at noon.")
    save(home.config_file, "speak.never_say", ["scurvy"])
    async with running.connected():
        await talk(stand_in, service, scene, TALK)
        shown = await stand_in.command(scene.general, scene.ann, "catchup")
    assert len(model.asked) == 1 and list(model.never) == ["scurvy"]
    assert "scurvy" not in shown.text and TALK[0] in shown.text


async def test_a_summary_of_something_forgotten_meanwhile_is_not_told(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    use_model: UseModel,
) -> None:
    model = use_model("They plan the regatta. It ends at noon.")
    async with running.connected():
        ids = await talk(stand_in, service, scene, TALK)
        complete = model.complete

        async def forgetful(
            guild: int,
            text: str,
            max_tokens: int,
            seconds: float,
            never: Sequence[str] = (),
        ) -> str:
            await stand_in.delete(scene.general, ids[0])
            await until_stored(service, len(TALK))
            return await complete(guild, text, max_tokens, seconds)

        model.complete = forgetful  # type: ignore[method-assign]
        shown = await stand_in.command(scene.general, scene.ann, "catchup")
    assert "They plan" not in shown.text and TALK[0] not in shown.text
    assert "9 messages" in shown.text


async def test_without_memory_the_longest_words_of_each_stretch_are_told(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
) -> None:
    save(home.config_file, "memory.enabled", False)
    async with running.connected():
        await talk(stand_in, service, scene, TALK)
        shown = await stand_in.command(scene.general, scene.ann, "catchup")
    assert TALK[1] in shown.text and "lol" not in shown.text


async def test_words_that_it_never_says_are_in_no_summary(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
) -> None:
    save(home.config_file, "speak.never_say", ["frak"])
    async with running.connected():
        await talk(stand_in, service, scene, ["what the fr4k is that", TALK[4]])
        shown = await stand_in.command(scene.general, scene.ann, "catchup")
    assert TALK[4] in shown.text and "fr4k" not in shown.text
    assert "2 messages by 2 people" in shown.text


async def test_a_host_sums_up_once_the_owner_agreed_to_that_and_is_named(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
) -> None:
    secret = "mail me at ann@example.org about it"
    general, ann = scene.general, scene.ann
    settings = service.context.settings
    reply = StandIn(reply=lambda body: "They plan the regatta. It ends at noon.")
    async with serving(reply) as host, running.connected():
        save(home.config_file, "openai.base_url", host.cloud_url)
        await talk(stand_in, service, scene, [*TALK, secret])
        guild = (await service.context.database.run(guilds.every))[0].id
        await settings.change("reply.provider", "openai", guild, agreed=True)
        with pytest.raises(ConsentError, match="300 messages on this server"):
            await settings.change("context.catchup", "host", guild)
        refused = await stand_in.command(
            general, scene.mod, "config set", key="context.catchup", value="host"
        )
        before = await stand_in.command(general, ann, "catchup")
        await settings.change("context.catchup", "host", guild, agreed=True)
        shown = await stand_in.command(general, ann, "catchup")
        await settings.change("reply.local_only", "true", guild)
        locked = await stand_in.command(general, ann, "catchup")
        await settings.change("reply.local_only", None, guild)
        await settings.withdraw(guild)
        await settings.agree(guild, "replies")
        withdrawn = await stand_in.command(general, ann, "catchup")
        asked = list(host.served)
    assert "owner" in refused.text
    for one in (before, locked, withdrawn):
        assert "regatta. It ends" not in one.text and TALK[0] in one.text
    assert "> They plan the regatta. It ends at noon." in shown.text
    assert "Summed up at cloud.example" in shown.text
    (sent,) = asked
    assert sent.messages[0] == {"role": "system", "content": summary.TASK}
    assert TALK[0] in sent.everything and "ann@example.org" not in sent.everything


async def test_where_a_host_fails_the_model_here_sums_up(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    use_model: UseModel,
) -> None:
    model = use_model("Ben and Mod plan the regatta. It ends at noon.")
    save(home.config_file, "openai.base_url", "http://127.0.0.1:9/v1/")
    save(home.config_file, "reply.provider", "openai")
    save(home.config_file, "context.catchup", "host")
    async with running.connected():
        await talk(stand_in, service, scene, TALK)
        shown = await stand_in.command(scene.general, scene.ann, "catchup")
    assert len(model.asked) == 1 and "> Ben and Mod plan the regatta" in shown.text
    assert "Summed up at" not in shown.text
