"""What was forgotten stays forgotten: the real host, a new session, training, files."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from app.ipc import control
from app.service.service import Service
from app.store import guilds, members, messages
from tests.discord.conftest import Running
from tests.discord.real_host import (
    LINES,
    eventually,
    listen,
    stored,
    taught,
    until_stored,
)
from tests.discord.scene import Scene
from tests.discord.test_controller import NOBODY
from tests.discord_stand_in.interactions import Interaction
from tests.discord_stand_in.payloads import message_payload
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import snowflake

Forget = Callable[[DiscordStandIn, Service, Scene, list[int]], Awaitable[list[int]]]
"""Forgets in one of the ways; returns the ids of the messages that must not return."""


async def by_privacy_forget(
    stand_in: DiscordStandIn, service: Service, scene: Scene, ids: list[int]
) -> list[int]:
    unheard, general = snowflake(age_seconds=60), scene.general
    general.messages[unheard] = message_payload(
        general, scene.ann, "written before, and never heard", message_id=unheard
    )
    told = await stand_in.command(scene.general, scene.ann, "privacy forget")
    assert "No trace of it is left. It stays forgotten" in told.text
    assert told.text.endswith("None of the 3 texts was found.")
    return [*ids[::2], unheard]


async def by_opting_out_and_in(
    stand_in: DiscordStandIn, service: Service, scene: Scene, ids: list[int]
) -> list[int]:
    await stand_in.command(scene.general, scene.ann, "privacy opt-out")
    unheard = await stand_in.say(scene.general, scene.ann, "while opted out")
    await stand_in.command(scene.general, scene.ann, "privacy opt-in")
    return [*ids[::2], unheard]


async def by_a_moderator(
    stand_in: DiscordStandIn, service: Service, scene: Scene, ids: list[int]
) -> list[int]:
    await stand_in.command(
        scene.general, scene.mod, "privacy member", user=scene.ann, hours=1
    )
    return ids[::2]


async def by_the_owner(
    stand_in: DiscordStandIn, service: Service, scene: Scene, ids: list[int]
) -> list[int]:
    await service.call(NOBODY, control.Forget("Harbour", author=str(scene.ann.id)))
    return ids[::2]


async def by_message(
    stand_in: DiscordStandIn, service: Service, scene: Scene, ids: list[int]
) -> list[int]:
    await service.call(NOBODY, control.Forget("Harbour", [str(ids[0]), str(ids[1])]))
    return ids[:2]


async def by_channel(
    stand_in: DiscordStandIn, service: Service, scene: Scene, ids: list[int]
) -> list[int]:
    await service.call(NOBODY, control.Forget("Harbour", channel="general"))
    general = scene.general
    await stand_in.command(general, scene.mod, "listen add", channel=general)
    return ids


async def by_the_sources_of_a_reply(
    stand_in: DiscordStandIn, service: Service, scene: Scene, ids: list[int]
) -> list[int]:
    shown = await stand_in.command(scene.general, scene.ben, "mark", seed="the tide")
    before = set(await stored(service))
    own = shown.parts[0].message_id
    await stand_in.message_command(scene.general, scene.mod, "Forget the sources", own)
    gone = before - set(await stored(service))
    assert gone
    # The bot's own line that said it is forgotten with it.
    return [*map(int, gone), own]


async def by_deleting_it_on_discord(
    stand_in: DiscordStandIn, service: Service, scene: Scene, ids: list[int]
) -> list[int]:
    general, unheard = scene.general, snowflake(age_seconds=60)
    general.messages[unheard] = message_payload(
        general, scene.ann, "written before, and never heard", message_id=unheard
    )
    kept = {one: general.messages[one] for one in (unheard, ids[0])}
    for one in kept:
        await stand_in.delete(general, one)
    await until_stored(service, len(LINES) - 1)
    # A page that was read before, or an export, still has them.
    general.messages |= kept
    return list(kept)


@pytest.mark.parametrize(
    "forget",
    [
        by_privacy_forget,
        by_opting_out_and_in,
        by_a_moderator,
        by_the_owner,
        by_message,
        by_channel,
        by_the_sources_of_a_reply,
        by_deleting_it_on_discord,
    ],
)
async def test_what_was_forgotten_comes_back_by_no_way(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    tmp_path: Path,
    forget: Forget,
) -> None:
    async def check(way: str) -> None:
        kept = set(await stored(service))
        assert {one for one in gone if str(one) in kept} == set(), way

    async with taught(running, stand_in, service, scene) as ids:
        gone = await forget(stand_in, service, scene, ids)
        await check("forgetting")
        for author in (scene.ann, scene.ben):
            later = await stand_in.say(scene.general, author, "written afterwards")
            await until_known(service, later)
        await new_session(stand_in, running)
        await check("a new session")
    async with running.connected():
        await caught_up(stand_in, running)
        await check("a restart")
        await train(stand_in, scene)
        await check("a training")
        file = export_file(scene, tmp_path)
        request = control.Import("Harbour", [str(file)])
        counts = await service.call(NOBODY, request)
        await check("an import")
        heard = [one for one in ids if one in gone]
        nameless = control.Import(
            "Harbour", [str(file_without_ids(scene, heard, tmp_path))]
        )
        returned = await service.call(NOBODY, nameless)
    assert counts.reasons["forgotten"] == len(gone)
    assert counts.added == 0
    assert returned.reasons["forgotten"] == returned.read == len(heard)
    others = {str(one) for one in ids} - {str(one) for one in gone}
    assert others <= set(await stored(service))


async def test_everything_comes_back_by_training_alone_without_what_a_member_forgot(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene) as ids:
        await stand_in.command(scene.general, scene.ann, "privacy forget")
        await service.call(NOBODY, control.Forget("Harbour", everything=True))
        later = await stand_in.say(scene.general, scene.ann, "written afterwards")
        await until_known(service, later)
        await new_session(stand_in, running)
        assert set(await stored(service)) == {str(later)}
        await train(stand_in, scene, "clean")
        kept = set(await stored(service))
    assert kept == {str(one) for one in [*ids[1::2], later]}


async def test_a_member_can_take_their_forgetting_back(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene) as ids:
        await stand_in.command(scene.general, scene.ann, "privacy forget")
        told = await stand_in.command(
            scene.general, scene.ann, "privacy forget", undo=True
        )
        assert "may be learned again" in told.text
        await train(stand_in, scene)
        assert {str(one) for one in ids} <= set(await stored(service))
        told = await stand_in.command(
            scene.general, scene.ann, "privacy forget", undo=True
        )
    assert "have not asked me to forget" in told.text


async def test_a_member_cannot_take_back_what_a_moderator_forgot_but_the_owner_can(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene) as ids:
        await by_a_moderator(stand_in, service, scene, ids)
        await stand_in.command(scene.general, scene.ann, "privacy forget", undo=True)
        await train(stand_in, scene)
        assert str(ids[0]) not in await stored(service)
        ann = str(scene.ann.id)
        undone = await service.call(
            NOBODY, control.Forget("Harbour", author=ann, undo=True)
        )
        await train(stand_in, scene)
        assert str(ids[0]) in await stored(service)
    assert undone.lifted == 1


async def test_names_of_those_who_forgot_are_not_stored_again(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        await stand_in.command(scene.general, scene.ann, "privacy forget")
        await new_session(stand_in, running)
        (guild,) = await service.context.database.run(guilds.every)
        found = await service.context.database.run(members.named, guild.id, "Ann")
    assert found is None


async def many(
    stand_in: DiscordStandIn, service: Service, scene: Scene, number: int
) -> list[int]:
    """Have a long history written and read."""
    ids = [
        await stand_in.say(scene.general, scene.ann, f"line {n}", age_seconds=9000 - n)
        for n in range(number)
    ]
    await train(stand_in, scene)
    return ids


async def test_what_was_deleted_long_ago_during_a_pause_is_found_after_it(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await listen(stand_in, scene)
        ids = await many(stand_in, service, scene, 750)
    gone = [ids[0], *ids[60:90], ids[149]]
    for one in gone:
        del scene.general.messages[one]
    scene.general.messages[ids[100]]["content"] = "edited meanwhile"
    async with running.connected():
        await caught_up(stand_in, running)
        await stand_in.wait_for(lambda: not running.surroundings.state.get("comparing"))
        kept = await all_stored(service)
    assert {one for one in gone if str(one) in kept} == set()
    assert len(kept) == 750 - len(gone)
    assert kept[str(ids[100])] == "edited meanwhile"


async def test_a_training_that_keeps_what_is_there_forgets_what_discord_lacks(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    tmp_path: Path,
) -> None:
    async with running.connected():
        await listen(stand_in, scene)
        ids = await many(stand_in, service, scene, 250)
        only_here, id = tmp_path / "old.jsonl", str(ids[30] + 1)
        row = {
            "channel": "general", "id": id, "author": "9", "text": "from a file",
            "ts": scene.general.messages[ids[30]]["timestamp"],
        }  # fmt: skip
        only_here.write_text(json.dumps(row))
        await service.call(NOBODY, control.Import("Harbour", [str(only_here)]))
        for one in (ids[0], ids[120]):
            del scene.general.messages[one]
        await train(stand_in, scene)
        kept = await all_stored(service)
    assert str(ids[0]) not in kept and str(ids[120]) not in kept
    assert id in kept, "what came from a file alone stays"
    assert len(kept) == 249


async def test_a_thread_deleted_during_a_pause_is_forgotten_after_it(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    thread = scene.guild.thread(scene.general, "a thread")
    async with taught(running, stand_in, service, scene):
        said = await stand_in.say(thread, scene.ann, "in the thread")
        await until_known(service, said)
    del scene.guild.channels[thread.id]
    async with running.connected():
        await until_stored(service, len(LINES))
    assert str(said) not in await stored(service)


def file_without_ids(scene: Scene, ids: list[int], folder: Path) -> Path:
    """Write messages as formats do that have names and minutes alone."""
    path, messages = folder / "names.jsonl", scene.general.messages
    rows = [
        {
            "channel": "general",
            "author": messages[one]["author"]["username"],
            "ts": f"{messages[one]['timestamp'][:16]}:00+00:00",
            "text": messages[one]["content"],
        }
        for one in ids
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


async def all_stored(service: Service) -> dict[str, str]:
    (guild,) = await service.context.database.run(guilds.every)
    page = await service.context.database.run(messages.page, guild.id, limit=5000)
    return {one.external: one.text for one in page if not one.is_bot}


async def until_known(service: Service, message: int) -> None:
    """Wait until a message is stored."""

    async def is_so() -> bool:
        return str(message) in await stored(service)

    await eventually(is_so)


async def new_session(stand_in: DiscordStandIn, running: Running) -> None:
    """End the session as Discord does, and wait until the next one has caught up."""
    before = len(stand_in.gateway.identifies)
    stand_in.rest.requests.clear()
    await stand_in.gateway.invalidate()
    await stand_in.wait_for(lambda: len(stand_in.gateway.identifies) > before)
    await caught_up(stand_in, running)


async def caught_up(stand_in: DiscordStandIn, running: Running) -> None:
    """Wait until histories were read and nothing is left to read."""
    state = running.surroundings.state

    def is_so() -> bool:
        read = any(path.endswith("/messages") for _, path in stand_in.rest.requests)
        return read and not state.get("behind")

    await stand_in.wait_for(is_so)


async def train(stand_in: DiscordStandIn, scene: Scene, button: str = "keep") -> None:
    """Read the whole history, and wait for the end of it."""
    asked = await stand_in.command(scene.general, scene.mod, "train")
    if asked.components:
        await stand_in.press(asked, scene.mod, f"train-{button}")
    await stand_in.wait_for(lambda: "Done" in now(scene, asked), 90)


def now(scene: Scene, shown: Interaction) -> str:
    return str(scene.general.messages[shown.parts[0].message_id]["content"])


def export_file(scene: Scene, directory: Path) -> Path:
    """All that Discord has of the main channel, as a file that names its ids."""
    path = directory / "export.jsonl"
    with path.open("w") as file:
        for id, body in scene.general.messages.items():
            row = {
                "guild": "Harbour", "channel": "general", "id": str(id),
                "author": body["author"]["id"], "ts": body["timestamp"],
                "text": body["content"], "bot": bool(body["author"].get("bot")),
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")
    return path
