"""A reply that was made but not sent loses its words and is made again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from app.service.service import Service
from app.store import messages, replies
from app.store.reply import reply_sources
from app.store.reply.reply_sources import SourceMessage
from tests.discord.conftest import Running
from tests.discord.real_host import LINES, eventually, taught, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


@asynccontextmanager
async def stuck_before_sending(service: Service) -> AsyncIterator[asyncio.Event]:
    """Replies are made and never sent in this block; the event tells of the first."""
    made = asyncio.Event()
    replier, fulfil = service.context.replier, service.context.replier.fulfil

    async def stuck(*asked: object) -> None:
        await fulfil(*asked)  # type: ignore[arg-type]
        made.set()
        await asyncio.Event().wait()

    replier.fulfil = stuck  # type: ignore[assignment, method-assign]
    try:
        yield made
    finally:
        replier.fulfil = fulfil  # type: ignore[method-assign]


async def made_but_not_sent(
    service: Service, running: Running, stand_in: DiscordStandIn, scene: Scene
) -> int:
    """Ask the bot, and kill its connection between making and sending the reply."""
    async with (
        taught(running, stand_in, service, scene),
        stuck_before_sending(service) as made,
    ):
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} what about the tide"
        )
        await made.wait()
    return asked


async def sources(service: Service, asked: int) -> Sequence[SourceMessage]:
    found = await service.context.database.run(replies.answer_to, str(asked))
    assert found is not None and found.state == "made" and found.text
    return await service.context.database.run(reply_sources.sources_of, found.id)


async def test_a_reply_that_was_not_sent_before_a_kill_is_made_again_without_its_source(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    asked = await made_but_not_sent(service, running, stand_in, scene)
    drawn = [one.message for one in await sources(service, asked)]
    rows = await service.context.database.run(messages.by_rows, drawn)
    # It may draw on the question as well.
    gone = {one.id: int(one.external) for one in rows if int(one.external) != asked}
    assert gone
    for external in gone.values():
        await stand_in.delete(scene.general, external)

    async def is_noted() -> bool:
        row = await service.context.database.run(replies.answer_to, str(asked))
        return row is not None and row.state == "sent"

    async with running.connected():
        await eventually(is_noted)
    (sent,) = stand_in.outbox.sent()
    assert sent.reply_to == asked
    row = await service.context.database.run(replies.answer_to, str(asked))
    assert row is not None and row.text == sent.text
    again = await service.context.database.run(reply_sources.sources_of, row.id)
    assert gone.keys().isdisjoint(one.message for one in again)


async def test_a_reply_whose_trigger_went_after_a_kill_is_never_sent(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    asked = await made_but_not_sent(service, running, stand_in, scene)
    await stand_in.delete(scene.general, asked)
    async with running.connected():
        await until_stored(service, len(LINES))
        await asyncio.sleep(0.2)
    assert stand_in.outbox.sent() == []
    row = await service.context.database.run(replies.answer_to, str(asked))
    assert row is not None and row.text == "" and row.turns == []
