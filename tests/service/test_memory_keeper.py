"""Memory beside the bot: embedding, linking, pruning and forgetting in step."""

import asyncio
import threading

import pytest

from app.core.errors import AppError
from app.core.supervisor import Supervisor
from app.memory.embedder import Embedder
from app.providers.base import Turn
from app.service.events import Events
from app.service.memory_keeper import MemoryKeeper
from app.service.shared.held_servers import HeldServers
from app.settings.effective import Settings
from app.store import conversations, embeddings, guilds, members, messages, reply_links
from app.store.database import Database
from tests.memory.conftest import WordEmbedder


async def until(look, is_right):
    """Look again and again until it is right."""
    for _ in range(1000):
        if is_right(await look()):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to be")


class Bench:
    def __init__(self, home, database, reader):
        self.database, self.reader = database, reader
        self.settings, self.events = Settings(home, database), Events()
        self.memory = MemoryKeeper(
            home,
            database,
            reader,
            self.settings,
            self.events,
            Supervisor(),
            HeldServers(database),
        )
        self.guild = database.call(guilds.ensure, "den").id
        self.channel = database.call(guilds.ensure_channel, self.guild, "general").id
        self.member = database.call(members.ensure, self.guild, "ann", "Ann").id
        self.count = 0

    def tell(self, text):
        self.count += 1
        new = messages.NewMessage(
            self.channel, self.member, f"m{self.count}", self.count * 1000, text
        )
        row = self.database.call(messages.add, self.guild, new)
        assert row is not None
        self.events.stored()
        return row

    async def embedded(self):
        room = await self.database.run(embeddings.room, self.guild)
        return room.vectors

    async def wait_for(self, vectors):
        await until(self.embedded, lambda count: count == vectors)


@pytest.fixture
async def bench(home, monkeypatch):
    def opened(name, **options):
        return WordEmbedder(name)

    monkeypatch.setattr(Embedder, "open", opened)
    monkeypatch.setattr("app.service.memory_keeper.LOOK_SECONDS", 0.02)
    with Database(home.database) as database:
        with Database(home.database, read_only=True) as reader:
            made = Bench(home, database, reader)
            keeping = asyncio.create_task(made.memory.keep_up())
            yield made
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await made.memory.close()


async def test_new_messages_are_embedded_as_they_come(bench):
    await bench.wait_for(0)
    row = bench.tell("the ferry leaves at noon")
    await bench.wait_for(1)
    assert await bench.database.run(embeddings.of_messages, "built-in", [row])


async def test_a_guild_that_remembers_nothing_has_no_vectors(bench):
    await bench.settings.change("memory.enabled", "off", bench.guild)
    bench.tell("the ferry leaves at noon")
    await asyncio.sleep(0.2)
    assert await bench.embedded() == 0
    await bench.settings.change("memory.enabled", "on", bench.guild)
    bench.tell("the ferry is late")
    await bench.wait_for(2)


async def test_a_guild_that_begins_to_remember_is_embedded_without_a_new_message(bench):
    await bench.settings.change("memory.enabled", "off", bench.guild)
    bench.tell("the ferry leaves at noon")
    await asyncio.sleep(0.3)
    assert await bench.embedded() == 0
    await bench.settings.change("memory.enabled", "on", bench.guild)
    await bench.wait_for(1)


async def test_deleted_vectors_are_made_anew_without_a_new_message(bench):
    bench.tell("the ferry leaves at noon")
    await bench.wait_for(1)
    assert await bench.memory.drop(bench.guild) == 1
    await bench.wait_for(1)


async def test_an_edited_message_is_embedded_again_without_a_new_one(bench):
    row = bench.tell("the ferry leaves at noon")
    await bench.wait_for(1)
    before = await bench.database.run(embeddings.of_messages, "built-in", [row])
    await bench.database.run(messages.edit, row, "the train is late", None)
    await bench.memory.forget(bench.guild, [row])

    async def now():
        return await bench.database.run(embeddings.of_messages, "built-in", [row])

    await until(now, lambda found: bool(found) and found != before)


async def test_only_guilds_with_new_messages_are_looked_at(bench, monkeypatch):
    bench.tell("the ferry leaves at noon")
    await bench.wait_for(1)
    await asyncio.sleep(0.3)
    looked = []
    plain = bench.memory._memory.catch_up

    async def catch_up(guild):
        looked.append(guild)
        return await plain(guild)

    monkeypatch.setattr(bench.memory._memory, "catch_up", catch_up)
    other = bench.database.call(guilds.ensure, "isle").id
    bench.guild, mine = other, bench.guild
    bench.channel = bench.database.call(guilds.ensure_channel, other, "shore").id
    bench.member = bench.database.call(members.ensure, other, "ann", "Ann").id
    bench.tell("the tide is out")
    await bench.wait_for(1)
    assert mine not in looked


