"""Words that are hidden or forgotten between writing a reply and sending it."""

import asyncio

import pytest

from app.core import secrets
from app.core.errors import UsageError
from app.core.paths import Home
from app.discord import attachments
from app.discord.actions.again import APPROVED_FIRST, NOTHING_TO_SAY
from app.ipc import control
from app.providers.markov import NOTHING_LEARNED
from app.replies.replier import Replier
from app.replies.request import MadeReply
from app.service.service import Service
from app.settings.config_file import save
from app.store import messages, replies
from app.store.reply import reply_sources
from app.store.rows import StoredReply
from tests.discord.conftest import Running
from tests.discord.real_host import LINES, eventually, until_stored
from tests.discord.scene import Scene
from tests.discord.test_channel_readers import until_speakable
from tests.discord.test_controller import NOBODY, is_online, serving
from tests.discord.test_made_again import stuck_before_sending
from tests.discord_stand_in.server import TOKEN, DiscordStandIn

SECRET = "and the treasury is below"


async def teach_side(
    stand_in: DiscordStandIn,
    service: Service,
    scene: Scene,
    files: tuple[str, ...] = (),
) -> None:
    """Learn lines that all hold the secret, in the channel that is hidden later."""
    await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
    await stand_in.command(scene.side, scene.mod, "listen add", channel=scene.side)
    for line in LINES:
        await stand_in.say(scene.side, scene.ann, f"{line} {SECRET}", files=files)
    await until_stored(service, len(LINES))


async def hide_side(stand_in: DiscordStandIn, service: Service, scene: Scene) -> None:
    scene.side.for_moderators = True
    await stand_in.update_channel(scene.side)
    await until_speakable(service, scene.general, scene.general)


async def draft_of(
    stand_in: DiscordStandIn, service: Service, scene: Scene
) -> StoredReply:
    """Ask for a reply that the owner has to approve."""
    await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} the tide?")
    run = service.context.database.run

    async def is_there() -> bool:
        return [one.state for one in await run(replies.latest)] == ["draft"]

    await eventually(is_there)
    (draft,) = await run(replies.latest)
    assert await run(reply_sources.sources_of, draft.id)
    return draft


async def test_a_draft_stays_unsent_while_a_channel_it_drew_on_is_private(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> None:
    secrets.put(home, "bot_token", TOKEN)
    save(home.config_file, "reply.shadow", True)
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))
        await teach_side(stand_in, service, scene)
        draft = await draft_of(stand_in, service, scene)
        await hide_side(stand_in, service, scene)
        for text in (None, f"{draft.text}!"):
            with pytest.raises(UsageError, match="not for everyone"):
                await calls.decide(NOBODY, control.Decide(draft.id, True, text))
        assert stand_in.outbox.sent() == []
        scene.side.for_moderators = False
        await stand_in.update_channel(scene.side)
        await until_speakable(service, scene.general, scene.general, scene.side)
        await calls.decide(NOBODY, control.Decide(draft.id, True))
    assert len(stand_in.outbox.sent()) == 1


@pytest.mark.parametrize("typed", [False, True])
async def test_debug_shows_no_draft_and_no_source_of_one(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    typed: bool,
) -> None:
    save(service.context.home.config_file, "reply.shadow", True)
    run = service.context.database.run
    async with running.connected():
        await teach_side(stand_in, service, scene)
        if typed:
            await stand_in.say(scene.general, scene.ben, "!mark debug")
        else:
            shown = await stand_in.command(scene.general, scene.ben, "mark", debug=True)
            assert [*shown.texts] == [APPROVED_FIRST]

        async def is_draft() -> bool:
            return [one.state for one in await run(replies.latest)] == ["draft"]

        await eventually(is_draft)
        await asyncio.sleep(0.3)
        assert typed or len(shown.parts) == 1
    sent = stand_in.outbox.sent()
    assert [one.text for one in sent] == ([APPROVED_FIRST] if typed else [])
    # Neither files nor embeds: nothing of the draft goes with it.
    allowed = {"content", "allowed_mentions", "message_reference"}
    assert all(set(one.payload) <= allowed and not one.files for one in sent)


