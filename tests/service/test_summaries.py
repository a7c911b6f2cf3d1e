"""Long conversations are summed up while the model has nothing else to do."""

import asyncio

import pytest

from app.core.errors import ProviderError
from app.core.names import GuildId
from app.core.state_file import StateFile
from app.providers.local.idle_model import IdleModel
from app.providers.local.provider import LocalProvider
from app.service.metrics.part_meter import PartMeter
from app.service.shared.held_servers import HeldServers
from app.service.summaries import KEPT, STEP, Summaries
from app.settings.effective import Settings
from app.settings.model_sections import ModelSettings
from app.store import conversations, forgetting, guilds, members, messages, reply_links
from app.store.authors import open_key
from app.store.database import Database
from app.store.reply_links import NewLink

SAID = "Ann and Bob spoke of many things."


class Model:
    """Writes one sentence, or waits until it is told to."""

    def __init__(self, billions=3.0):
        self.billions, self.context_size, self.is_idle = billions, 4096, True
        self.asked: list[str] = []
        self.is_asked = asyncio.Event()
        self.text = SAID
        self.wait: asyncio.Event | None = None

    async def complete(self, guild, text, max_tokens, seconds, never=(), grammar=""):
        self.asked.append(text)
        self.is_asked.set()
        if self.wait:
            await self.wait.wait()
        if not self.text:
            raise ProviderError("The model is gone.")
        return self.text


class Bench:
    def __init__(self, home, database):
        self.database = database
        self.settings = Settings(home, database)
        self.model = Model()
        self.guild = database.call(guilds.ensure, "den").id
        self.channel = database.call(guilds.ensure_channel, self.guild, "general").id
        self.clock = 1000.0
        self.now = 1000.0
        self.rows: list[int] = []
        self.made = self.summarising(self.model)

    def summarising(self, model):
        self.idle = IdleModel(model, lambda: self.clock)
        return Summaries(
            self.database,
            self.settings,
            self.idle,
            HeldServers(self.database),
            PartMeter(),
            now=lambda: self.now,
        )

    def talk(self, count, authors=("ann", "bob")):
        for _ in range(count):
            number = len(self.rows)
            author = authors[number % len(authors)]
            member = self.database.call(
                members.ensure, self.guild, author, author.title()
            )
            new = messages.NewMessage(
                self.channel,
                member.id,
                f"m{number}",
                900_000 + number,
                f"line {number}",
            )
            row = self.database.call(messages.add, self.guild, new)
            assert row is not None
            self.rows.append(row)
            first = self.rows[0]
            self.database.call(reply_links.put_many, [NewLink(row, None, first, 1.0)])

    @property
    def talked(self):
        found = self.database.call(conversations.get, self.rows[0])
        assert found is not None
        return found


@pytest.fixture
def bench(home):
    with Database(home.database) as database:
        database.call(open_key, home.author_key_file)
        yield Bench(home, database)


async def test_a_long_conversation_is_summed_up_and_goes_on(bench):
    bench.talk(STEP + KEPT - 1)
    assert await bench.made.look() == 0
    bench.talk(1)
    assert await bench.made.look() == 1
    assert bench.talked.summary == SAID
    assert bench.talked.summarised == bench.rows[STEP - 1]
    assert "Ann: line 0" in bench.model.asked[0]
    assert f"line {STEP}" not in bench.model.asked[0]
    bench.talk(STEP)
    assert await bench.made.look() == 1
    assert f"(Before: {SAID})" in bench.model.asked[1]
    assert bench.talked.summarised == bench.rows[2 * STEP - 1]


async def test_a_small_model_is_not_asked_unless_the_owner_says_so(bench):
    bench.talk(STEP + KEPT)
    bench.model.billions = 0.135
    assert await bench.made.look() == 0
    await bench.settings.change("context.summary_billions", "0.1")
    assert await bench.made.look() == 1


async def test_nothing_is_summed_up_beside_or_shortly_after_a_reply(bench):
    bench.talk(STEP + KEPT)
    with bench.idle.quiet():
        assert await bench.made.look() == 0
    assert await bench.made.look() == 0
    bench.clock += 20
    bench.model.is_idle = False
    assert await bench.made.look() == 0
    bench.model.is_idle = True
    assert await bench.made.look() == 1


async def test_a_reply_stops_a_summary_that_is_being_written(bench):
    bench.talk(STEP + KEPT)
    bench.model.wait = asyncio.Event()
    looking = asyncio.create_task(bench.made.look())
    await bench.model.is_asked.wait()
    with bench.idle.quiet():
        assert await looking == 0
    assert bench.talked.summary == ""


async def test_a_conversation_that_is_over_is_left_alone(bench):
    bench.talk(STEP + KEPT)
    bench.now += 4 * 3600
    assert await bench.made.look() == 0


async def test_a_model_that_dies_leaves_no_summary(bench):
    bench.talk(STEP + KEPT)
    bench.model.text = ""
    assert await bench.made.look() == 0
    assert bench.talked.summarised == 0


async def test_a_message_forgotten_meanwhile_is_in_no_summary(bench):
    bench.talk(STEP + KEPT)
    bench.model.wait = asyncio.Event()
    looking = asyncio.create_task(bench.made.look())
    await bench.model.is_asked.wait()
    await bench.database.run(forgetting.delete, bench.guild, bench.rows[3:4])
    bench.model.wait.set()
    assert await looking == 0
    assert bench.talked.summary == ""


async def test_who_opted_out_is_not_told_of(bench):
    bench.talk(STEP + KEPT)
    author = bench.database.call(messages.get, bench.rows[0]).author
    bench.database.call(members.set_opted_out, bench.guild, author, True)
    await bench.made.look()
    assert "Ann" not in bench.model.asked[0]


@pytest.mark.process
async def test_the_local_model_writes_it(bench, tmp_path):
    bench.talk(STEP + KEPT, authors=("a person with words",))
    await bench.settings.change("context.summary_billions", "0")

    async def no_voice(guild):
        return None

    settings = ModelSettings(name="echo")
    aside = StateFile(tmp_path / "aside.json")
    provider = LocalProvider(lambda: settings, lambda name: None, no_voice, aside)
    try:
        summarising = bench.summarising(provider)
        assert await summarising.look() == 0
        assert await provider.wait_until_ready(20)
        assert await provider.complete(GuildId(1), "ann: one two three\nx:", 9, 5)
        assert await summarising.look() == 1
        assert bench.talked.summarised == bench.rows[STEP - 1]
    finally:
        await provider.close()
