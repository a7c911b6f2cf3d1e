"""Forums, media channels, and the text of voice and stage channels."""

import pytest

from app.service.service import Service
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import (
    LINES,
    eventually,
    stored,
    taught,
    until_stored,
)
from tests.discord.scene import Scene
from tests.discord_stand_in.rights import CONNECT
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import (
    FORUM,
    MEDIA,
    STAGE_CHANNEL,
    VOICE_CHANNEL,
    Channel,
)

KINDS = (VOICE_CHANNEL, STAGE_CHANNEL, FORUM, MEDIA)


async def place_in(stand_in: DiscordStandIn, scene: Scene, channel: Channel) -> Channel:
    """Where people write: the channel itself, or a post in a forum."""
    if channel.type in (FORUM, MEDIA):
        return await stand_in.post(channel, scene.ann, "a post", "the opening words")
    return channel


@pytest.mark.parametrize("kind", KINDS)
async def test_it_learns_speaks_and_is_marked_in_every_kind_of_channel(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    kind: int,
) -> None:
    odd = scene.guild.channel("odd", kind)
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        told = await stand_in.command(
            scene.general, scene.mod, "listen add", channel=odd
        )
        assert "I now listen to" in told.text
        here = await place_in(stand_in, scene, odd)
        extra = 0 if here is odd else 1
        for line in LINES:
            await stand_in.say(here, scene.ben, line)
        await until_stored(service, len(LINES) + extra)
        listed = await stand_in.command(scene.general, scene.mod, "listen list")
        assert f"<#{odd.id}>" in listed.text
        made = await stand_in.command(here, scene.ann, "mark", seed="the tide")
        assert made.text.startswith("the tide")
        asked = await stand_in.say(here, scene.ann, f"{stand_in.bot.mention} boats?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    sent = stand_in.outbox.sent()[0]
    assert (sent.channel_id, sent.reply_to) == (here.id, asked)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_was_written_there_in_a_pause_is_caught_up(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    kind: int,
) -> None:
    odd = scene.guild.channel("odd", kind)
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(scene.general, scene.mod, "listen add", channel=odd)
    here = await place_in(stand_in, scene, odd)
    await stand_in.say(here, scene.ben, "written in the pause")
    async with running.connected():

        async def is_read() -> bool:
            return "written in the pause" in (await stored(service)).values()

        await eventually(is_read)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_training_reads_its_past(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    kind: int,
) -> None:
    odd = scene.guild.channel("odd", kind)
    here = await place_in(stand_in, scene, odd)
    for line in LINES:
        await stand_in.say(here, scene.ben, line)
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(scene.general, scene.mod, "listen add", channel=odd)
        await stand_in.command(scene.general, scene.mod, "train", clean=False)
        await until_stored(service, len(LINES) + (here is not odd))


async def test_the_menu_offers_every_kind_of_channel(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    for kind in KINDS:
        scene.guild.channel(f"kind-{kind}", kind)
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        shown = await stand_in.command(scene.general, scene.mod, "listen modify")
    (choice,) = [one for one in shown.components if one["type"] == 3]
    labels = {one["label"] for one in choice["options"]}
    assert labels == {"#general", "#side", *(f"#kind-{kind}" for kind in KINDS)}


@pytest.mark.parametrize("kind", (VOICE_CHANNEL, STAGE_CHANNEL))
async def test_it_says_nothing_in_a_voice_channel_where_it_may_not_connect(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    kind: int,
) -> None:
    odd = scene.guild.channel("odd", kind)
    odd.deny(stand_in.bot, CONNECT)
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        told = await stand_in.command(
            scene.general, scene.mod, "listen add", channel=odd
        )
        await stand_in.say(odd, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} there?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert "Connect" in told.text
    assert [ask.text for ask in host.asked] == ["there?"]


async def test_in_a_thread_on_its_own_message_it_needs_no_mention(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        await service.context.settings.change("speak.user_cooldown_seconds", "0")
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} boats?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        own = stand_in.outbox.sent()[0].message_id
        assert own is not None
        thread = await stand_in.start_thread(scene.general, scene.ann, own, "boats")
        asked = await stand_in.say(thread, scene.ben, "and where does the cat sleep?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
        made = await stand_in.command(thread, scene.ann, "mark", seed="the tide")
        assert made.text.startswith("the tide")
        # What somebody says there to another person is left alone.
        await stand_in.say(thread, scene.ann, "Ben, look", mentions=[scene.ben])
        other = await stand_in.say(scene.general, scene.ben, "the gulls are loud")
        elsewhere = await stand_in.start_thread(
            scene.general, scene.ben, other, "gulls"
        )
        await stand_in.say(elsewhere, scene.ann, "they are")
        await until_stored(service, len(LINES) + 5)
        sent = stand_in.outbox.sent()
    assert [(one.channel_id, one.reply_to) for one in sent[1:]] == [(thread.id, asked)]
    assert "and where does the cat sleep?" in (await stored(service)).values()


@pytest.mark.parametrize("kind", (FORUM, MEDIA))
async def test_posts_have_the_settings_of_their_forum(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    kind: int,
) -> None:
    forum = scene.guild.channel("forum", kind)
    async with taught(running, stand_in, service, scene):
        first = await stand_in.post(forum, scene.ann, "first", "the opening words")
        told = await stand_in.command(
            first, scene.mod, "config set",
            key="speak.mentions", value="off", channel=True,
        )  # fmt: skip
        assert "speak.mentions" in told.text
        second = await stand_in.post(forum, scene.ann, "second", "other words")
        await stand_in.say(second, scene.ann, f"{stand_in.bot.mention} boats?")
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} boats?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert stand_in.outbox.sent()[0].channel_id == scene.general.id
