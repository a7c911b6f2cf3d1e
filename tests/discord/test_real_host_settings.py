"""Settings and opinions with the real host behind the real client."""

from app.chat import feedback_weights
from app.core.names import GuildId
from app.core.paths import Home
from app.service.service import Service
from app.settings.config_file import save
from app.store import feedback, guilds, replies
from tests.discord.conftest import Running
from tests.discord.real_host import (
    LINES,
    count,
    eventually,
    listen,
    taught,
    until_stored,
)
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


async def test_settings_of_guild_and_channel_hold_from_the_next_message_on(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(
            scene.general,
            scene.mod,
            "config set",
            key="speak.wake_words",
            value="parrot, polly",
        )
        await stand_in.say(scene.general, scene.ann, "polly?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        refused = await stand_in.command(
            scene.general, scene.mod, "config set", key="reply.provider", value="openai"
        )
        shown = await stand_in.command(
            scene.general, scene.mod, "config show", key="speak.wake_words"
        )
    assert "owner" in refused.text
    assert "parrot, polly (this server)" in shown.text


async def test_an_owner_has_to_agree_before_messages_leave_the_machine(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    save(service.context.home.config_file, "bot.owners", [str(scene.mod.id)])
    options = {"key": "reply.provider", "value": "openai"}
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        told = await stand_in.command(scene.general, scene.mod, "config set", **options)
        done = await stand_in.command(
            scene.general, scene.mod, "config set", agree=True, **options
        )
    assert "leave this" in told.text and "agree" in told.text
    assert "`reply.provider` = openai (this server)" in done.text


async def test_the_owner_alone_withdraws_a_consent(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    settings = service.context.settings
    options = {"key": "reply.provider", "value": "openai", "agree": True}
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        refused = await stand_in.command(scene.general, scene.mod, "config withdraw")
        save(service.context.home.config_file, "bot.owners", [str(scene.mod.id)])
        settings._looked = None
        await stand_in.command(scene.general, scene.mod, "config set", **options)
        address = settings.home.openai.address
        assert await settings.has_agreed(GuildId(1), "replies", address)
        done = await stand_in.command(scene.general, scene.mod, "config withdraw")
        assert not await settings.has_agreed(GuildId(1), "replies", address)
        again = await stand_in.command(scene.general, scene.mod, "config withdraw")
        await settings.agree(None, "replies")
        kept = await stand_in.command(scene.general, scene.mod, "config withdraw")
    assert "owner" in refused.text
    assert "api.openai.com for replies" in done.text
    assert "no consent" in again.text
    assert "every server" in kept.text and "reply.local_only" in kept.text
    assert await settings.has_agreed(GuildId(1), "replies", address)


async def test_thumbs_are_kept_with_the_reply(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        own = stand_in.outbox.sent()[0].message_id
        ports = running.surroundings.ports.records

        async def is_sent() -> bool:
            return await ports.find_reply(own) is not None

        async def is_liked_twice() -> bool:
            reply = await ports.find_reply(own) or 0
            return await service.context.database.run(feedback.rating, reply) == 2

        await eventually(is_sent)
        await stand_in.react(scene.general, scene.ann, own, "👍")
        await stand_in.react(scene.general, scene.ben, own, "👍")
        await eventually(is_liked_twice)


LISTED = {
    "reply.mode": ("llm", "hybrid"),
    "reply.dial": ("20", "80"),
    "reply.persona": ("a harbour cat", "a gull"),
    "reply.max_words": ("7", "9"),
    "speak.join_in": ("0.25", "0.5"),
    "speak.wake_words": ("polly, parrot", "gull"),
    "speak.follow_up_seconds": ("60", "90"),
    "speak.quiet_hours": ("23-7", "1-2"),
    "speak.burst_seconds": ("2.5", "3.5"),
    "reply.stream": ("on", "on"),
    "reply.provider": ("openai", None),
    "openai.model": ("other-model", None),
    "speak.user_cooldown_seconds": ("5.0", None),
    "speak.guild_per_minute": ("9", None),
    "speak.channels": ("general, side", None),
    "learn.words": ("crab, eel", None),
    "learn.patterns": ("^!", None),
}
"""Values for the server and for one channel; None where channels cannot differ."""


async def test_every_setting_is_shown_set_and_reset_for_server_and_channel(
    stand_in: DiscordStandIn, running: Running, home: Home, scene: Scene
) -> None:
    save(home.config_file, "bot.owners", [str(scene.mod.id)])

    async def config(path: str, key: str, **options: object) -> str:
        shown = await stand_in.command(
            scene.general, scene.mod, f"config {path}", key=key, **options
        )
        return shown.texts[0]

    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        everything = await stand_in.command(scene.general, scene.mod, "config show")
        listed = "\n".join(everything.texts)
        for key, (wide, narrow) in LISTED.items():
            assert f"`{key}` = " in listed
            before = (await config("show", key)).splitlines()[0]
            assert before.endswith(("(built in)", "(config.toml)"))
            told = await config("set", key, value=wide, agree=True)
            assert told == f"Now `{key}` = {wide} (this server)."
            if narrow is None:
                refused = await config("set", key, value=wide, channel=True, agree=True)
                assert "cannot be set for a channel" in refused
            else:
                told = await config("set", key, value=narrow, channel=True)
                assert told == f"Now `{key}` = {narrow} (this channel)."
                told = await config("reset", key, channel=True)
                assert told == f"Now `{key}` = {wide} (this server)."
            assert await config("reset", key) == f"Now {before}."


async def test_word_filters_hold_for_what_is_learned(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await listen(stand_in, scene)
        await stand_in.command(
            scene.general, scene.mod, "config set", key="learn.words", value="crab"
        )
        await stand_in.say(scene.general, scene.ann, "a crab walked by the pier")
        await stand_in.say(scene.general, scene.ann, "a gull walked by the pier")
        await until_stored(service, 2)
    guild = (await service.context.database.run(guilds.every))[0]
    voice = await service.context.voices.voice(guild.id)
    assert voice.messages == 1


async def test_every_sign_of_what_people_think_is_kept_and_felt(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    run = service.context.database.run

    async def opinions(reply: int) -> set[tuple[str, int]]:
        found = await run(feedback.of_reply, reply)
        return {(one.kind, one.value) for one in found}

    async with taught(running, stand_in, service, scene):
        general, bot = scene.general, stand_in.bot.mention
        await stand_in.say(general, scene.ann, f"{bot} the boats")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        own = stand_in.outbox.sent()[0].message_id

        async def is_sent() -> bool:
            return await run(replies.find_sent, str(own)) is not None

        await eventually(is_sent)
        row = await run(replies.find_sent, str(own))
        assert row is not None
        reply = row.id
        await stand_in.react(general, scene.ann, own, "👎")
        await stand_in.react(general, scene.ben, own, "👍")
        await stand_in.message_command(general, scene.mod, "Again", own)
        await stand_in.delete(general, own)
        expected = {("thumb", -1), ("thumb", 1), ("again", -1)}

        async def is_kept() -> bool:
            # The message showed another version when it was deleted.
            gone = await opinions(reply + 1) == {("deleted", -1)}
            return gone and await opinions(reply) == expected

        await eventually(is_kept)
        (guild,) = await run(guilds.every)
        votes = await run(feedback.votes_by_source, guild.id)
        assert votes and all(
            feedback_weights.weight(about) < 1 for about in votes.values()
        )
        kept = await stand_in.command(general, scene.ann, "privacy show")
        assert "Your ratings of 1 replies are stored" in kept.text
        export = await stand_in.command(general, scene.ann, "privacy export")
        assert b'"rating": -1' in export.parts[0].file_bodies[0]
        assert await count(service) >= len(LINES)


async def test_it_chooses_itself_within_the_owners_limits_and_says_why(
    stand_in: DiscordStandIn, running: Running, home: Home, scene: Scene
) -> None:
    save(home.config_file, "reply.tune_modes", ["markov"])

    async def config(key: str, value: str) -> str:
        shown = await stand_in.command(
            scene.general, scene.mod, "config set", key=key, value=value
        )
        return shown.text

    async with running.connected():
        await listen(stand_in, scene)
        for line in LINES:
            await stand_in.say(scene.general, scene.ann, line)
        refused = await config("reply.tune_modes", "llm")
        assert "Only the owner" in refused
        await config("reply.self_tune", "on")
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} boats?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        why = await stand_in.command(scene.general, scene.ann, "why")
        own = stand_in.outbox.sent()[0].message_id
        story = await stand_in.message_command(
            scene.general, scene.ann, "Why this?", own
        )
    assert (
        "I answered Ben: it was mentioned. (self-tuned to markov: 0 liked" in why.text
    )
    assert "self-tuned to markov" in story.text
