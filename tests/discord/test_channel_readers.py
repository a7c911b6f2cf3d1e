"""Channels with readers of their own: private ones, private threads, adults' ones."""

from dataclasses import replace

import pytest

from app.core.names import GuildId
from app.service.service import Service
from app.store import guilds
from app.store.audience import speakable_channels
from tests.discord.conftest import PACE, Running
from tests.discord.real_host import LINES, eventually, listen, stored, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import MANAGE_THREADS, Channel, User

SECRET = "and the treasury is below"


async def rows_by_name(service: Service) -> dict[str, int]:
    run = service.context.database.run
    return {
        one.name: one.id
        for guild in await run(guilds.every)
        for one in await run(guilds.channels, guild.id)
    }


async def speakable(service: Service, here: Channel) -> set[str]:
    """Names of the channels whose words may be said in a channel."""
    rows = await rows_by_name(service)
    if here.name not in rows:
        return set()  # Its server is not surveyed yet.
    row = rows[here.name]
    found = await service.context.database.run(speakable_channels, GuildId(1), row)
    return {name for name, row in rows.items() if found is None or row in found}


async def until_speakable(service: Service, here: Channel, *channels: Channel) -> None:
    wanted = {one.name for one in channels}

    async def is_so() -> bool:
        return await speakable(service, here) == wanted

    await eventually(is_so)


