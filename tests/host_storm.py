"""A storm of messages over three hosts and the model here."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any

from app.core.paths import Home
from app.importers.records import Record
from app.providers.cost_record import Spent
from app.replies.request import MadeReply, ReplyRequest
from app.service.service import Service, open_service
from app.store import guilds, usage
from app.store.tables import Reply
from tests.openai_stand_in import FAULTS, Served, StandIn, running

GUILDS = 20
ORDERS = (
    "near, far, third",
    "far, near",
    "local, near, third",
    "third, local",
    "far, third, near",
)
LIMIT_MS = 2500

CONFIG = """\
[reply]
mode = "hybrid"
hybrid_seconds = 2.5

[model]
name = "echo"

[memory]
enabled = false

[openai]
monthly_budget = 0.0

[hosts.near]
base_url = "{near}"
model = "llama3.2"

[hosts.far]
base_url = "{far}"
model = "gpt-4o-mini"

[hosts.third]
base_url = "{third}"
model = "some/model"
"""

BILL = 0.000123
"""Dollars that the third host says each whole answer costs."""

OURS = (*FAULTS, "loading", "error_fine")


@dataclass
class Booked(StandIn):
    """A host that keeps its own books."""

    billed: float = 0.0

    @property
    def replies(self) -> list[Served]:
        """The requests with somebody's words, not those that wake a model."""
        return [one for one in self.served if "marker-" in one.everything]


@dataclass
class HostStorm:
    """What happened."""

    messages: int
    servers: dict[str, Booked] = field(default_factory=dict)
    made: list[MadeReply] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    refused: int = 0
    failed: int = 0
    spent: list[Spent] = field(default_factory=list)
    closed: dict[int, set[str]] = field(default_factory=dict)
    """The hosts in the cloud that nobody agreed to, by server."""
    rows: int = 0
    ledger: list[usage.DayUse] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def late(self) -> int:
        return sum(ms > LIMIT_MS for ms in self.times)

    @property
    def providers(self) -> Counter[str]:
        return Counter(made.answer.provider for made in self.made)

    @property
    def faults(self) -> Counter[str]:
        return Counter(
            one.fault for server in self.servers.values() for one in server.served
        )

    @property
    def reasons(self) -> Counter[str]:
        """Why rungs did not answer, without their figures."""
        return Counter(
            f"{rung.provider} {rung.outcome}: {_plain(rung.reason)}"
            for made in self.made
            for rung in made.answer.rungs
            if rung.outcome != "answered"
        )


def _plain(text: str) -> str:
    return "".join("#" if letter.isdigit() else letter for letter in text)


async def blow(home: Home, messages: int, a_second: float, seed: int = 1) -> HostStorm:
    """Let messages come in servers with different orders of hosts."""
    rng = Random(seed)
    storm = HostStorm(messages)
    async with AsyncExitStack() as stack:
        for name in ("near", "far", "third"):
            server = Booked()
            server.choose = lambda body: (
                "fine" if rng.random() < 0.6 else rng.choice(OURS)
            )
            server.reply = lambda body: "well that is how it goes here, my friend"
            storm.servers[name] = await stack.enter_async_context(running(server))
        third = storm.servers["third"]
        third.bill = {"cost": BILL}
        home.config_file.write_text(
            CONFIG.format(
                near=storm.servers["near"].base_url,
                far=storm.servers["far"].url_at("far.example"),
                third=third.url_at("third.example"),
            ),
            encoding="utf-8",
        )
        service = await stack.enter_async_context(open_service(home, Random(seed)))
        await _run(service, storm, a_second, rng)
    return storm


async def _run(
    service: Service, storm: HostStorm, a_second: float, rng: Random
) -> None:
    context = service.context
    rows = [await _guild(service, number, storm) for number in range(GUILDS)]
    write = context.ledger.spent

    def note(entry: Spent) -> None:
        storm.spent.append(entry)
        write(entry)

    context.ledger.spent = note  # type: ignore[method-assign]
    for name in storm.servers:
        host = context.providers.host(name)
        host._on_spent = note
        await asyncio.to_thread(host.prepare)
    await context.local.wait_until_ready(60)
    began = time.perf_counter()
    forgiving = asyncio.create_task(_forgive(service, storm))
    await _deliver(service, storm, rows, a_second, rng)
    forgiving.cancel()
    storm.seconds = time.perf_counter() - began
    await context.ledger.flush()
    storm.ledger = await context.database.run(usage.by_day, 0)
    storm.rows = await context.database.run(_made_rows)


def _made_rows() -> int:
    return int(Reply.select().where(Reply.state == "made").count())


async def _guild(service: Service, number: int, storm: HostStorm) -> int:
    context = service.context
    row = (await context.database.run(guilds.ensure, f"guild{number}", str(number))).id
    lines = [f"guild{number} likes word{i} and word{i * 7 % 30}" for i in range(30)]
    records = [
        Record("1", "ann", line, f"{number}-{i}", i, None, "c", f"c{number}")
        for i, line in enumerate(lines)
    ]
    await context.voices.hear(row, records)
    order = ORDERS[number % len(ORDERS)]
    settings = context.settings
    await settings.change("reply.provider", order, row, agreed=True)
    if number % 4 == 0:
        await settings.change("reply.local_only", "on", row)
        storm.closed[int(row)] = {"far", "third"}
    elif number % 4 == 1:
        # Its owner chose a host in the file, which is no consent.
        await settings.change("reply.provider", "local", row)
        revoked = guilds_without(order)
        await context.database.run(_revoke, int(row))
        await settings.change("reply.provider", "near", row)
        await context.database.run(_put_provider, int(row), order)
        settings.drop(row)
        storm.closed[int(row)] = revoked
    return int(row)


