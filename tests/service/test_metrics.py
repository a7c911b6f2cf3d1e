"""The figures of a bot as OpenMetrics; a parser of Prometheus is the judge."""

import asyncio
import json
import re
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import psutil
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app import serve
from app.core.explanation import RungOutcome
from app.core.paths import asset
from app.ipc import control
from app.replies.request import MadeReply
from app.service.metrics.figures import DISCORD_STATES, MODEL_STATES, OUTCOMES
from app.service.service import Service
from app.settings.config_file import save
from app.store import guilds
from tests.asking import ask

NAME, TEXT = "Zebrafinch Lounge", "xylophones at midnight please"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@asynccontextmanager
async def telling(service: Service) -> AsyncIterator[str]:
    """The address at which a service tells its figures."""
    port = free_port()
    save(service.context.home.config_file, "metrics.port", port)
    task = asyncio.create_task(serve._tell_figures(service))
    try:
        while not is_open(port):
            assert not task.done()
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{port}/metrics"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def is_open(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def key_header(service: Service) -> dict[str, str]:
    key = service.context.home.metrics_key_file.read_text(encoding="utf-8")
    return {"Authorization": f"Bearer {key}"}


async def body_of(service: Service, url: str) -> str:
    async with (
        aiohttp.ClientSession(headers=key_header(service)) as session,
        session.get(url) as answer,
    ):
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
        return await answer.text()


def read(text: str) -> dict[str, Metric]:
    return {one.name: one for one in text_string_to_metric_families(text)}


def value(families: dict[str, Metric], sample: str, **labels: str) -> float:
    return next(
        one.value
        for family in families.values()
        for one in family.samples
        if one.name == sample and labels.items() <= one.labels.items()
    )


async def test_replies_are_counted_by_their_end_provider_and_time(service: Service):
    await service.context.database.run(guilds.ensure, NAME)
    async with telling(service) as url:
        before = read(await body_of(service, url))
        assert value(before, "mynah_replies_total", outcome="made") == 0
        for _ in range(2):
            await ask(service, control.Say(NAME, TEXT))
        families = read(await body_of(service, url))
    assert value(families, "mynah_replies_total", outcome="made") == 2
    answered = {"provider": "markov", "outcome": "answered"}
    assert value(families, "mynah_rungs_total", **answered) == 2
    assert value(families, "mynah_reply_seconds_count", mode="markov") == 2
    assert 0 < value(families, "mynah_reply_seconds_sum", mode="markov") < 60


async def test_a_provider_that_is_late_is_counted_and_so_are_its_tokens(
    service: Service,
):
    heard: list[MadeReply | None] = []
    async with telling(service) as url:
        note = service.context.replier.on_end
        service.context.replier.on_end = lambda state, made: heard.append(made)
        await service.context.database.run(guilds.ensure, NAME)
        await ask(service, control.Say(NAME, TEXT))
        (made,) = heard
        assert made is not None
        late = RungOutcome("local", "late", "it took too long")
        completion = replace(
            made.answer.completion,
            prompt_tokens=9,
            cached_tokens=4,
            completion_tokens=3,
        )
        answer = replace(
            made.answer, rungs=(late, *made.answer.rungs), completion=completion
        )
        note("made", replace(made, answer=answer))
        note("failed", None)
        families = read(await body_of(service, url))
    assert value(families, "mynah_rungs_total", provider="local", outcome="late") == 1
    assert value(families, "mynah_replies_total", outcome="failed") == 1
    tokens = {
        kind: value(families, "mynah_tokens_total", provider="markov", kind=kind)
        for kind in ("read", "cached", "written")
    }
    assert tokens == {"read": 9, "cached": 4, "written": 3}


async def test_state_money_memory_and_shards_are_told(service: Service):
    shards = [control.ShardStatus(0, True, 31.5), control.ShardStatus(1, False)]
    service.app.discord = lambda: control.DiscordStatus("online", shards=shards)
    service.context.ledger._sums[next(iter(service.context.ledger._starts())), None] = 2
    await service.last_hour.note()
    async with telling(service) as url:
        families = read(await body_of(service, url))
    assert value(families, "mynah_spent_dollars", period="day") == 2
    assert value(families, "mynah_budget_dollars", period="month") == 5
    assert value(families, "mynah_process_memory_bytes", process="bot") > 10_000_000
    assert value(families, "mynah_queue") == 0
    online = {"mynah_discord_state": "online"}
    assert value(families, "mynah_discord_state", **online) == 1
    assert [value(families, "mynah_shard_up", shard=n) for n in "01"] == [1, 0]
    assert value(families, "mynah_shard_latency_seconds", shard="0") == 0.0315
    assert len(families["mynah_shard_latency_seconds"].samples) == 1


