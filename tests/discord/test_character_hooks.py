"""Characters that speak with their own names and pictures, through webhooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.core import secrets
from app.core.paths import Home
from app.discord import safe_sender
from app.discord.connection import DiscordLink
from app.ipc import control
from app.providers.base import Completion, Prompt
from app.providers.local.provider import LocalProvider
from app.service.service import Service
from app.settings.config_file import save
from app.store import feedback, guilds, messages, replies
from tests.discord.conftest import Running
from tests.discord.real_host import (
    LINES,
    eventually,
    listen,
    stored,
    teach,
    until_stored,
)
from tests.discord.scene import Scene
from tests.discord.test_controller import NOBODY, is_online, serving
from tests.discord_stand_in import rights
from tests.discord_stand_in.faults import Kind
from tests.discord_stand_in.outbox import Outgoing
from tests.discord_stand_in.server import TOKEN, DiscordStandIn, File
from tests.service.cards import V1, V2, packed, picture

CALL = "captain brine, where is your kraken?"


@pytest.fixture(autouse=True)
def _model(home: Home, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that counts its lines, and no waiting between tries."""
    count = iter(range(1, 100))

    async def write(
        self: LocalProvider, prompt: Prompt
    ) -> AsyncIterator[str | Completion]:
        yield Completion(f"the tern sails at dawn {next(count)}")

    monkeypatch.setattr(LocalProvider, "write", write)
    monkeypatch.setattr(LocalProvider, "unavailable", lambda self, prompt: None)
    monkeypatch.setattr(safe_sender, "FIRST_RETRY_SECONDS", 0.001)
    save(home.config_file, "reply.mode", "hybrid")
    save(home.config_file, "reply.candidates", 1)
    save(home.config_file, "memory.enabled", False)
    save(home.config_file, "speak.user_cooldown_seconds", 0.0)


class Stage:
    """A server where Captain Brine speaks."""

    def __init__(
        self, stand_in: DiscordStandIn, scene: Scene, service: Service
    ) -> None:
        self.stand_in = stand_in
        self.scene = scene
        self.service = service
        stand_in.rest.files["brine.png"] = picture(("chara", packed(V2)))
        stand_in.rest.files["marla.json"] = packed(V1)

    @asynccontextmanager
    async def set(self, running: Running) -> AsyncIterator[DiscordLink]:
        """Connect, learn, switch webhooks on, and add the character."""
        self.scene.guild.bot_rights |= rights.MANAGE_WEBHOOKS
        async with running.connected() as link:
            await listen(self.stand_in, self.scene)
            await teach(self.stand_in, self.service, self.scene)
            await self.mod("config set", key="speak.webhooks", value="on")
            await self.mod("persona add", card=File("brine.png"))
            yield link

    async def mod(self, command: str, /, **options: object) -> str:
        general, mod = self.scene.general, self.scene.mod
        return (await self.stand_in.command(general, mod, command, **options)).text

    async def call(self, text: str = CALL) -> Outgoing:
        """Ann calls the character; its line."""
        before = len(self.stand_in.outbox.sent())
        await self.stand_in.say(self.scene.general, self.scene.ann, text)
        await self.stand_in.wait_for(lambda: len(self.stand_in.outbox.sent()) > before)
        return self.stand_in.outbox.sent()[before]

    async def noted(self, sent: Outgoing) -> None:
        """Wait until the line is noted as sent."""
        find = replies.find_sent
        run = self.service.context.database.run

        async def is_so() -> bool:
            return await run(find, str(sent.message_id)) is not None

        await eventually(is_so)


@pytest.fixture
def stage(stand_in: DiscordStandIn, scene: Scene, service: Service) -> Stage:
    return Stage(stand_in, scene, service)


async def test_a_character_speaks_under_its_name_and_picture_without_its_card(
    stage: Stage, running: Running
) -> None:
    async with stage.set(running):
        first, second = await stage.call(), await stage.call()
        why = await stage.stand_in.message_command(
            stage.scene.general, stage.scene.ann, "Why this?", first.message_id
        )
    assert (first.text, second.text) == (
        "the tern sails at dawn 1",
        "the tern sails at dawn 2",
    )
    assert first.speaker is not None and first.speaker is second.speaker
    assert first.speaker.name == "Captain Brine"
    assert first.speaker.picture == picture()
    assert "spoke as Captain Brine" in why.text