def guilds_without(order: str) -> set[str]:
    """The hosts of an order that are in the cloud."""
    return {name for name in order.split(", ") if name in ("far", "third")}


def _revoke(row: int) -> None:
    from app.store.tables import Consent

    Consent.delete().where(Consent.guild == row).execute()


def _put_provider(row: int, order: str) -> None:
    from app.store import settings

    settings.put(row, "reply.provider", order, 0)


async def _forgive(service: Service, storm: HostStorm) -> None:
    """Try again at once after lasting troubles, so that the storm goes on."""
    while True:
        await asyncio.sleep(0.1)
        for name in storm.servers:
            host = service.context.providers.host(name)
            host.forget_troubles()
            host._throttle.__init__(time.monotonic)  # type: ignore[misc]
        for breaker in service.context.replier._rungs._breakers.values():
            breaker.succeeded()


async def _deliver(
    service: Service, storm: HostStorm, rows: list[int], a_second: float, rng: Random
) -> None:
    async def one(number: int, row: int) -> None:
        began = time.perf_counter()
        text = f"marker-{row}-x message {number} about word{number % 30}"
        request = ReplyRequest(row, text, "bob", "mention", trigger=str(number))
        try:
            made = await service.context.replier.reply(request)
        except Exception:
            storm.failed += 1
            raise
        if made is None:
            storm.refused += 1
            return
        storm.made.append(made)
        storm.times.append((time.perf_counter() - began) * 1000)

    begun = time.perf_counter()
    tasks: list[asyncio.Task[Any]] = []
    for number in range(storm.messages):
        row = rng.choice(rows)
        tasks.append(asyncio.create_task(one(number, row)))
        if rng.random() < 0.05:
            tasks.append(asyncio.create_task(one(number, row)))
        await asyncio.sleep(max(0.0, begun + number / a_second - time.perf_counter()))
    await asyncio.gather(*tasks)


def check(storm: HostStorm) -> None:
    """What must hold of every storm, however slow the machine is."""
    assert storm.failed == 0
    assert len(storm.made) == storm.messages == storm.rows
    assert len({made.request.trigger for made in storm.made}) == storm.messages
    assert all(made.answer.finished.text.strip() for made in storm.made)
    assert storm.refused > 0
    for name, server in storm.servers.items():
        for served in server.replies:
            for row, hosts in storm.closed.items():
                assert name not in hosts or f"marker-{row}-x" not in served.everything
        spent = [one for one in storm.spent if one.provider == name]
        sent = sorted(one.bytes_sent for one in spent)
        assert sent == sorted(one.bytes_received for one in server.replies)
        _check_bill(name, server, spent)
    assert sum(day.calls for day in storm.ledger) == len(storm.spent)
    cents = sum(day.cost for day in storm.ledger)
    assert abs(cents - sum(one.cost for one in storm.spent)) < 1e-9


def _check_bill(name: str, server: Booked, spent: list[Spent]) -> None:
    """Compare whole answers with the host's own books, to the cent."""
    reported = [one for one in server.replies if one.reported]
    if name == "near":
        assert sum(one.cost for one in spent) == 0
        return
    if name == "third":
        # A report whose tokens are wrong has the bill all the same.
        reported += [one for one in server.replies if one.fault == "wrong_usage"]
        server.billed = len(reported) * BILL
        billed = [one.cost for one in spent if one.cost == BILL]
        # A client that was late does not hear the bill; it counts the dearest price.
        assert 0 <= len(reported) - len(billed) <= max(3, len(reported) // 20)
        return
    prices = [(one.prompt_tokens * 0.15 + one.completion_tokens * 0.6) / 1e6
              for one in reported]  # fmt: skip
    server.billed = sum(prices)
    left = Counter(round(price, 12) for price in prices)
    told = [one for one in spent if not one.is_estimate and one.cost]
    left.subtract(round(one.cost, 12) for one in told)
    assert min(left.values(), default=0) >= 0
    # A client that was late does not hear the last words of the host.
    assert sum(left.values()) <= max(3, len(reported) // 20)


LATENESS = """
import asyncio, time
from app.providers.base import Prompt, Turn
from app.providers.openai.prices import load
from app.providers.openai.provider import OpenAIProvider
from app.settings.model_sections import OpenAISettings
from tests.openai_stand_in import AnyoneMay, StandIn, running

worst = busy = 0.0

async def watch():
    global worst, busy
    while True:
        began, worked = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.001)
        worst = max(worst, time.perf_counter() - began - 0.001)
        busy = max(busy, time.thread_time() - worked)

async def main():
    prices = load()
    async with running(StandIn()) as server:
        provider = OpenAIProvider(
            lambda: OpenAISettings(base_url=server.cloud_url), lambda address: "k",
            lambda: prices, lambda spent: None, time.monotonic, AnyoneMay(),
        )
        await asyncio.sleep(0.1)
        watching = asyncio.create_task(watch())
        await asyncio.sleep(0.1)
        prompt = Prompt(1, "c", "Mynah", (Turn("ann", "hi"),), deadline_ms=60000)
        async for _ in provider.write(prompt):
            pass
        watching.cancel()
        await provider.close()

asyncio.run(main())
print(worst * 1000, busy * 1000)
"""


def loop_lateness() -> tuple[float, float]:
    """Return the milliseconds by which a process's first cloud reply delays its loop.

    The second figure is its own work alone, without waiting for a busy machine.
    """
    done = subprocess.run(
        [sys.executable, "-c", LATENESS], capture_output=True, text=True, check=True
    )
    late, busy = map(float, done.stdout.split())
    return late, busy
