"""The stand-in for the bot shows nothing that the real bot never sends."""

import dataclasses
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.core.paths import Home
from app.ipc import control
from app.ipc.wire import Request
from app.service.service import Service, open_service
from app.store import guilds
from tests.asking import ask
from tests.tui.fake_bot import busy_bot

CALM = "the cat sat on a warm mat and the old dog slept under our red sofa".split()
RAID = "blorp zounds gnarf snirk".split()

ASKED: tuple[Request[Any], ...] = (
    control.Guilds(),
    control.ConfigGet(guild="den"),
    control.Say("den", "cat and dog", mode="markov", explain=True),
    control.Say("den", "old dog", mode="llm", explain=True, max_ms=20_000),
    control.Phrases("den"),
    control.Snapshots("den"),
    control.SnapshotCompare("den", "before the raid"),
    control.Models(),
    control.Meter("den"),
    control.BlindResults("den"),
    control.Status(),
)

ELSEWHERE = {
    "status.discord": "needs Discord",
    "status.today.messages": "counts what is heard on Discord",
    "status.today.cost": "needs a cloud model",
    "status.month_cost": "needs a cloud model",
    "guilds.guilds[].embeddings": "the memory's process; tests/memory looks at it",
    "guilds.guilds[].opted_out": "a member says so on Discord",
    "say.rungs[].reason": "a rung that failed; tests/cli/test_cloud.py has one",
    "say.tokens.cached": "needs a model that keeps its context",
    "models.models[].present": "needs a model's file",
    "meter.weeks": "needs weeks of sent replies; tests/service/test_meter.py",
    "meter.advice": "needs weeks of sent replies; tests/service/test_meter.py",
    "blind_results": "needs choices; tests/service/test_blind_tests.py",
}
"""What this small home cannot show, and why the real bot does send it."""


def shape(value: Any, at: str) -> set[str]:
    """The places of a reply that have something in them."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {p for n in names for p in shape(getattr(value, n), f"{at}.{n}")}
    if isinstance(value, dict):
        inner = {p for key, item in value.items() for p in shape(item, f"{at}.{key}")}
        return inner | {f"{at}.{key}" for key in value}
    if isinstance(value, list):
        return {p for item in value for p in shape(item, f"{at}[]")}
    return {at} if value else set()


@pytest.fixture
async def service(tmp_path: Path) -> Any:
    home = Home(tmp_path / "home").create()
    home.config_file.write_text('[model]\nname = "echo"\n', encoding="utf-8")
    async with open_service(home, Random(3)) as opened:
        opened.context.local.start()
        await fill(opened, tmp_path)
        yield opened


async def fill(service: Service, directory: Path) -> None:
    """Learn some lines, keep that, learn others, and change settings."""
    rng = Random(1)
    await service.context.database.run(guilds.ensure, "den", "9001")
    await ask(service, control.SecretSet("bot_token", "not.a.token"))
    await ask(service, control.ConfigSet("reply.dial", "60", "den"))
    for name, words in (("calm", CALM), ("raid", RAID)):
        file = directory / f"{name}.txt"
        lines = [" ".join(rng.choices(words, k=8)) for _ in range(40)]
        file.write_text("\n".join(lines), encoding="utf-8")
        await ask(service, control.Import("den", [str(file)]))
        if name == "calm":
            await ask(service, control.SnapshotTake("den", "before the raid"))
    for key in ("reply.shadow", "reply.local_only"):
        await ask(service, control.ConfigSet(key, "on", "den"))
    await ask(service, control.ConfigSet("reply.dial", "70", "den"))
    await ask(service, control.ConfigSet("speak.join_in", "0.02", "den"))
    await service.prepare(control.Say("den", "x", mode="llm"))


@pytest.mark.process
async def test_every_figure_of_the_stand_in_is_one_that_the_bot_sends(service: Service):
    stand_in = busy_bot()
    await stand_in.start()
    real: set[str] = set()
    shown: set[str] = set()
    for request in ASKED:
        real |= shape(await ask(service, request), request.method)
        shown |= shape(await stand_in.call(request), request.method)
    assert {p for p in shown - real if not p.startswith(tuple(ELSEWHERE))} == set()
