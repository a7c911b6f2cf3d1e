"""A server's persona on Discord: `/persona`."""

from app.service.service import Service
from tests.discord.conftest import Running
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
