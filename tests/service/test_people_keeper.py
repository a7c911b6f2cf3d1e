"""A model that is large enough reads what the rules do not find."""

import asyncio

from app.core.names import GuildId
from app.providers.local.idle_model import IDLE_SECONDS
from app.service.service import Service
from app.service.words.people_keeper import PeopleKeeper
from app.store import guilds, members, messages
from app.store.given import facts

HOME = "Vienna has been home for me since May"
SMALL, LARGE = 0.27, 4.0


class Model:
    """Answers the same, and notes what it was asked."""

    context_size, is_idle = 4096, True

    def __init__(self, billions: float, answer: str = "lives=Vienna") -> None:
        self.billions, self.answer = billions, answer
        self.asked: list[str] = []
        self.is_asked = asyncio.Event()
        self.waits: asyncio.Event | None = None

    async def complete(
        self, guild, text, max_tokens, seconds, never=(), grammar=""
    ) -> str:
        assert grammar
        self.asked.append(text.splitlines()[-2])
        self.is_asked.set()
        if self.waits:
            await self.waits.wait()
        return self.answer


class Bench:
    def __init__(self, service: Service, model: Model) -> None:
        self.context, self.model = service.context, model
        self.keeper = PeopleKeeper(self.context)
        self.context.memory.attach(model, self.context.parts)

    async def start(self) -> None:
        run = self.context.database.run
        self.guild: GuildId = (await run(guilds.ensure, "den")).id
        self.channel = await run(guilds.ensure_channel, self.guild, "general")
        self.member = await run(members.ensure, self.guild, "ann", "Ann")
        await self.context.settings.change("memory.people", "on")

    async def say(self, text: str) -> int:
        run, number = self.context.database.run, len(self.model.asked)
        new = messages.NewMessage(
            self.channel.id, self.member.id, f"{text}{number}", 1, text
        )
        added = await run(messages.add_many, self.guild, [new])
        return int(added.rows[0] or 0)

    async def read(self) -> list[tuple[str, str]]:
        await self.keeper.catch_up()
        await self.keeper.ask()
        known = await self.context.database.run(facts.of, self.guild, "ann")
        return [(one.kind, one.value) for one in known]


async def bench_of(service: Service, billions: float) -> Bench:
    bench = Bench(service, Model(billions))
    await bench.start()
    return bench


async def test_a_large_model_is_asked_once_where_the_rules_find_nothing(
    service: Service,
) -> None:
    bench = await bench_of(service, LARGE)
    for text in (HOME, "I love olives", "hello there"):
        await bench.say(text)
    assert await bench.read() == [("lives", "Vienna"), ("loves", "olives")]
    await bench.read()
    assert bench.model.asked == [f"Message: {HOME}"]
    assert service.context.parts.times(bench.guild)["memory.people"].uses == 1


async def test_a_small_model_is_not_asked(service: Service) -> None:
    bench = await bench_of(service, SMALL)
    await bench.say(HOME)
    assert await bench.read() == [] and bench.model.asked == []
    await service.context.settings.change("memory.people_billions", "0.2")
    assert await bench.read() == [("lives", "Vienna")]
    await service.context.settings.change("memory.people", "off")
    await bench.say("Rome has been home for me since June")
    await bench.read()
    assert len(bench.model.asked) == 1


async def test_what_the_message_does_not_say_is_dropped(service: Service) -> None:
    bench = await bench_of(service, LARGE)
    bench.model.answer = "lives=Paris; name=Admin"
    await bench.say(HOME)
    assert await bench.read() == [] and bench.model.asked


async def test_a_reply_goes_first_and_the_message_is_asked_about_later(
    service: Service,
) -> None:
    bench = await bench_of(service, LARGE)
    idle, bench.model.waits = service.context.memory.idle_model, asyncio.Event()
    assert idle is not None
    await bench.say(HOME)
    reading = asyncio.create_task(bench.read())
    await bench.model.is_asked.wait()
    with service.context.memory.quiet():
        assert await reading == []
        assert await bench.read() == []
    assert await bench.read() == []
    bench.model.waits.set()
    idle._last_reply -= IDLE_SECONDS
    assert await bench.read() == [("lives", "Vienna")]
    assert len(bench.model.asked) == 2


async def test_a_message_that_was_edited_meanwhile_tells_nothing(
    service: Service,
) -> None:
    bench = await bench_of(service, LARGE)
    bench.model.waits = asyncio.Event()
    row = await bench.say(HOME)
    reading = asyncio.create_task(bench.read())
    await bench.model.is_asked.wait()
    edit = messages.edit
    await service.context.database.run(edit, row, "Vienna bores me since May")
    bench.model.waits.set()
    assert await reading == []