async def test_its_lines_are_context_once_and_never_learned_nor_answered(
    stage: Stage, running: Running, scene: Scene, stand_in: DiscordStandIn
) -> None:
    async with stage.set(running):
        await stage.mod("config set", key="learn.proxied", value="on")
        sent = await stage.call()
        await stage.noted(sent)
        guild = (await stage.service.context.guild("Harbour")).id
        run = stage.service.context.database.run
        page = await run(messages.page, guild, limit=50)
    lines = [(one.name, one.is_bot) for one in page if one.text == sent.text]
    assert lines == [("Captain Brine", True)]
    assert set((await stored(stage.service)).values()) == {*LINES, CALL}
    assert len(stand_in.outbox.sent()) == 1


async def test_its_lines_are_not_learned_from_the_history_either(
    stage: Stage, running: Running, scene: Scene, stand_in: DiscordStandIn
) -> None:
    async with stage.set(running):
        await stage.mod("config set", key="learn.proxied", value="on")
        await stand_in.say(scene.side, scene.ann, CALL)
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        await stage.mod("listen add", channel=scene.side)
        await stage.mod("train", clean=False)
        await until_stored(stage.service, len(LINES) + 1)
    assert set((await stored(stage.service)).values()) == {*LINES, CALL}


async def test_a_reply_to_a_characters_line_calls_it(
    stage: Stage, running: Running, stand_in: DiscordStandIn, scene: Scene
) -> None:
    async with stage.set(running):
        first = await stage.call()
        await stage.noted(first)
        await stand_in.say(
            scene.general, scene.ben, "are you sure?", reply_to=first.message_id
        )
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
    assert stand_in.outbox.sent()[1].speaker is first.speaker


async def test_opinions_and_other_versions_are_of_its_line(
    stage: Stage, running: Running, stand_in: DiscordStandIn, scene: Scene
) -> None:
    run = stage.service.context.database.run

    async def rating(value: int) -> None:
        async def is_so() -> bool:
            row = await run(replies.find_sent, str(sent.message_id))
            return row is not None and await run(feedback.rating, row.id) == value

        await eventually(is_so)

    def words() -> object:
        return scene.general.messages[sent.message_id]["content"]

    async with stage.set(running):
        sent = await stage.call()
        await stage.noted(sent)
        await stand_in.react(scene.general, scene.ben, sent.message_id, "👍")
        await rating(1)
        await stand_in.message_command(
            scene.general, scene.ann, "Again", sent.message_id
        )
        assert words() == "the tern sails at dawn 2"
        await stand_in.press_on(scene.general, scene.ann, sent.message_id, "Again")
        await stand_in.wait_for(lambda: words() == "the tern sails at dawn 3")
        await eventually(lambda: _is_role(stage, sent))
        before = len(stand_in.outbox.sent())
        await stand_in.delete(scene.general, sent.message_id)
        await rating(-1)
    assert before == 1


async def _is_role(stage: Stage, sent: Outgoing) -> bool:
    run = stage.service.context.database.run
    row = await run(replies.find_sent, str(sent.message_id))
    return row is not None and (row.role, row.text[-1]) == ("Captain Brine", "3")


@pytest.mark.parametrize("kind", ["error after accept", "drop after accept", "drop"])
async def test_a_line_is_said_once_whatever_the_network_does(
    stage: Stage, running: Running, stand_in: DiscordStandIn, kind: Kind
) -> None:
    async with stage.set(running):
        await stage.call()
        stand_in.rest.faults.add(kind, "POST", r"/webhooks/.+")
        sent = await stage.call()
        await stage.noted(sent)
    assert [one.text[-1] for one in stand_in.outbox.sent()] == ["1", "2"]


async def test_a_line_that_was_said_just_before_a_crash_is_not_said_again(
    stage: Stage, running: Running, stand_in: DiscordStandIn
) -> None:
    run = stage.service.context.database.run
    async with stage.set(running):
        sent = await stage.call()
        await stage.noted(sent)
        row = await run(replies.find_sent, str(sent.message_id))
        assert row is not None
        await run(replies.finish, row.id, {"state": "made", "sent": []})

    async def is_noted() -> bool:
        found = await run(replies.get, row.id)
        return found is not None and found.sent == [str(sent.message_id)]

    async with running.connected():
        await eventually(is_noted)
    assert len(stand_in.outbox.sent()) == 1