async def test_another_model_is_taken_up_without_a_new_start(bench):
    row = bench.tell("the ferry leaves at noon")
    await bench.wait_for(1)
    await bench.settings.change("memory.model", "maker/other")
    await until(
        lambda: bench.database.run(embeddings.of_messages, "maker/other", [row]), bool
    )


async def test_a_disk_that_was_full_for_a_moment_costs_no_vector(
    bench, monkeypatch, caplog
):
    """No other message comes that would set it going again."""
    add, left = embeddings.add_many, [3]

    def full(*arguments):
        if left[0]:
            left[0] -= 1
            raise AppError("The disk is full.", "Make room.")
        return add(*arguments)

    monkeypatch.setattr(embeddings, "add_many", full)
    monkeypatch.setattr("app.service.memory_keeper.LONGEST_PAUSE", 0.05)
    bench.tell("the ferry leaves at noon")
    await bench.wait_for(1)
    assert left == [0]
    told = [one for one in caplog.records if "The disk is full" in one.getMessage()]
    assert len(told) == 1, "it is told once, however often it is tried again"


async def test_the_cap_lets_go_of_the_oldest_vectors(bench, monkeypatch):
    monkeypatch.setattr("app.service.memory_keeper.WEIGH_SECONDS", 0.0)
    rows = [bench.tell(f"verse {number} of the song") for number in range(40)]
    await bench.wait_for(40)
    room = await bench.database.run(embeddings.room, bench.guild)
    monkeypatch.setattr("app.service.memory_keeper.MEGABYTE", room.bytes * 9 // 10)
    await bench.settings.change("memory.cap_megabytes", "1", bench.guild)
    bench.tell("one verse more")
    await until(bench.embedded, lambda count: count < 40)
    kept = await bench.database.run(embeddings.of_messages, "built-in", rows)
    assert {row for row, _ in kept} <= set(rows[1:])
    assert await bench.database.run(messages.count, bench.guild) == 41


async def test_an_edit_takes_the_summary_of_its_conversation(bench):
    row = bench.tell("the ferry leaves at noon")
    await bench.memory.link([row])
    talk = (await bench.database.run(reply_links.get, row)).conversation
    await bench.database.run(
        conversations.summarise, talk, "Ann told of a ferry.", [row], 0
    )
    await bench.memory.forget(bench.guild, [row])
    assert (await bench.database.run(conversations.get, talk)).summary == ""


async def test_a_busy_reader_costs_a_reply_its_memories_and_no_more_time(
    bench, monkeypatch
):
    bench.tell("the ferry leaves at noon")
    await bench.wait_for(1)
    turns = [Turn("Ann", "when does the ferry leave")]

    async def recalled():
        return await bench.memory.recall(bench.guild, turns, None, 1)

    await until(recalled, bool)
    monkeypatch.setattr("app.service.memory_keeper.RECALL_SECONDS", 0.1)
    done = threading.Event()
    copying = bench.reader.submit(done.wait, 30)
    try:
        assert await asyncio.wait_for(recalled(), 10) is None
    finally:
        done.set()
        copying.result()


async def test_messages_are_linked_behind_their_hearing_and_replies_wait_for_it(bench):
    rows = [bench.tell(f"the ferry leaves at {hour}") for hour in range(40)]
    bench.memory.link_soon(rows[:30])
    bench.memory.link_soon(rows[30:])
    assert await bench.database.run(reply_links.get_many, rows) == {}
    await bench.memory.linked()
    assert set(await bench.database.run(reply_links.get_many, rows)) == set(rows)


async def test_an_error_in_linking_is_noted_and_the_next_messages_are_linked(
    bench, monkeypatch, caplog
):
    async def broken(self, rows):
        raise IndexError("a bug")

    lost, row = bench.tell("the ferry"), bench.tell("leaves at noon")
    with monkeypatch.context() as patched:
        patched.setattr("app.conversations.conversations.Linking.hear", broken)
        bench.memory.link_soon([lost])
        await bench.memory.linked()
    assert "Linking messages failed" in caplog.text
    bench.memory.link_soon([row])
    await bench.memory.linked()
    # Its channel is read first, with what was written before.
    assert set(await bench.database.run(reply_links.get_many, [lost, row])) == {
        lost,
        row,
    }