async def test_a_draft_that_the_owner_reworded_goes_with_what_it_drew_on(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> None:
    secrets.put(home, "bot_token", TOKEN)
    save(home.config_file, "reply.shadow", True)
    run = service.context.database.run
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))
        await teach_side(stand_in, service, scene)
        draft = await draft_of(stand_in, service, scene)
        before = await run(reply_sources.sources_of, draft.id)
        reworded = f"{draft.text}, as they say"
        await calls.decide(NOBODY, control.Decide(draft.id, True, reworded))
        assert await run(reply_sources.sources_of, draft.id) == before
        forget = control.Forget("Harbour", author=str(scene.ann.id))
        assert (await service.call(NOBODY, forget)).replies == 1
    found = await run(replies.get, draft.id)
    assert found is not None and found.text == ""


async def test_an_unsent_reply_is_made_again_without_a_channel_that_turned_private(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    run = service.context.database.run
    async with running.connected(), stuck_before_sending(service) as made:
        await teach_side(stand_in, service, scene)
        mention = stand_in.bot.mention
        asked = await stand_in.say(scene.general, scene.ben, f"{mention} the boats?")
        await made.wait()
    old = await run(replies.answer_to, str(asked))
    assert old is not None and old.text
    assert await run(reply_sources.sources_of, old.id)
    scene.side.for_moderators = True
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
    (sent,) = stand_in.outbox.sent()
    assert sent.reply_to == asked
    assert sent.text in NOTHING_LEARNED, "nothing is known that may be said"
    assert await run(reply_sources.sources_of, old.id) == []


async def test_a_channel_hidden_while_a_reply_is_written_is_left_out_of_it(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keep, tries = Replier._keep, list[MadeReply]()

    async def hidden_first(self: Replier, made: MadeReply) -> MadeReply | None:
        tries.append(made)
        if len(tries) == 1:
            await hide_side(stand_in, service, scene)
        return await keep(self, made)

    async with running.connected():
        await teach_side(stand_in, service, scene)
        monkeypatch.setattr(Replier, "_keep", hidden_first)
        shown = await stand_in.command(scene.general, scene.ben, "mark")
    assert len(tries) == 2
    assert tries[0].answer.completion.sources
    assert tries[1].answer.completion.sources == ()
    assert SECRET not in shown.text


@pytest.mark.parametrize("typed", [False, True])
async def test_a_source_deleted_while_its_file_is_fetched_is_not_said(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    typed: bool,
) -> None:
    stand_in.rest.files["plan.png"] = b"a plan"
    run = service.context.database.run
    said: list[str] = []
    fetch = attachments.source_files

    async def deleted_meanwhile(*asked: object) -> object:
        if not said:
            (row,) = await run(replies.latest)
            said.append(row.text)
            drawn = [one.message for one in await run(reply_sources.sources_of, row.id)]
            for one in await run(messages.by_rows, drawn):
                await stand_in.delete(scene.side, int(one.external))

            async def is_gone() -> bool:
                left = await run(messages.by_rows, drawn)
                return not left and not await run(replies.has_words, row.id)

            await eventually(is_gone)
        return await fetch(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr("app.discord.delivery.source_files", deleted_meanwhile)
    async with running.connected():
        await teach_side(stand_in, service, scene, ("plan.png",))
        if typed:
            await stand_in.say(scene.general, scene.ben, "!mark")
            await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
            (told,) = [one.text for one in stand_in.outbox.sent()]
        else:
            told = (await stand_in.command(scene.general, scene.ben, "mark")).text
            assert told == NOTHING_TO_SAY

        async def is_over() -> bool:
            (row,) = await run(replies.latest)
            return row.state == ("sent" if typed else "forgotten")

        await eventually(is_over)
    assert said and told not in said
