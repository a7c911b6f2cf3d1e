"""A server's persona on Discord: `/persona`."""

from collections.abc import AsyncIterator

import pytest

from app.core.paths import Home
from app.providers.base import Completion, Prompt
from app.providers.local.provider import LocalProvider
from app.service.service import Service
from app.settings.config_file import save
from tests.discord.conftest import Running
from tests.discord.real_host import taught
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn, File
from tests.service.cards import V2, packed, picture


async def test_a_moderator_takes_a_card_and_removes_it(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, mod = scene.general, scene.mod
    stand_in.rest.files["brine.png"] = picture(("chara", packed(V2)))
    stand_in.rest.files["cat.png"] = picture()
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        card, cat = File("brine.png"), File("cat.png")
        mine = await stand_in.command(general, scene.ann, "persona import", card=card)
        before = await stand_in.command(general, mod, "persona show")
        taken = await stand_in.command(general, mod, "persona import", card=card)
        wrong = await stand_in.command(general, mod, "persona import", card=cat)
        shown = await stand_in.command(general, mod, "persona show")
        lore = await stand_in.command(general, mod, "lore list")
        gone = await stand_in.command(general, mod, "persona remove")
        after = await stand_in.command(general, mod, "persona show")
        none = await stand_in.command(general, mod, "lore list")
    assert mine.ephemeral and "permission" in mine.text
    assert "no persona" in before.text and before.ephemeral
    assert "**Captain Brine**: grumpy, loyal" in taken.text
    assert "gave my lorebook 2 entries" in taken.text
    assert "Not used: its system prompt" in taken.text
    assert "holds no character card" in wrong.text
    assert shown.text == taken.text.partition("\nNot used")[0]
    assert "**Ship** (kraken, Captain Brine's ship, from Captain Brine)" in lore.text
    assert "no longer Captain Brine" in gone.text
    assert after.text == before.text and "no entry yet" in none.text


async def test_a_channel_has_a_character_of_its_own(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, side, mod = scene.general, scene.side, scene.mod
    stand_in.rest.files["brine.png"] = picture(("chara", packed(V2)))
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        card = File("brine.png")
        await stand_in.command(side, mod, "persona import", card=card, channel=True)
        here = await stand_in.command(side, mod, "persona show")
        elsewhere = await stand_in.command(general, mod, "persona show")
        await stand_in.command(side, mod, "persona remove", channel=True)
        after = await stand_in.command(side, mod, "persona show")
    assert "**Captain Brine**" in here.text and "2 entries" in here.text
    assert "no persona" in elsewhere.text and after.text == elsewhere.text


async def test_a_character_answers_to_its_name_as_itself(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prompts: list[Prompt] = []

    async def write(
        self: LocalProvider, prompt: Prompt
    ) -> AsyncIterator[str | Completion]:
        prompts.append(prompt)
        yield Completion(f"the tern sails at dawn {len(prompts)}")

    monkeypatch.setattr(LocalProvider, "write", write)
    monkeypatch.setattr(LocalProvider, "unavailable", lambda self, prompt: None)
    save(home.config_file, "reply.mode", "hybrid")
    save(home.config_file, "reply.candidates", 1)
    save(home.config_file, "memory.enabled", False)
    general, side, ann, mod = scene.general, scene.side, scene.ann, scene.mod
    stand_in.rest.files["brine.png"] = picture(("chara", packed(V2)))
    async with taught(running, stand_in, service, scene):
        card = File("brine.png")
        options = {"card": card, "channel": True, "dial": 30}
        added = await stand_in.command(general, mod, "persona add", **options)
        mine = await stand_in.command(general, ann, "persona add", card=card)
        await stand_in.say(general, ann, "captain brine, where is your kraken?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await stand_in.say(side, ann, "captain brine, are you here?")
        await stand_in.say(general, ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1 + 1)
        by_role, by_bot = stand_in.outbox.sent()
        why = await stand_in.message_command(
            general, ann, "Why this?", by_role.message_id
        )
        listed = await stand_in.command(general, mod, "persona list")
        gone = await stand_in.command(general, mod, "persona dismiss", name="x")
        left = await stand_in.command(
            general, mod, "persona dismiss", name="captain brine"
        )
        await stand_in.say(general, ann, "captain brine?")
        nobody = await stand_in.command(general, mod, "persona list")
    assert "**Captain Brine**: grumpy" in added.text and "permission" in mine.text
    assert by_role.text == "Captain Brine: the tern sails at dawn 1"
    assert by_bot.text.startswith("the tern sails at dawn")
    first, *_, last = prompts
    assert (first.bot_name, first.dial) == ("Captain Brine", 30)
    assert first.persona.startswith("grumpy, loyal.")
    assert "Ship" in [entry.name for entry in first.lore]
    assert (last.bot_name, last.dial, last.persona) == ("Mynah", 50, "")
    assert "Ship" not in [entry.name for entry in last.lore]
    assert "spoke as Captain Brine" in why.text and "Called by: wake word" in why.text
    assert "**Captain Brine** (1 channel, voice 30 %)" in listed.text
    assert "no character 'x'" in gone.text and "Captain Brine has left" in left.text
    assert "no character beside me" in nobody.text