async def test_labels_are_few_and_nobody_is_named(service: Service):
    run = service.context.database.run
    async with telling(service) as url:
        for number in range(30):
            name = f"{NAME} {number}"
            guild = (await run(guilds.ensure, name)).id
            await run(guilds.ensure_channel, guild, "secret-den")
            await ask(service, control.Say(name, TEXT, author="Zoe Quill"))
        text = await body_of(service, url)
    for word in (*NAME.split(), *TEXT.split()[::2], "Zoe", "Quill", "secret-den"):
        assert word.lower() not in text.lower()
    allowed = {
        "outcome": {*OUTCOMES, "answered", "skipped", "loading", "late", "rejected"},
        "provider": {"markov", "local", "openai"},
        "mode": {"markov", "llm", "hybrid"},
        "kind": {"read", "cached", "written"},
        "period": {"day", "month"},
        "process": {"bot", "model", "work", "other"},
        "mynah_discord_state": {*DISCORD_STATES},
        "mynah_model_state": {*MODEL_STATES},
    }
    for family in read(text).values():
        for sample in family.samples:
            for label, said in sample.labels.items():
                known = label in ("le", "version", "shard") or said in allowed[label]
                assert known, sample


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/metrics", {"Authorization": ""}, 401),
        ("GET", "/metrics", {"Authorization": "Bearer "}, 401),
        ("GET", "/metrics", {"Authorization": "Bearer \udcffx"}, 401),
        ("GET", "/elsewhere", {"Authorization": "Bearer wrong"}, 401),
        ("POST", "/metrics", {"Authorization": "Bearer wrong"}, 401),
        ("GET", "/metrics", {"Host": "evil.example:{port}"}, 403),
        ("GET", "/metrics", {"Host": "127.0.0.1"}, 403),
        ("GET", "/metrics", {"Host": "127.0.0.1:{port}x"}, 403),
        ("GET", "/elsewhere", {}, 404),
        ("HEAD", "/metrics", {}, 405),
        ("POST", "/metrics", {}, 405),
        ("DELETE", "/metrics", {}, 405),
    ],
)
async def test_nobody_else_and_nothing_else_is_answered(
    service: Service, method: str, path: str, headers: dict[str, str], status: int
):
    async with telling(service) as url:
        port = url.removesuffix("/metrics").rpartition(":")[2]
        sent = {
            "Host": f"127.0.0.1:{port}",
            **key_header(service),
            **{name: text.format(port=port) for name, text in headers.items()},
        }
        lines = "".join(f"{name}: {text}\r\n" for name, text in sent.items())
        request = f"{method} {path} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(request.encode("utf-8", "surrogateescape"))
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.split()[1] == str(status).encode()
    assert b"mynah_" not in answer


@pytest.mark.posix_only("Windows has no mode bits")
async def test_the_key_is_its_owners_alone_and_stays(service: Service):
    file = service.context.home.metrics_key_file
    async with telling(service):
        first = file.read_text(encoding="utf-8")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(first) >= 32
    async with telling(service):
        assert file.read_text(encoding="utf-8") == first


@pytest.mark.not_under_wine("it tells nobody which ports a process has")
async def test_this_computer_alone_reaches_the_port(service: Service):
    async with telling(service) as url:
        port = int(url.removesuffix("/metrics").rpartition(":")[2])
        here = psutil.Process().net_connections(kind="inet")
        listening = {one.laddr for one in here if one.status == psutil.CONN_LISTEN}
        assert [at.ip for at in listening if at.port == port] == ["127.0.0.1"]


async def test_nothing_listens_unless_the_owner_chose_a_port(service: Service):
    await serve._tell_figures(service)
    assert not service.context.home.metrics_key_file.exists()


async def test_a_taken_port_or_a_short_key_is_told_with_the_remedy(service: Service):
    context = service.context
    with socket.create_server(("127.0.0.1", 0)) as taken:
        save(context.home.config_file, "metrics.port", taken.getsockname()[1])
        await serve._tell_figures(service)
    (trouble,) = context.troubles.every
    assert "metrics.port" in trouble.hint
    context.home.metrics_key_file.write_text("short", encoding="utf-8")
    await serve._tell_figures(service)
    (trouble,) = context.troubles.every
    assert "too short" in trouble.detail and "short\n" not in trouble.detail


async def test_the_board_draws_figures_that_are_told(service: Service):
    board = json.loads((asset("service") / "grafana.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    await service.last_hour.note()
    async with telling(service) as url:
        families = read(await body_of(service, url))
    told = {"mynah_reply_seconds_bucket", "mynah_rungs_total", "mynah_tokens_total"}
    told |= {one.name for family in families.values() for one in family.samples}
    told |= {*families}
    named = {name for expr in asked for name in re.findall(r"\bmynah_\w+", expr)}
    assert len(asked) >= 10 and named <= told
