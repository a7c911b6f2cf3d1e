"""What happens to messages is carried out in the order in which it happened."""

import asyncio
import time
from collections.abc import AsyncIterator
from random import Random

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import MAX_TEXT_CHARS, Record
from app.service.live_messages import LiveMessages
from app.service.service import open_service
from app.store import guilds, messages
from app.store.places import Place

HALL = Place("70", "den", "5", "hall", "5", "hall", False, False)
ANN = "1001"


def said(id: str, text: str, ts: int = 1) -> Record:
    return Record(author=ANN, name="ann", text=text, id=id, ts=ts, channel_id="5")


class Den:
    """A guild whose only channel is listened to."""

    def __init__(self, live: LiveMessages, guild: GuildId) -> None:
        self.live, self.guild = live, guild
        self.context = live._context

    def hears(self, id: str, text: str, ts: int = 1) -> asyncio.Task[object]:
        work = self.live.hear_live(self.guild, HALL, said(id, text, ts))
        return asyncio.ensure_future(work)

    async def texts(self) -> list[str]:
        page = await self.context.database.run(messages.page, self.guild)
        return [one.text for one in page]


@pytest.fixture
async def den(home: Home) -> AsyncIterator[Den]:
    async with open_service(home, Random(1)) as service:
        run = service.context.database.run
        guild = (await run(guilds.ensure, "den", "70")).id
        channel = await run(guilds.ensure_channel, guild, "hall", "5")
        await run(guilds.set_learning, channel.id, True)
        yield Den(LiveMessages(service.context), guild)


async def test_an_edit_does_not_overtake_the_message_that_it_changes(den: Den) -> None:
    heard = den.hears("1", "the old words of the harbour")
    edit = den.live.edited(den.guild, "1", "the new words of the quay", is_edit=True)
    await asyncio.gather(heard, edit)
    assert await den.texts() == ["the new words of the quay"]


async def test_a_ban_comes_behind_the_last_words_of_the_banned(
    den: Den, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()
    store = den.context.voices.hear_live

    async def slow(*args: object) -> object:
        begun.set()
        await may_end.wait()
        return await store(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(den.context.voices, "hear_live", slow)
    # Discord's clock is ahead, so the span that is forgotten ends before the message.
    ahead = int(time.time() * 1000) + 3_600_000
    heard = den.hears("1", "a last word about the boats", ahead)
    await begun.wait()
    ban = asyncio.ensure_future(den.live.banned(den.guild, ANN))
    # Give a ban that does not wait the time to forget.
    for _ in range(20):
        await den.texts()
    may_end.set()
    await asyncio.gather(heard, ban)
    assert await den.texts() == []


async def test_a_message_of_a_length_that_nobody_writes_is_not_stored(den: Den) -> None:
    await den.hears("1", "a boat " * MAX_TEXT_CHARS)
    assert await den.texts() == []
    await den.hears("2", "a boat in the harbour")
    endless = "a boat " * MAX_TEXT_CHARS
    await den.live.edited(den.guild, "2", endless, is_edit=True)
    assert await den.texts() == []


async def test_a_deleted_message_is_not_stored_when_it_is_read_again(den: Den) -> None:
    await den.hears("1", "somebody said this about boats")
    await den.live.deleted(den.guild, ["1"])
    await den.hears("1", "somebody said this about boats")
    assert await den.texts() == []


async def test_new_messages_do_not_wait_for_a_long_deletion(
    den: Den, monkeypatch: pytest.MonkeyPatch
) -> None:
    await den.hears("1", "this one goes away again")
    begun, may_end = asyncio.Event(), asyncio.Event()
    forget = den.context.forgetter.forget

    async def slow(*args: object, **more: object) -> object:
        begun.set()
        await may_end.wait()
        return await forget(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(den.context.forgetter, "forget", slow)
    deletion = asyncio.ensure_future(den.live.deleted(den.guild, ["1"]))
    await begun.wait()
    await den.hears("2", "meanwhile somebody says another thing")
    assert not deletion.done()
    may_end.set()
    await deletion
    assert await den.texts() == ["meanwhile somebody says another thing"]
