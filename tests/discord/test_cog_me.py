"""What members tell of themselves on Discord: noted, used, shown, deleted."""

from collections.abc import AsyncIterator

import pytest

from app.core.paths import Home
from app.providers.base import Completion, Prompt
from app.providers.local.provider import LocalProvider
from app.service.service import Service
from app.service.words.people_keeper import PeopleKeeper
from app.settings.config_file import save
from app.store.given import facts
from tests.discord.conftest import Running
from tests.discord.real_host import LINES, taught, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn
from tests.home_files import files_with


@pytest.fixture
def prompts(
    home: Home, service: Service, monkeypatch: pytest.MonkeyPatch
) -> list[Prompt]:
    """Every prompt of a model that says little."""
    seen: list[Prompt] = []

    async def write(
        self: LocalProvider, prompt: Prompt
    ) -> AsyncIterator[str | Completion]:
        seen.append(prompt)
        yield Completion(f"the tern sails at dawn {len(seen)}")

    monkeypatch.setattr(LocalProvider, "write", write)
    monkeypatch.setattr(LocalProvider, "unavailable", lambda self, prompt: None)
    save(home.config_file, "reply.mode", "hybrid")
    save(home.config_file, "reply.candidates", 1)
    save(home.config_file, "memory.enabled", False)
    save(home.config_file, "speak.user_cooldown_seconds", 0.0)
    return seen


async def told(
    stand_in: DiscordStandIn, service: Service, scene: Scene, *texts: str
) -> list[int]:
    """Ann says things, and they are read."""
    said = [await stand_in.say(scene.general, scene.ann, text) for text in texts]
    await until_stored(service, len(LINES) + len(texts))
    await PeopleKeeper(service.context).catch_up()
    return said


async def test_a_member_sees_corrects_and_deletes_what_they_told(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, ann, ben = scene.general, scene.ann, scene.ben

    async def me(command: str, **options: object) -> str:
        found = await stand_in.command(general, ann, f"me {command}", **options)
        assert all(part.ephemeral for part in found.parts) and len(found.parts) == 1
        return found.text

    async with taught(running, stand_in, service, scene):
        off = await me("show")
        await stand_in.command(
            general, scene.mod, "config set", key="memory.people", value="on"
        )
        town, _ = await told(
            stand_in, service, scene, "I live in Leeds", "my cat is called **Mog**"
        )
        shown = await me("show")
        kept = await stand_in.command(general, ann, "privacy show")
        others = await stand_in.command(general, ben, "me show")
        better = await me("correct", number=1, value="York @everyone")
        wrong = await stand_in.command(
            general, ben, "me correct", number=1, value="Rome"
        )
        after = await me("show")
        gone = await me("delete", number=2)
        none = await me("delete", number=7)
        left = await me("show")
        everything = await me("delete", number=0)
        empty = await me("show")
    assert "`memory.people`" in off
    assert "I noted 2 facts that you told of yourself" in kept.text
    where = f"https://discord.com/channels/{scene.guild.id}/{general.id}/{town}"
    assert f"1. lives in: **Leeds** {where}" in shown and "2. cat: **Mog**" in shown
    assert "I know nothing that you told" in others.text and "Leeds" not in others.text
    assert "York" in better and "no number 1" in wrong.text
    assert "York" in after and "Leeds" not in after and "@everyone" not in after
    assert "Deleted: 1 fact" in gone and "no number 7" in none
    assert "York" in left and "Mog" not in left
    assert "Deleted: 1 fact" in everything and "I know nothing" in empty


async def test_replies_to_a_member_know_it_and_to_others_do_not(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    prompts: list[Prompt],
) -> None:
    general, ann, ben = scene.general, scene.ann, scene.ben
    bot = stand_in.bot.mention
    async with taught(running, stand_in, service, scene):
        await stand_in.command(
            general, scene.mod, "config set", key="memory.people", value="on"
        )
        await told(stand_in, service, scene, "I live in Leeds")
        await stand_in.say(general, ann, f"{bot} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await stand_in.say(general, ben, f"{bot} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
        to_ann, to_ben = stand_in.outbox.sent()
        why = await stand_in.message_command(
            general, ben, "Why this?", to_ann.message_id
        )
        await stand_in.command(
            general, scene.mod, "config set", key="memory.people", value="off"
        )
        await stand_in.say(general, ann, f"{bot} hello again")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 3)
    known = [[fact.text for fact in one.people] for one in prompts]
    assert known == [["Ann lives in Leeds."], [], []]
    assert "knew what Ann told it: lives in" in why.text and "Leeds" not in why.text


async def test_what_was_told_in_a_hidden_channel_is_used_there_alone(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    prompts: list[Prompt],
) -> None:
    general, ann, bot = scene.general, scene.ann, stand_in.bot.mention
    scene.side.for_moderators = True
    async with taught(running, stand_in, service, scene):
        await stand_in.command(scene.side, scene.mod, "listen add", channel=scene.side)
        await stand_in.command(
            general, scene.mod, "config set", key="memory.people", value="on"
        )
        await stand_in.say(scene.side, ann, "my cat is called Mog")
        await until_stored(service, len(LINES) + 1)
        await PeopleKeeper(service.context).catch_up()
        for at, channel in enumerate((general, scene.side), 1):
            await stand_in.say(channel, ann, f"{bot} hello")
            await stand_in.wait_for(lambda n=at: len(stand_in.outbox.sent()) == n)  # type: ignore[misc]
    known = [[fact.text for fact in one.people] for one in prompts]
    assert known == [[], ["The cat of Ann is called Mog."]]


async def test_facts_go_with_their_messages_and_with_what_a_member_forgets(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    prompts: list[Prompt],
) -> None:
    general, ann, run = scene.general, scene.ann, service.context.database.run
    async with taught(running, stand_in, service, scene):
        await stand_in.command(
            general, scene.mod, "config set", key="memory.people", value="on"
        )
        town, cat, _ = await told(
            stand_in,
            service,
            scene,
            "I live in Quixford",
            "my cat is called Zanzibar",
            "my favourite food is blancmange",
        )
        guild = (await service.context.guild("Harbour")).id
        await stand_in.say(general, ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        assert len(prompts[0].people) >= 2
        await stand_in.edit(general, cat, "my cat is called Zorro")
        await stand_in.delete(general, town)
        shown = await stand_in.command(general, ann, "me show")
        while "Quixford" in shown.text or "Zorro" not in shown.text:
            shown = await stand_in.command(general, ann, "me show")
        assert "blancmange" in shown.text
        await stand_in.command(general, ann, "privacy forget")
        assert await run(facts.count, guild) == (0, 0)
        after = await stand_in.command(general, ann, "me show")
    assert "I know nothing" in after.text
    words = ("Quixford", "Zanzibar", "Zorro", "blancmange")
    assert files_with(home.root, *words) == []
