"""A storm of messages against a cloud provider that fails in every way it knows."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from random import Random

from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.providers.cost_record import Spent
from app.replies.request import MadeReply, ReplyRequest
from app.service.service import Service, open_service
from app.store import guilds, settings, usage
from app.store.tables import Reply
from tests.openai_stand_in import FAULTS, StandIn, running

LOCKED = 4
"""Every fourth guild is locked to this computer, or never agreed."""

CONFIG = """\
[openai]
base_url = "{url}"
model = "gpt-4o-mini"
monthly_budget = 0.0

[reply]
provider = "openai"
mode = "hybrid"

[memory]
enabled = false
"""


@dataclass
class Deliveries:
    """The messages of a storm, and what became of them."""

    messages: int
    made: list[MadeReply] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """Milliseconds of each reply."""
    late: int = 0
    """The replies that took longer than they may."""
    refused: int = 0
    """Second deliveries of a message that has its reply."""
    failed: int = 0
    spent: list[Spent] = field(default_factory=list)
    rows: int = 0
    """Replies in the database."""
    ledger: list[usage.DayUse] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def providers(self) -> Counter[str]:
        return Counter(made.answer.provider for made in self.made)

    @property
    def reasons(self) -> Counter[str]:
        """Why rungs did not answer, without their figures."""
        return Counter(
            f"{rung.provider} {rung.outcome}: {_plain(rung.reason)}"
            for made in self.made
            for rung in made.answer.rungs
            if rung.outcome != "answered"
        )


@dataclass
class Storm(Deliveries):
    """A storm over one host in the cloud."""

    stand_in: StandIn = field(default_factory=StandIn)
    locked: set[int] = field(default_factory=set)

    @property
    def faults(self) -> Counter[str]:
        return Counter(served.fault for served in self.stand_in.served)


def _plain(text: str) -> str:
    return "".join("#" if letter.isdigit() else letter for letter in text)


async def blow(
    home: Home, messages: int, count: int, a_second: float, seed: int = 1
) -> Storm:
    """Let `messages` come in `count` guilds; some of them are delivered twice."""
    rng = Random(seed)
    storm = Storm(messages)
    storm.stand_in.choose = in_turn(FAULTS, 0.5, rng)
    storm.stand_in.reply = lambda body: "well that is how it goes here, my friend"
    async with running(storm.stand_in) as stand_in:
        home.config_file.write_text(CONFIG.format(url=stand_in.cloud_url), "utf-8")
        async with open_service(home, Random(seed)) as service:
            rows = [await _guild(service, number, storm) for number in range(count)]
            await rage(service, storm, ["openai"], rows, a_second, rng)
    return storm


def in_turn(
    faults: Sequence[str], share: float, rng: Random
) -> Callable[[object], str]:
    """Return a choice of a fault for that share of the requests, each in its turn.

    However few requests a slow machine comes to, their faults differ.
    """
    order = cycle(rng.sample(faults, len(faults)))
    return lambda body: next(order) if rng.random() < share else "fine"


async def learned(service: Service, number: int) -> GuildId:
    """Return the row of a new server that has learned a few lines."""
    context = service.context
    row = (await context.database.run(guilds.ensure, f"guild{number}", str(number))).id
    lines = [f"guild{number} likes word{i} and word{i * 7 % 30}" for i in range(30)]
    records = [
        Record("1", "ann", line, f"{number}-{i}", i, None, "c", f"c{number}")
        for i, line in enumerate(lines)
    ]
    await context.voices.hear(row, records)
    return row


async def _guild(service: Service, number: int, storm: Storm) -> GuildId:
    context, row = service.context, await learned(service, number)
    if number % LOCKED == 0:
        storm.locked.add(row)
        name = "reply.local_only" if number % (2 * LOCKED) else "bot.name"
        value = True if name == "reply.local_only" else "Parrot"
        await context.database.run(settings.put, row, name, value)
        if name == "reply.local_only":
            await context.settings.agree(row, "replies")
    else:
        await context.settings.agree(row, "replies")
    context.settings.drop(row)
    return row


async def rage(
    service: Service,
    storm: Deliveries,
    hosts: Sequence[str],
    rows: Sequence[GuildId],
    a_second: float,
    rng: Random,
) -> None:
    """Let the messages come, and keep the books of those hosts."""
    context = service.context
    write = context.ledger.spent

    def note(entry: Spent) -> None:
        storm.spent.append(entry)
        write(entry)

    context.ledger.spent = note  # type: ignore[method-assign]
    for name in hosts:
        host = context.providers.host(name)
        host._on_spent = note
        await asyncio.to_thread(host.prepare)
    began = time.perf_counter()
    forgiving = asyncio.create_task(_forgive(service, hosts))
    await _deliver(service, storm, rows, a_second, rng)
    forgiving.cancel()
    storm.seconds = time.perf_counter() - began
    await context.ledger.flush()
    storm.ledger = await context.database.run(usage.by_day, 0)
    storm.rows = await context.database.run(_made_rows)


async def _forgive(service: Service, hosts: Sequence[str]) -> None:
    """Try again at once after lasting troubles, so that the storm goes on."""
    while True:
        await asyncio.sleep(0.1)
        for name in hosts:
            host = service.context.providers.host(name)
            host.forget_troubles()
            host._throttle.__init__(time.monotonic)  # type: ignore[misc]
        for breaker in service.context.replier._rungs._breakers.values():
            breaker.succeeded()


async def _deliver(
    service: Service,
    storm: Deliveries,
    rows: Sequence[GuildId],
    a_second: float,
    rng: Random,
) -> None:
    replier = service.context.replier
    rungs = replier._rungs

    async def one(number: int, row: GuildId, began: float) -> None:
        limit = rungs.time_limit_ms("hybrid", rungs._home(), ["local"])
        text = f"marker-{row}-x message {number} about word{number % 30}"
        request = ReplyRequest(row, text, "bob", "mention", trigger=str(number))
        try:
            made = await replier.reply(request)
        except Exception:
            storm.failed += 1
            raise
        if made is None:
            storm.refused += 1
            return
        storm.made.append(made)
        storm.times.append((time.perf_counter() - began) * 1000)
        storm.late += storm.times[-1] > limit

    begun = time.perf_counter()
    tasks = list[asyncio.Task[None]]()
    for number in range(storm.messages):
        row = rng.choice(rows)
        tasks.append(asyncio.create_task(one(number, row, time.perf_counter())))
        if rng.random() < 0.05:
            tasks.append(asyncio.create_task(one(number, row, time.perf_counter())))
        await asyncio.sleep(max(0.0, begun + number / a_second - time.perf_counter()))
    await asyncio.gather(*tasks)


def _made_rows() -> int:
    return int(Reply.select().where(Reply.state == "made").count())


def check_replies(storm: Deliveries) -> None:
    """What must hold of the replies in every storm."""
    assert storm.failed == 0
    assert len(storm.made) == storm.messages == storm.rows
    assert len({made.request.trigger for made in storm.made}) == storm.messages
    assert all(made.answer.finished.text.strip() for made in storm.made)
    assert storm.refused > 0
    assert sum(day.calls for day in storm.ledger) == len(storm.spent)


def check(storm: Storm) -> None:
    """What must hold of every storm, however slow the machine is."""
    check_replies(storm)
    for served in storm.stand_in.served:
        for row in storm.locked:
            assert f"marker-{row}-x" not in served.everything
    sent = sorted(spent.bytes_sent for spent in storm.spent)
    assert sent == sorted(served.bytes_received for served in storm.stand_in.served)
    assert sum(day.bytes_sent for day in storm.ledger) == sum(sent)
    exact = Counter(
        (served.prompt_tokens, served.completion_tokens)
        for served in storm.stand_in.served
        if served.reported
    )
    exact.subtract(
        (spent.prompt_tokens, spent.completion_tokens)
        for spent in storm.spent
        if spent.prompt_tokens and not spent.is_estimate
    )
    assert min(exact.values()) >= 0