@pytest.mark.parametrize("why", ["off", "no right", "no name", "full"])
async def test_it_speaks_under_the_bots_name_where_it_has_no_webhook(
    stage: Stage, running: Running, stand_in: DiscordStandIn, scene: Scene, why: str
) -> None:
    name, call = "Captain Brine", CALL
    if why == "no right":
        scene.general.deny(stand_in.bot, rights.MANAGE_WEBHOOKS)
    async with stage.set(running):
        if why == "off":
            await stage.mod("config reset", key="speak.webhooks")
        if why == "no name":
            data = {**V2["data"], "name": "Clyde"}
            stand_in.rest.files["clyde.json"] = packed({**V2, "data": data})
            await stage.mod("persona add", card=File("clyde.json"))
            name, call = "Clyde", "clyde, hello"
        if why == "full":
            path = f"/channels/{scene.general.id}/webhooks"
            stand_in.rest.faults.add("error", "POST", path, status=400, code=30007)
        sent = await stage.call(call)
    assert sent.speaker is None and sent.text.startswith(f"{name}: the tern")
    assert stand_in.rest.hooks == {}


async def test_a_webhook_that_somebody_deleted_is_made_again(
    stage: Stage, running: Running, stand_in: DiscordStandIn
) -> None:
    async with stage.set(running):
        first = await stage.call()
        stand_in.rest.hooks.clear()
        second = await stage.call()
    assert second.speaker is not None and second.speaker is not first.speaker
    assert [one.text[-1] for one in stand_in.outbox.sent()] == ["1", "2"]


async def test_the_webhook_goes_with_its_character_and_changes_with_its_picture(
    stage: Stage, running: Running, stand_in: DiscordStandIn
) -> None:
    cast = stage.service.context.cast
    async with stage.set(running):
        first = await stage.call()
        stand_in.rest.files["brine.png"] = packed(V2)
        await stage.mod("persona add", card=File("brine.png"))
        assert stand_in.rest.hooks == {}
        second = await stage.call()
        assert second.speaker is not None and second.speaker.picture is None
        await stage.mod("persona add", card=File("marla.json"))
        marla = await stage.call("marla?")
        await stage.mod("persona dismiss", name="captain brine")
        assert [*stand_in.rest.hooks.values()] == [marla.speaker]
    # One that is dismissed while the bot is away loses its webhook at the next start.
    guild = stage.service.context.database.call(guilds.find, "Harbour")
    assert guild is not None and first.speaker is not None
    await cast.remove(guild.id, "Marla")
    async with running.connected():
        await stand_in.wait_for(lambda: not stand_in.rest.hooks)


async def test_one_that_the_owner_dismisses_loses_its_webhook_at_once(
    stage: Stage, running: Running, stand_in: DiscordStandIn, home: Home
) -> None:
    async with stage.set(running):
        await stage.call()
    secrets.put(home, "bot_token", TOKEN)
    async with serving(stage.service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))
        assert len(stand_in.rest.hooks) == 1
        dismiss = control.PersonaDismiss("Harbour", "Captain Brine")
        await stage.service.call(NOBODY, dismiss)
        await stand_in.wait_for(lambda: not stand_in.rest.hooks)


async def test_a_line_in_a_thread_is_said_there_and_goes_with_what_it_drew_on(
    stage: Stage, running: Running, stand_in: DiscordStandIn, scene: Scene
) -> None:
    async with stage.set(running) as link:
        said = await stand_in.say(scene.general, scene.ann, "a thread begins")
        thread = await stand_in.start_thread(scene.general, scene.ann, said, "pier")
        await stand_in.say(thread, scene.ann, CALL)
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        (sent,) = stand_in.outbox.sent()
        assert sent.channel_id == thread.id and sent.speaker is not None
        assert link.client is not None
        talk = await link.client.fetch_channel(thread.id)
        hooks = link.client.delivery.hooks
        await hooks.delete_message(talk, sent.message_id)  # type: ignore[arg-type]
    assert sent.message_id not in thread.messages
