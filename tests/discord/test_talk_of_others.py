"""It leaves alone what people say to each other."""

from typing import Any

from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

EAGER: dict[str, Any] = {
    "speak.join_in": 1.0,
    "speak.follow_up_seconds": 600,
    "speak.user_cooldown_seconds": 0.0,
    "speak.guild_per_minute": 1000,
}


async def test_it_joins_in_on_nothing_that_is_said_to_somebody_else(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = EAGER
    general, ann, ben = scene.general, scene.ann, scene.ben
    async with start().connected():
        his = await stand_in.say(general, ben, "a line for all")
        await stand_in.say(general, ann, f"{ben.mention} look", mentions=[ben])
        await stand_in.say(general, ann, "a reply", reply_to=his, type=19)
        for text in ("Ben, look", "@ben look", "BEN: look", "ben"):
            await stand_in.say(general, ann, text)
        role = next(iter(scene.guild.roles))
        await stand_in.say(general, ann, f"<@&{role}> look")
        own = await stand_in.say(general, ann, "Benches are wet")
        await stand_in.say(general, ann, "and cold", reply_to=own, type=19)
        await stand_in.say(general, ben, "ask ben about it")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 4)
        why = await stand_in.command(general, ann, "why")
    assert [ask.text for ask in host.asked] == [
        "a line for all", "Benches are wet", "and cold", "ask ben about it",
    ]  # fmt: skip
    assert "it speaks to somebody else" in why.text


async def test_whoever_calls_it_beside_others_is_answered(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {**EAGER, "speak.wake_words": ["parrot"]}
    general, ann, ben = scene.general, scene.ann, scene.ben
    bot = stand_in.bot.mention
    async with start().connected():
        his = await stand_in.say(general, ben, "parrot, one for all")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        mine = stand_in.outbox.sent()[0].message_id
        await stand_in.say(general, ann, f"{bot} and {ben.mention}", mentions=[ben])
        await stand_in.say(general, ann, "Ben, ask the parrot")
        await stand_in.say(general, ann, "parrot?", reply_to=his, type=19)
        await stand_in.say(general, ben, "why so?", reply_to=mine, type=19)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 5)
    reasons = [ask.reason for ask in host.asked]
    assert reasons == ["wake word", "mention", "wake word", "wake word", "reply"]
