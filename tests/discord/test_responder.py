"""When it speaks, and what it says about that."""

from datetime import datetime

from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


async def test_it_joins_in_stays_and_may_react_instead(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, scene.side.id)] = {
        "speak.join_in": 1.0,
        "speak.react": 1.0,
        "speak.user_cooldown_seconds": 0.0,
    }
    host.overrides[(scene.guild.id, scene.general.id)] = {
        "speak.follow_up_seconds": 60,
    }
    host.overrides[(scene.guild.id, 0)] = {"speak.user_cooldown_seconds": 0.0}
    host.emoji_used = "🐟"
    async with start().connected():
        seen = await stand_in.say(scene.side, scene.ann, "a fish")
        await stand_in.wait_for(lambda: bool(stand_in.outbox.reactions))
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await stand_in.say(scene.general, scene.ben, "and me")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
    assert stand_in.outbox.reactions == [(seen, "🐟")]
    assert [ask.reason for ask in host.asked] == ["mention", "follow-up"]


async def test_wake_words_call_it(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {"speak.wake_words": ["parrot"]}
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "hey Parrot, you there?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert host.asked[0].reason == "wake word"


async def test_a_burst_of_messages_gets_one_reply_to_all_of_it(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {"speak.burst_seconds": 0.3}
    async with start().connected():
        first = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} so"
        )
        await stand_in.say(scene.general, scene.ann, "I was thinking")
        await stand_in.say(scene.general, scene.ben, "an aside")
        await stand_in.say(scene.general, scene.ann, "about boats")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert [ask.text for ask in host.asked] == ["so\nI was thinking\nabout boats"]
    assert stand_in.outbox.sent()[0].reply_to == first


async def test_asked_to_be_quiet_it_answers_commands_only(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        await stand_in.command(scene.general, scene.mod, "quiet", time="8h")
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        shown = await stand_in.command(scene.general, scene.ann, "why")
        answered = await stand_in.command(scene.general, scene.ann, "mark", seed="a")
        await stand_in.command(scene.general, scene.mod, "quiet", time="off")
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert "asked to be quiet" in shown.text
    assert answered.text == "You said: a"


async def test_bots_and_ordinary_messages_are_not_answered(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "nothing for you")
        await stand_in.say(scene.general, scene.robot, f"{stand_in.bot.mention} hello")
        shown = await stand_in.command(scene.general, scene.ann, "why")
    assert host.asked == []
    assert "nothing called it" in shown.text
    assert "a bot wrote it" in shown.text


async def test_in_quiet_hours_it_answers_commands_only(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    hour = datetime.now().hour
    quiet, awake = ((hour + h) % 24 for h in (2, 5))
    mention = f"{stand_in.bot.mention} hello"
    async with start().connected():
        general, mod = scene.general, scene.mod
        key = "speak.quiet_hours"
        await stand_in.command(
            general, mod, "config set", key=key, value=f"{hour}-{quiet}"
        )
        await stand_in.say(general, scene.ann, mention)
        why = await stand_in.command(general, scene.ann, "why")
        spoken = await stand_in.command(general, scene.ann, "mark", seed="a")
        await stand_in.command(
            general, mod, "config set", key=key, value=f"{quiet}-{awake}"
        )
        await stand_in.say(general, scene.ben, mention)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert f"these are quiet hours ({hour}-{quiet})" in why.text
    assert spoken.text == "You said: a"
    assert [ask.author for ask in host.asked] == [scene.ann.id, scene.ben.id]


async def test_cooldowns_hold_for_a_person_and_for_the_server(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {
        "speak.user_cooldown_seconds": 60.0,
        "speak.guild_per_minute": 2,
    }
    mention = f"{stand_in.bot.mention} hello"
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, mention)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await stand_in.say(scene.side, scene.ann, mention)
        person = await stand_in.command(scene.side, scene.ann, "why")
        await stand_in.say(scene.side, scene.ben, mention)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
        await stand_in.say(scene.side, scene.mod, mention)
        server = await stand_in.command(scene.side, scene.ann, "why")
    assert "this person had a reply" in person.text
    assert "the server had 2 replies in a minute" in server.text
    assert len(host.asked) == 2


async def test_it_speaks_in_allowed_channels_only(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {"speak.channels": ["general"]}
    async with start().connected():
        await stand_in.say(scene.side, scene.ann, f"{stand_in.bot.mention} here?")
        why = await stand_in.command(scene.side, scene.ann, "why")
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} there?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert "it may not speak in this channel" in why.text
    assert stand_in.outbox.sent()[0].channel_id == scene.general.id


async def test_why_says_how_it_chose_to_answer(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        said = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} hello"
        )
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        host.tuned[said] = "self-tuned to llm: 3 liked"
        why = await stand_in.command(scene.general, scene.ann, "why")
    assert "I answered Ann: it was mentioned. (self-tuned to llm: 3 liked)" in why.text
