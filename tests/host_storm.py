"""A storm of messages over three hosts and the model here."""

import subprocess
import sys
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from random import Random

from app.core.names import GuildId
from app.core.paths import Home
from app.providers.cost_record import Spent
from app.service.service import Service, open_service
from tests.openai_stand_in import FAULTS, Served, StandIn, running
from tests.storm import Deliveries, check_replies, in_turn, learned, rage

GUILDS = 20
ORDERS = (
    "near, far, third",
    "far, near",
    "local, near, third",
    "third, local",
    "far, third, near",
)

CONFIG = """\
[reply]
mode = "hybrid"

[model]
name = "{model}"

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
class HostStorm(Deliveries):
    """A storm over several hosts."""

    servers: dict[str, Booked] = field(default_factory=dict)
    closed: dict[int, set[str]] = field(default_factory=dict)
    """The hosts in the cloud that nobody agreed to, by server."""

    @property
    def faults(self) -> Counter[str]:
        return Counter(
            one.fault for server in self.servers.values() for one in server.served
        )


async def blow(
    home: Home, messages: int, a_second: float, seed: int = 1, model: str = "echo"
) -> HostStorm:
    """Let messages come in servers with different orders of hosts."""
    rng = Random(seed)
    storm, choose = HostStorm(messages), in_turn(OURS, 0.4, rng)
    async with AsyncExitStack() as stack:
        for name in ("near", "far", "third"):
            server = Booked()
            server.choose = choose
            server.reply = lambda body: "well that is how it goes here, my friend"
            storm.servers[name] = await stack.enter_async_context(running(server))
        third = storm.servers["third"]
        third.bill = {"cost": BILL}
        home.config_file.write_text(
            CONFIG.format(
                model=model,
                near=storm.servers["near"].base_url,
                far=storm.servers["far"].url_at("far.example"),
                third=third.url_at("third.example"),
            ),
            encoding="utf-8",
        )
        service = await stack.enter_async_context(open_service(home, Random(seed)))
        rows = [await _guild(service, number, storm) for number in range(GUILDS)]
        await service.context.local.wait_until_ready(60)
        await rage(service, storm, [*storm.servers], rows, a_second, rng)
    return storm


async def _guild(service: Service, number: int, storm: HostStorm) -> GuildId:
    context, row = service.context, await learned(service, number)
    order = ORDERS[number % len(ORDERS)]
    settings = context.settings
    await settings.change("reply.provider", order, row, agreed=True)
    if number % 4 == 0:
        await settings.change("reply.local_only", "on", row)
        storm.closed[row] = {"far", "third"}
    elif number % 4 == 1:
        # Its owner chose a host in the file, which is no consent.
        await settings.change("reply.provider", "local", row)
        revoked = guilds_without(order)
        await context.database.run(_revoke, row)
        await settings.change("reply.provider", "near", row)
        await context.database.run(_put_provider, row, order)
        settings.drop(row)
        storm.closed[row] = revoked
    return row


def guilds_without(order: str) -> set[str]:
    """The hosts of an order that are in the cloud."""
    return {name for name in order.split(", ") if name in ("far", "third")}


def _revoke(row: GuildId) -> None:
    from app.store.tables import Consent

    Consent.delete().where(Consent.guild == row).execute()


def _put_provider(row: GuildId, order: str) -> None:
    from app.store import settings

    settings.put(row, "reply.provider", order, 0)


def check(storm: HostStorm) -> None:
    """What must hold of every storm, however slow the machine is."""
    check_replies(storm)
    for name, server in storm.servers.items():
        for served in server.replies:
            for row, hosts in storm.closed.items():
                assert name not in hosts or f"marker-{row}-x" not in served.everything
        spent = [one for one in storm.spent if one.provider == name]
        sent = sorted(one.bytes_sent for one in spent)
        assert sent == sorted(one.bytes_received for one in server.replies)
        _check_bill(name, server, spent)
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
