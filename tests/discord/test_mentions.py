"""Calls that name the bot in another way than by its own mention."""

from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


async def test_the_role_that_the_invitation_made_calls_the_bot(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    role = f"<@&{scene.guild.managed_role}>"
    async with start().connected():
        asked = await stand_in.say(scene.general, scene.ann, f"{role} are you there?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    (sent,) = stand_in.outbox.sent()
    assert sent.reply_to == asked and sent.text == "You said: are you there?"
    assert host.asked[0].reason == "mention"


async def test_another_role_does_not_call_the_bot(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    other = next(iter(scene.guild.roles))
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"<@&{other}> are you there?")
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert [one.author_name for one in host.asked] == ["Ben"]


async def test_a_forward_that_names_the_bot_is_answered_and_not_learned(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    said = await stand_in.say(
        scene.side, scene.ben, f"{stand_in.bot.mention} what is a tide?"
    )
    async with start().connected():
        await stand_in.forward(scene.general, scene.ann, scene.side, said)
        await stand_in.wait_for(lambda: len(host.asked) == 1)
        plain = await stand_in.say(scene.side, scene.ben, "no call at all")
        await stand_in.forward(scene.general, scene.mod, scene.side, plain)
        await stand_in.say(scene.general, scene.mod, f"{stand_in.bot.mention} so?")
        await stand_in.wait_for(lambda: len(host.asked) == 2)
    assert host.asked[0].text == "what is a tide?"
    assert host.asked[1].text == "so?"
    assert not any("tide" in one.text for one in host.messages.values())


async def test_a_mention_in_an_embed_counts_where_the_message_has_no_words(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    embed = {"type": "rich", "description": f"{stand_in.bot.mention} is it nine?"}
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "", embeds=[embed])
        await stand_in.wait_for(lambda: len(host.asked) == 1)
        await stand_in.say(scene.general, scene.ben, "see this", embeds=[embed])
        await stand_in.say(scene.general, scene.mod, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(host.asked) == 2)
    assert [one.text for one in host.asked] == ["is it nine?", "hello"]