async def test_a_channel_that_turns_private_or_for_adults_is_followed_at_once(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, side = scene.general, scene.side
    async with running.connected():
        await listen(stand_in, scene)
        await until_speakable(service, general, general, side)
        side.for_moderators = True
        await stand_in.update_channel(side)
        await until_speakable(service, general, general)
        assert await speakable(service, side) == {"general", "side"}
        side.for_moderators, side.is_age_restricted = False, True
        await stand_in.update_channel(side)
        await until_speakable(service, side, general, side)
        assert await speakable(service, general) == {"general"}
        side.is_age_restricted = False
        await stand_in.update_channel(side)
        await until_speakable(service, general, general, side)


async def test_a_channel_that_turned_private_during_a_pause_is_known_before_a_reply(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await listen(stand_in, scene)
        await until_speakable(service, scene.general, scene.general, scene.side)
    scene.side.for_moderators = True
    async with running.connected():
        await stand_in.command(scene.general, scene.ann, "mark")
        assert await speakable(service, scene.general) == {"general"}


async def test_a_private_thread_is_learned_only_if_it_is_listened_to_itself(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    open_one = scene.guild.thread(scene.general, "open")
    private = scene.guild.private_thread(scene.general, "private", scene.mod)
    async with running.connected():
        await listen(stand_in, scene)
        await stand_in.say(private, scene.mod, SECRET)
        await stand_in.say(open_one, scene.ann, LINES[0])
        await until_stored(service, 1)
        await stand_in.command(private, scene.mod, "listen add", channel=private)
        heard = await stand_in.say(private, scene.mod, SECRET)
        await until_stored(service, 2)
        assert str(heard) in await stored(service)
        assert await speakable(service, scene.general) == {"general", "side", "open"}
        await stand_in.command(private, scene.mod, "listen remove", channel=private)
        await stand_in.say(private, scene.mod, "unheard")
        await stand_in.say(open_one, scene.ann, LINES[1])
        await until_stored(service, 3)
    assert "unheard" not in (await stored(service)).values()


async def test_a_pause_and_a_training_leave_private_threads_alone(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    private = scene.guild.private_thread(scene.general, "private", scene.mod)
    async with running.connected():
        await listen(stand_in, scene)
        await stand_in.say(scene.general, scene.ann, LINES[0])
        await until_stored(service, 1)
    later = scene.guild.private_thread(scene.general, "later", scene.mod)
    for thread in (private, later):
        await stand_in.say(thread, scene.mod, SECRET)
    await stand_in.say(scene.general, scene.ann, LINES[1])
    async with running.connected():
        await until_stored(service, 2)
        await stand_in.command(scene.general, scene.mod, "train", clean=False)
        await stand_in.say(scene.general, scene.ann, LINES[2])
        await until_stored(service, 3)
    assert SECRET not in (await stored(service)).values()


@pytest.mark.parametrize("who", ["outsider", "member", "moderator"])
async def test_sources_in_a_private_thread_are_shown_to_its_members_alone(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    who: str,
) -> None:
    people = {"outsider": scene.ann, "member": scene.ben}
    guards = scene.guild.role("guards", MANAGE_THREADS)
    people["moderator"] = scene.guild.join(User("Guard"), guards)
    private = scene.guild.private_thread(scene.general, "private", scene.ben)
    stand_in.rest.files["plan.png"] = b"a plan"
    async with running.connected():
        await listen(stand_in, scene)
        await stand_in.command(private, scene.mod, "listen add", channel=private)
        for line in LINES:
            text = f"{line} {SECRET}"
            await stand_in.say(private, scene.ben, text, files=["plan.png"])
        await until_stored(service, len(LINES))
        shown = await stand_in.command(private, scene.ben, "mark")
        own = shown.parts[0].message_id
        why = await stand_in.message_command(private, people[who], "Why this?", own)
    assert shown.parts[0].files == ["plan.png"]
    assert ("Source messages" in why.text) == (who != "outsider")


async def test_sources_for_adults_are_not_shown_elsewhere(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, side = scene.general, scene.side
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(side, scene.mod, "listen add", channel=side)
        for line in LINES:
            await stand_in.say(side, scene.ben, f"{line} {SECRET}")
        await until_stored(service, len(LINES))
        shown = await stand_in.command(general, scene.ben, "mark")
        own = shown.parts[0].message_id
        before = await stand_in.message_command(general, scene.ann, "Why this?", own)
        side.is_age_restricted = True
        await stand_in.update_channel(side)
        await until_speakable(service, general, general)
        after = await stand_in.message_command(general, scene.ann, "Why this?", own)
        general.is_age_restricted = True
        await stand_in.update_channel(general)
        await until_speakable(service, general, general, side)
        again = await stand_in.message_command(general, scene.ann, "Why this?", own)
    assert "Source messages" in before.text
    assert "Source messages" not in after.text and "not shown here" in after.text
    assert "Source messages" in again.text


@pytest.mark.parametrize(
    ("hide", "is_sent"),
    [("is_age_restricted", False), ("for_moderators", False), ("", True)],
)
async def test_a_file_stays_among_those_who_can_see_its_channel(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    hide: str,
    is_sent: bool,
) -> None:
    general, side = scene.general, scene.side
    stand_in.rest.files["plan.png"] = b"a plan"
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(side, scene.mod, "listen add", channel=side)
        for line in LINES:
            await stand_in.say(side, scene.ben, line, files=["plan.png"])
        await until_stored(service, len(LINES))
        if hide:
            setattr(side, hide, True)
            await stand_in.update_channel(side)
            await until_speakable(service, general, general)
        shown = await stand_in.command(general, scene.ben, "mark")
    assert bool(shown.parts[0].files) == is_sent


async def test_the_readers_of_imported_threads_are_asked_for(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    private = scene.guild.private_thread(scene.general, "private", scene.ben)
    archived = scene.guild.thread(scene.general, "archived")
    private.archived = archived.archived = True

    def learn_channels() -> None:
        guild = guilds.ensure("Harbour", str(scene.guild.id)).id
        for channel, name in (
            (private.id, "private"),
            (archived.id, "archived"),
            (17, "gone"),
        ):
            guilds.ensure_channel(guild, name, str(channel))

    await service.context.database.run(learn_channels)
    async with running.connected():
        await stand_in.command(scene.general, scene.ann, "mark")
        await until_speakable(
            service,
            scene.general,
            scene.general,
            scene.side,
            archived,
            Channel("gone", None),
        )
        assert "private" in await rows_by_name(service)


async def test_the_readers_of_a_thread_are_asked_for_again_after_an_error_of_discord(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    archived = scene.guild.thread(scene.general, "archived")
    archived.archived = True

    def learn_channel() -> None:
        guild = guilds.ensure("Harbour", str(scene.guild.id)).id
        guilds.ensure_channel(guild, "archived", str(archived.id))

    await service.context.database.run(learn_channel)
    stand_in.rest.faults.add("error", "GET", f"/channels/{archived.id}", status=505)
    often = replace(PACE, between_surveys=0.05)
    running.surroundings = replace(running.surroundings, pace=often)
    general, side = scene.general, scene.side
    async with running.connected():
        await until_speakable(service, general, general, side, archived)
    assert stand_in.rest.faults.pending == 0


async def test_a_listened_private_thread_is_listed_and_its_training_reads_it(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    private = scene.guild.private_thread(scene.general, "private", scene.mod)
    other = scene.guild.private_thread(scene.general, "other", scene.mod)
    for thread in (private, other):
        await stand_in.say(thread, scene.mod, f"in {thread.name}")
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(private, scene.mod, "listen add", channel=private)
        listed = await stand_in.command(private, scene.mod, "listen list")
        assert f"<#{private.id}>" in listed.text and "1 channel" in listed.text
        await stand_in.command(private, scene.mod, "train")
        await until_stored(service, 1)
    assert list((await stored(service)).values()) == ["in private"]
