"""Two homes that share one database of PostgreSQL, each with a shard of its own."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.discord.controller import ports_of
from app.importers.records import Record
from app.ipc import control
from app.providers.cost_record import Spent
from app.service import opinions
from app.service.service import Service, open_service
from app.service.shared.change_follower import ChangeFollower
from app.settings import config_file
from app.store import guilds, messages, replies, voice_changes
from app.store.engines.shards import parse
from app.voice.voice import Voice
from tests.home_files import files_with
from tests.service.test_opinions import reply_drawn_on
from tests.store.conftest import new_place, server

__all__ = ["server"]

HERE, THERE = str(2 << 22), str(1 << 22)
"""Discord's ids of a server of shard 0, and of one of shard 1."""


class Pair:
    """The process with shard 0 and that with shard 1, and the servers of both."""

    def __init__(self, lead: Service, other: Service) -> None:
        self.lead, self.other = lead.context, other.context
        self.lead_service, self.other_service = lead, other
        run = self.lead.database.call
        self.here: GuildId = run(guilds.ensure, "Here", HERE).id
        self.there: GuildId = run(guilds.ensure, "There", THERE).id

    async def hear(self, *lines: str) -> list[int]:
        """Let the holder of the second server learn lines."""
        records = [
            Record("1", "ann", line, str(number), number, None, "general", "9")
            for number, line in enumerate(lines, 1)
        ]
        return await self.other.voices.hear(self.there, records)


