"""A server that is not on the owner's list: the bot is silent there, or leaves."""

import time

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.discord.actions.strangers import LEAVE_AGAIN_SECONDS
from app.ipc import control
from app.service.handlers.guilds import GuildHandlers
from app.service.service import Service
from app.settings.config_file import save
from app.store import guilds, replies
from app.tui.screens.home.home_lines import draw_guild
from tests.discord.conftest import Running, Start
from tests.discord.real_host import count, eventually, listen, taught, until_stored
from tests.discord.scene import Scene
from tests.discord.test_stop_and_again import has_state, mention
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import MANAGE_GUILD, Guild, User


class Nobody:
    async def notify(self, notification: object) -> None:
        """Do nothing."""


@pytest.fixture
async def elsewhere(stand_in: DiscordStandIn) -> Guild:
    """Another server, which the owner did not list."""
    guild = Guild("Elsewhere")
    guild.channel("lobby")
    return await stand_in.add_guild(guild)


def list_only(home: Home, scene: Scene) -> None:
    save(home.config_file, "bot.servers", [str(scene.guild.id)])


async def test_it_is_silent_and_learns_nothing_where_the_owner_did_not_list_it(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    elsewhere: Guild,
) -> None:
    (lobby,) = elsewhere.channels.values()
    eve = elsewhere.join(User("Eve"), elsewhere.role("moderators", MANAGE_GUILD))
    mention = f"{stand_in.bot.mention} hello"
    async with running.connected():
        await listen(stand_in, scene)
        await stand_in.command(lobby, eve, "listen add", channel=lobby)
        await stand_in.say(lobby, eve, "what we said before the list")
        await until_stored(service, 1)
        list_only(home, scene)

        async def is_read() -> bool:
            return service.context.settings.home.bot.servers != []

        await eventually(is_read)
        await stand_in.say(lobby, eve, mention)
        await stand_in.say(lobby, eve, "!mark")
        refused = await stand_in.command(lobby, eve, "mark")
        own = await stand_in.command(lobby, eve, "privacy show")
        await stand_in.say(scene.general, scene.ann, mention)
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        await until_stored(service, 2)
        troubles = running.surroundings.troubles.every
    assert [one.channel_id for one in stand_in.outbox.sent()] == [scene.general.id]
    assert refused.ephemeral and "not on my owner's list" in refused.text
    assert "Stored about you" in own.text
    assert await count(service) == 2
    (told,) = troubles
    assert "silent on Elsewhere" in told.detail and "bot.servers" in told.hint
    listed = await GuildHandlers(service.context).guilds(Nobody(), control.Guilds())
    marks = {
        one.guild: "not listed" in draw_guild(one, 120).plain for one in listed.guilds
    }
    assert marks == {"Harbour": False, "Elsewhere": True}
    assert elsewhere.id in stand_in.guilds


async def test_it_leaves_such_a_server_where_the_owner_wants_that(
    stand_in: DiscordStandIn,
    running: Running,
    scene: Scene,
    home: Home,
    elsewhere: Guild,
) -> None:
    list_only(home, scene)
    save(home.config_file, "bot.other_servers", "leave")
    async with running.connected():
        await stand_in.wait_for(lambda: elsewhere.id not in stand_in.guilds)
        later = Guild("Later")
        await stand_in.add_guild(later)
        await stand_in.wait_for(lambda: later.id not in stand_in.guilds)
    assert scene.guild.id in stand_in.guilds
    assert running.surroundings.troubles.every == []


async def test_it_tries_again_to_leave_now_and_then_and_not_at_every_message(
    stand_in: DiscordStandIn, start: Start, scene: Scene, elsewhere: Guild
) -> None:
    (lobby,) = elsewhere.channels.values()
    eve, ahead = elsewhere.join(User("Eve")), 0.0
    leave = ("DELETE", f"/users/@me/guilds/{elsewhere.id}")
    stand_in.rest.faults.add("error", *leave, times=2, status=403)
    listed = dict(servers=[str(scene.guild.id)], other_servers="leave")
    running = start(clock=lambda: time.time() + ahead, **listed)
    async with running.connected():
        await stand_in.wait_for(lambda: stand_in.rest.requests.count(leave) == 1)
        for number in range(5):
            await stand_in.say(lobby, eve, f"line {number}")
        await stand_in.command(lobby, eve, "mark")
        (told,) = running.surroundings.troubles.every
        assert "could not leave Elsewhere" in told.detail
        assert stand_in.rest.requests.count(leave) == 1
        for times in (2, 3):
            ahead += LEAVE_AGAIN_SECONDS
            await stand_in.say(lobby, eve, "and another line")
            await stand_in.wait_for(
                lambda: stand_in.rest.requests.count(leave) == times  # noqa: B023
            )
        await stand_in.wait_for(lambda: elsewhere.id not in stand_in.guilds)
    assert running.surroundings.troubles.every == []


async def test_no_button_works_and_nothing_unsent_is_sent_where_it_is_not_listed_now(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    elsewhere: Guild,
) -> None:
    run, unsent = (
        service.context.database.run,
        running.surroundings.ports.replies.unsent,
    )
    async with taught(running, stand_in, service, scene) as ids:
        asked, own = await mention(stand_in, scene)
        await has_state(service, asked, "sent")
        (guild, channel) = await first_channel(service, scene)
        await run(replies.claim, GuildId(guild), channel, "mention", str(ids[0]))
        assert [one.trigger for one in await unsent(time.time())] == [ids[0]]
        save(home.config_file, "bot.servers", [str(elsewhere.id)])

        async def is_read() -> bool:
            return service.context.settings.home.bot.servers != []

        await eventually(is_read)
        assert await unsent(time.time()) == []
        pressed = await stand_in.press_on(scene.general, scene.ann, own, "Again")
        await stand_in.wait_for(lambda: bool(pressed.parts))
        await stand_in.command(scene.general, scene.ann, "privacy show")
    (told,) = pressed.parts
    assert told.ephemeral and "not on my owner's list" in told.text
    assert [one for one in stand_in.outbox.messages if one.kind == "edit"] == []
    row = await run(replies.answer_to, str(asked))
    assert row is not None and row.state == "sent"


async def first_channel(service: Service, scene: Scene) -> tuple[int, int]:
    """The rows of the main server and its main channel."""
    run = service.context.database.run
    guild = await run(guilds.find, str(scene.guild.id))
    assert guild is not None
    channel = await run(guilds.find_channel, guild.id, str(scene.general.id))
    assert channel is not None
    return guild.id, channel.id


def test_a_name_is_no_id_of_a_server() -> None:
    from app.core.errors import ConfigError
    from app.settings.validators import server

    with pytest.raises(ConfigError, match="Discord ids"):
        server("bot.servers", "Harbour")
