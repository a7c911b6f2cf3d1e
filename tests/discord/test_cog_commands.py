"""The other commands: channels, training, privacy, settings, help."""

import asyncio

from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import OWNER_ID, Guild, User


async def test_channels_are_added_removed_and_listed(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        for one in (scene.general, scene.side):
            await stand_in.command(one, scene.mod, "listen add", channel=one)
        assert set(host.learning) == {scene.general.id, scene.side.id}
        await stand_in.command(
            scene.general, scene.mod, "listen remove", channel=scene.side
        )
        shown = await stand_in.command(scene.general, scene.ann, "listen list")
    assert set(host.learning) == {scene.general.id}
    assert "1 channel." in shown.text and f"<#{scene.general.id}>" in shown.text


async def test_members_may_not_change_what_is_learned(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        one = {"channel": scene.general}
        for path, options in (
            ("listen add", one),
            ("listen remove", one),
            ("listen modify", {}),
            ("train", {}),
            ("config set", {"key": "reply.mode", "value": "markov"}),
            ("quiet", {}),
            ("privacy member", {"user": scene.ben}),
        ):
            shown = await stand_in.command(scene.general, scene.ann, path, **options)
            assert shown.ephemeral and "permission" in shown.text, path
    assert host.learning == {} and host.overrides == {}


async def test_an_owner_of_the_bot_may_do_everything_everywhere(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start(owners=[str(scene.ann.id)]).connected():
        await stand_in.command(
            scene.general, scene.ann, "listen add", channel=scene.general
        )
    assert scene.general.id in host.learning


async def test_the_menu_chooses_among_more_than_25_channels(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    wide = Guild("Wide")
    channels = [wide.channel(f"channel-{number:02}") for number in range(60)]
    owner = wide.join(User("owner", OWNER_ID))
    await stand_in.add_guild(wide)
    host.learning[channels[0].id] = wide.id
    async with start().connected():
        shown = await stand_in.command(channels[0], owner, "listen modify")
        menu = shown.components[0]
        assert len(menu["options"]) == 25
        assert [one["default"] for one in menu["options"]][:2] == [True, False]
        chosen = [str(channels[3].id), str(channels[4].id)]
        after = await stand_in.press(shown, owner, "listen-channels-0", chosen)
        assert "2 channels" in after.text
        turned = await stand_in.press(after, owner, "listen-page-1")
        assert "page 2 of 3" in turned.text
        more = [str(channels[30].id)]
        turned = await stand_in.press(turned, owner, "listen-channels-1", more)
        last = await stand_in.press(turned, owner, "listen-page-2")
        assert len(last.components[0]["options"]) == 10
    assert set(host.learning) == {channels[n].id for n in (3, 4, 30)}


async def test_many_channels_are_added_and_removed_in_a_menu(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost
) -> None:
    wide = Guild("Wide")
    channels = [wide.channel(f"channel-{number:02}") for number in range(60)]
    owner = wide.join(User("owner", OWNER_ID))
    await stand_in.add_guild(wide)
    host.learning[channels[0].id] = wide.id
    async with start().connected():
        shown = await stand_in.command(channels[0], owner, "listen add")
        assert "page 1 of 3" in shown.text
        values = [one["value"] for one in shown.components[0]["options"]]
        assert values == [str(one.id) for one in channels[1:26]]
        shown = await stand_in.press(shown, owner, "listen-channels-0", values)
        shown = await stand_in.press(shown, owner, "listen-page-1")
        values = [one["value"] for one in shown.components[0]["options"]]
        shown = await stand_in.press(shown, owner, "listen-channels-1", values)
        assert "51 channels" in shown.text
        back = await stand_in.press(shown, owner, "listen-channels-1", values[1:])
        assert "50 channels" in back.text
        shown = await stand_in.command(channels[0], owner, "listen remove")
        gone = [str(one.id) for one in channels[:25]]
        assert not any(one["default"] for one in shown.components[0]["options"])
        shown = await stand_in.press(shown, owner, "listen-channels-0", gone)
        assert "25 channels" in shown.text
    assert set(host.learning) == {one.id for one in (channels[25], *channels[27:51])}


async def test_an_empty_menu_is_not_shown(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        none = await stand_in.command(scene.general, scene.mod, "listen remove")
        host.learning |= {
            scene.general.id: scene.guild.id,
            scene.side.id: scene.guild.id,
        }
        full = await stand_in.command(scene.general, scene.mod, "listen add")
    assert none.ephemeral and "no channel" in none.text
    assert full.ephemeral and "every channel" in full.text and not full.components


async def test_a_member_sees_exports_and_forgets_what_is_theirs(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "mine")
        await stand_in.say(scene.general, scene.ben, "his")
        await stand_in.wait_for(lambda: len(host.messages) == 2)
        shown = await stand_in.command(scene.general, scene.ann, "privacy show")
        export = await stand_in.command(scene.general, scene.ann, "privacy export")
        await stand_in.command(scene.general, scene.ann, "privacy forget")
        after = await stand_in.command(scene.general, scene.ann, "privacy show")
    assert shown.ephemeral and "1 messages" in shown.text
    assert export.ephemeral and b"mine" in export.parts[0].file_bodies[0]
    assert b"his" not in export.parts[0].file_bodies[0]
    assert "No message of yours" in after.text
    assert [message.text for message in host.messages.values()] == ["his"]


async def test_a_member_agrees_to_tuning_and_takes_it_back(
    stand_in: DiscordStandIn, start: Start, scene: Scene, host: MemoryHost
) -> None:
    async with start().connected():
        said = await stand_in.command(
            scene.general, scene.ann, "privacy tuning", allow=True
        )
        assert len(host.allows_tuning) == 1
        assert said.ephemeral and "reverses" in said.text
        await stand_in.command(scene.general, scene.ann, "privacy tuning", allow=False)
        assert not host.allows_tuning


async def test_an_opt_out_holds_until_it_is_taken_back(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "old")
        await stand_in.wait_for(lambda: len(host.messages) == 1)
        await stand_in.command(scene.general, scene.ann, "privacy opt-out")
        await stand_in.say(scene.general, scene.ann, "while out")
        shown = await stand_in.command(scene.general, scene.ann, "privacy show")
        await stand_in.command(scene.general, scene.ann, "privacy opt-in")
        await stand_in.say(scene.general, scene.ann, "back")
        await stand_in.wait_for(lambda: len(host.messages) == 1)
    assert "You opted out" in shown.text
    assert [message.text for message in host.messages.values()] == ["back"]


async def test_a_banned_members_recent_messages_go_in_one_step(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    host.overrides[(scene.guild.id, 0)] = {"learn.forget_banned": False}
    day = 86_400.0
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "long ago", age_seconds=3 * day)
        await stand_in.say(scene.general, scene.ann, "raid")
        await stand_in.wait_for(lambda: len(host.messages) == 2)
        await stand_in.ban(scene.guild, scene.ann)
        shown = await stand_in.command(
            scene.general, scene.mod, "privacy member", user=scene.ann
        )
    assert "1 messages" in shown.text
    assert [message.text for message in host.messages.values()] == ["long ago"]


async def test_settings_are_shown_with_their_origin_set_and_reset(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        general, mod = scene.general, scene.mod
        await stand_in.command(general, mod, "config set", key="reply.dial", value="80")
        await stand_in.command(
            general, mod, "config set", key="reply.dial", value="20", channel=True
        )
        here = await stand_in.command(general, mod, "config show", key="reply.dial")
        there = await stand_in.command(scene.side, mod, "config show", key="reply.dial")
        back = await stand_in.command(
            general, mod, "config reset", key="reply.dial", channel=True
        )
        everything = await stand_in.command(general, mod, "config show")
        await asyncio.sleep(0.1)
    assert "`reply.dial` = 20 (this channel)" in here.text
    assert "`reply.dial` = 80 (this server)" in there.text
    assert "`reply.dial` = 80 (this server)" in back.text
    assert "`speak.join_in`" in "\n".join(everything.texts)


async def test_a_path_of_the_owners_computer_is_not_a_servers_to_set_or_see(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        general, mod = scene.general, scene.mod
        refused = await stand_in.command(
            general, mod, "config set", key="model.adapter", value="/etc/passwd"
        )
        everything = await stand_in.command(general, mod, "config show")
    assert "owner" in refused.text
    assert "model.adapter" not in "\n".join(everything.texts)


async def test_a_wrong_setting_is_explained(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        shown = await stand_in.command(
            scene.general, scene.mod, "config set", key="reply.dail", value="80"
        )
        offered = await stand_in.complete(
            scene.general, scene.mod, "config set", "key", "wake"
        )
    assert "Did you mean reply.dial?" in shown.text
    assert offered == ["speak.wake_words"]


async def test_help_says_what_is_enabled_here(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start(command="parrot", prefix="!p").connected():
        first = await stand_in.command(scene.general, scene.ann, "help")
        host.overrides[(scene.guild.id, 0)] = {"speak.wake_words": ["polly"]}
        host.learning[scene.general.id] = scene.guild.id
        await stand_in.say(scene.general, scene.ann, "!p help")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert "listens to no channel yet" in first.text and "`/parrot`" in first.text
    assert "polly" not in first.text
    assert "polly" in stand_in.outbox.sent()[0].text


async def test_the_invitation_asks_for_no_more_rights_than_needed(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        shown = await stand_in.command(scene.general, scene.ann, "invite")
        await stand_in.say(scene.general, scene.ann, "!mark invite")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert "scope=bot%20applications.commands" in shown.text
    assert "permissions=8" not in shown.text
    assert stand_in.outbox.sent()[0].text == shown.text


async def test_the_activity_is_shown(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start(activity="with words").connected():
        pass
    presence = stand_in.gateway.identifies[0]["presence"]
    assert presence["game"]["name"] == "with words"