@asynccontextmanager
async def following(service: Service) -> AsyncIterator[None]:
    """Follow what others change; it listens when the block begins."""
    before = service.context.settings.changes
    task = asyncio.create_task(ChangeFollower(service.context).keep_up())
    await comes(lambda: service.context.settings.changes != before)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def comes(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - any state may be asked for
            await asyncio.sleep(0.02)


def says(voice: Voice, word: str) -> bool:
    """Tell if a voice still says a word, with each of many choices."""
    return any(word in voice.speak(Random(n)).text for n in range(60))


class Nobody:
    async def notify(self, notification: object) -> None:
        """Do nothing."""


@pytest.fixture
async def pair(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        place = stack.enter_context(new_place("postgresql", tmp_path, request))
        opened = list[Service]()
        for name, shards in (("lead", "0/2"), ("other", "1/2")):
            home = Home(tmp_path / name).create()
            config_file.save(home.config_file, "store.url", str(place))
            config_file.save(home.config_file, "memory.enabled", False)
            if opened:
                key = opened[0].context.home.author_key_file
                shutil.copy(key, home.author_key_file)
            work = open_service(home, Random(1), shards=parse(shards))
            opened.append(await stack.enter_async_context(work))
        yield Pair(*opened)


async def test_a_file_is_shared_by_no_processes(home: Home) -> None:
    with pytest.raises(UsageError, match="needs a database on PostgreSQL"):
        async with open_service(home, shards=parse("0/2")):
            pass


async def test_what_needs_the_voice_is_done_by_the_holder_alone(pair: Pair) -> None:
    await pair.hear("the quokkaberry swims", "the kraken swims at night")
    say = control.Say("There", "the quokkaberry", mode="markov")
    assert (await pair.other_service.call(Nobody(), say)).text
    with pytest.raises(UsageError, match="There is not held here, but by shards 1/2"):
        await pair.lead_service.call(Nobody(), say)
    listed = (await pair.lead_service.call(Nobody(), control.Guilds())).guilds
    found = {one.guild: (one.holder, one.messages, one.words) for one in listed}
    assert found["Here"][0] == ""
    assert found["There"] == ("by shards 1/2", 2, None)
    status = await pair.lead_service.call(Nobody(), control.Status())
    assert (status.shards, status.free_shards) == ("0/2", [])
    assert not [*pair.lead.home.guilds.glob("[0-9]*")]


async def test_a_server_of_another_process_is_not_taken_for_one_that_was_left(
    pair: Pair,
) -> None:
    await ports_of(pair.lead, Random(1)).guilds.present({int(HERE): "Here"})
    assert all(one.left is None for one in pair.lead.database.call(guilds.every))
    await ports_of(pair.other, Random(1)).guilds.present({})
    left = [one.name for one in pair.lead.database.call(guilds.every) if one.left]
    assert left == ["There"]


async def test_unsent_replies_are_left_to_the_holder(pair: Pair) -> None:
    run = pair.lead.database.call
    channel = run(guilds.ensure_channel, pair.there, "general", "9").id
    run(replies.claim, pair.there, channel, "mention", "4000000000000000000", "x")
    unsent = [
        await ports_of(one, Random(1)).replies.unsent(1.0)
        for one in (pair.lead, pair.other)
    ]
    assert [len(one) for one in unsent] == [0, 1]


async def test_settings_and_money_reach_the_other_process(pair: Pair) -> None:
    settings = pair.other.settings
    assert (await settings.of(pair.there)).reply.dial != 7
    async with following(pair.other_service):
        before = settings.changes
        await pair.lead.settings.change("reply.dial", "7", pair.there)
        await comes(lambda: settings.changes != before)
        assert (await settings.of(pair.there)).reply.dial == 7
        assert pair.other.ledger.today() == 0
        spent = Spent("openai", "gpt", pair.there, None, "host", 9, 1, 0, 1, 0.25)
        pair.lead.ledger.spent(spent)
        await comes(lambda: pair.other.ledger.today() == 0.25)


async def test_an_opinion_given_in_one_process_counts_in_the_voice_of_the_holder(
    pair: Pair,
) -> None:
    liked, other = await pair.hear("the quokkaberry swims", "the zephyrfish swims")
    voice = await pair.other.voices.voice(pair.there)
    reply = await reply_drawn_on(pair.other_service, pair.there, other)
    async with following(pair.other_service):
        voice = await pair.other.voices.voice(pair.there)
        await opinions.rate(pair.lead, reply, "somebody", -1)
        await comes(lambda: voice._weights.get(other, 1.0) < 1.0)
        await opinions.take_back(pair.lead, reply, "somebody", -1)
        await comes(lambda: voice._weights[other] == 1.0)
    await opinions.rate(pair.lead, reply, "somebody", -1)
    # What happens while nobody listens counts afterwards.
    async with following(pair.other_service):
        await comes(lambda: voice._weights[other] < 1.0)
    await opinions.take_back(pair.lead, reply, "somebody", -1)
    async with following(pair.other_service):
        await comes(lambda: voice._weights[other] == 1.0)
    assert voice._weights.get(liked, 1.0) == 1.0


async def test_what_one_process_forgets_leaves_the_voice_of_the_holder(
    pair: Pair,
) -> None:
    first, second, third = await pair.hear(
        "the quokkaberry swims", "the zephyrfish swims", "the kraken swims"
    )
    voice = await pair.other.voices.voice(pair.there)
    await pair.other.voices.rebuild(pair.there)
    assert files_with(pair.other.home.guilds, "quokkaberry")
    async with following(pair.other_service):
        assert says(voice, "quokkaberry")
        gone = await pair.lead.forgetter.forget(pair.there, [first])
        assert (gone.messages, gone.complete) == (1, False)
        await comes(lambda: not says(voice, "quokkaberry"))
        opened = await pair.other.voices._voices.get(pair.there)
        await comes(lambda: opened.pending)  # The files are rewritten in a minute.
        assert await pair.other.voices._voices.scrub(opened, pair.there)
        assert not files_with(pair.other.home.guilds, "quokkaberry")
        assert not pair.lead.database.call(voice_changes.changes, pair.there)
    # What happens while nobody listens is taken over afterwards.
    await pair.lead.voices.edit(pair.there, second, "the walrus swims")
    assert says(voice, "zephyrfish")
    async with following(pair.other_service):
        await comes(lambda: not says(voice, "zephyrfish") and says(voice, "walrus"))
    assert pair.lead.database.call(messages.get, third) is not None


async def test_everything_of_a_server_is_forgotten_by_its_holder(pair: Pair) -> None:
    await pair.hear("the quokkaberry swims")
    everything = pair.lead.forgetter.forget_everything
    with pytest.raises(UsageError, match="not held here"):
        await everything(pair.there)
    assert pair.lead.database.call(messages.count, pair.there) == 1


async def test_files_of_a_server_that_another_process_holds_now_are_removed(
    pair: Pair,
) -> None:
    left = pair.lead.home.voice(pair.there)
    left.mkdir(parents=True)
    async with following(pair.lead_service):
        (row,) = await pair.hear("the quokkaberry swims")
        await pair.other.forgetter.forget(pair.there, [row])
        await comes(lambda: not left.exists())


async def test_a_server_of_files_is_held_where_shard_0_is(pair: Pair) -> None:
    of_files = pair.lead.database.call(guilds.ensure, "Files").id
    assert await pair.lead.held.holds(of_files)
    assert not await pair.other.held.holds(of_files)
    # Then the bot joins a server of that name.
    joined = pair.lead.database.call(guilds.ensure, "Files", str(3 << 22)).id
    assert joined == of_files
    assert not await pair.lead.held.holds(of_files)
