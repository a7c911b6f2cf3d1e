"""The stand-in for the bot shows nothing that the real bot never sends."""

import asyncio
import dataclasses
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.cli.tune import MODEL
from app.core.paths import Home
from app.discord.controller import DiscordController
from app.importers.records import Record
from app.ipc import control
from app.ipc.wire import Request, reply_class
from app.service.service import Service, open_service
from app.store import guilds, members, messages, replies
from tests import hub_stand_in, openai_stand_in
from tests.asking import Nobody, ask
from tests.discord.conftest import scene as scene
from tests.discord.conftest import stand_in as stand_in
from tests.discord.scene import Scene
from tests.discord.test_controller import is_online, serving
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.hub_stand_in import CATALOGUE, Hub
from tests.runner import tiny
from tests.service.cards import V2, packed
from tests.tui.fake_bot import busy_bot

CALM = "the cat sat on a warm mat and the old dog slept under our red sofa".split()
RAID = "blorp zounds gnarf snirk".split()

TUNING = control.TuneStatus("lab", "ftjob-1")
HARBOUR = "Harbour"
"""The server on the stand-in for Discord; `den` and `lab` are known from files."""


@dataclass
class Place:
    """All that the requests may speak of."""

    directory: Path
    service: Service
    discord: DiscordStandIn
    scene: Scene
    calls: DiscordController
    reply: int = 0
    pair: int = 0
    connections: int = 0
    """Those before it was told to connect again."""

    def file(self, name: str) -> str:
        return str(self.directory / name)

    async def draft(self) -> int:
        """The row of a draft that waits for its owner."""
        text = f"{self.discord.bot.mention} hello there"
        await self.discord.say(self.scene.general, self.scene.ann, text)
        async with asyncio.timeout(120):
            while True:
                for one in await self.service.context.database.run(replies.latest):
                    if one.state == "draft":
                        return one.id
                await asyncio.sleep(0.02)

    async def row(self, name: str) -> int:
        """The row of a server."""
        known = await self.service.context.database.run(guilds.every)
        return next(int(one.id) for one in known if one.name == name)


Case = Callable[[Place], Request[Any] | Awaitable[Request[Any]]]


async def _decide(place: Place) -> Request[Any]:
    return control.Decide(await place.draft(), True)


async def _reconnect(place: Place) -> Request[Any]:
    await place.discord.wait_for(lambda: is_online(place.calls))
    place.connections = len(place.discord.gateway.identifies)
    return control.Reconnect()


async def _send(place: Place) -> Request[Any]:
    # The reply comes before the connection ends.
    begun, before = place.discord.gateway.identifies, place.connections
    await place.discord.wait_for(lambda: len(begun) > before and is_online(place.calls))
    return control.Send(HARBOUR, "general", "good evening")


async def _use(place: Place) -> Request[Any]:
    # The job is a step further each time it is asked for.
    while (await ask(place.service, TUNING)).state not in ("succeeded", "failed"):
        pass
    return control.TuneUse("lab")


async def _steer(place: Place) -> Request[Any]:
    return control.JobControl(await place.row(HARBOUR), "pause")


CASES: tuple[Case, ...] = (
    lambda _: control.Subscribe(),
    lambda _: control.Guilds(),
    lambda _: control.ConfigGet(guild="den"),
    lambda _: control.ConfigSet("reply.dial", "55", "den"),
    lambda _: control.Say("den", "cat and dog", mode="markov", explain=True),
    lambda _: control.Say("den", "old dog", mode="llm", explain=True, max_ms=20_000),
    lambda place: control.Explain(place.reply),
    lambda place: control.Rate(place.reply, 1),
    lambda _: control.Cancel(7),
    lambda _: control.Phrases("den"),
    lambda place: control.ImportPreview("shore", [place.file("calm.txt")]),
    lambda place: control.Import("shore", [place.file("calm.txt")]),
    lambda place: control.Export("den", place.file("den.jsonl")),
    lambda place: control.Backup(place.file("backup.zip")),
    lambda _: control.SnapshotTake("den", "after"),
    lambda _: control.Snapshots("den"),
    lambda _: control.SnapshotCompare("den", "before the raid"),
    lambda place: control.SnapshotExport("den", "after", place.file("after.zip")),
    lambda place: control.SnapshotImport("copy", place.file("after.zip")),
    lambda _: control.SnapshotRestore("den", "before the raid"),
    lambda _: control.SnapshotRemove("den", "after"),
    lambda place: control.PersonaImport("den", place.file("card.json")),
    lambda _: control.PersonaShow("den"),
    lambda place: control.PersonaAdd("den", place.file("card.json")),
    lambda _: control.PersonaCast("den"),
    lambda _: control.PersonaDismiss("den", "captain brine"),
    lambda _: control.PersonaRemove("den"),
    lambda _: control.LoreAdd("den", "Rules", "No spam.", ["rules"]),
    lambda _: control.Lore("den"),
    lambda _: control.Features("den"),
    lambda _: control.LoreShow("den", "rules"),
    lambda _: control.LoreRemove("den", "rules"),
    lambda _: control.LoreAdd("den", "Bans", "No mercy."),
    lambda _: control.FeatureClear("den", "context.lore"),
    lambda _: control.Models(),
    lambda _: control.ModelsFound(),
    lambda _: control.Hub(),
    lambda _: control.HubSearch("qwen"),
    lambda _: control.HubFiles("unsloth/Qwen3-4B-GGUF"),
    lambda place: control.ModelUse(place.file("tiny.gguf")),
    lambda _: control.ModelRemove("qwen3.5-4b"),
    lambda _: control.ModelLoad(),
    lambda _: control.ModelLoad(False),
    lambda place: control.ModelTest(place.file("tiny.gguf")),
    lambda _: control.Bench(),
    lambda _: control.Meter("den"),
    lambda _: control.Blind("den", "markov", "llm"),
    lambda place: control.BlindChoose(place.pair, 1),
    lambda _: control.BlindResults("den"),
    lambda _: control.Hosts(),
    lambda _: control.HostsFind(),
    lambda _: control.HostAdd("pc", "http://127.0.0.1:9/v1/", "near"),
    lambda _: control.HostTest("pc"),
    lambda _: control.HostRemove("pc"),
    lambda _: control.HostUse("openai", "shore"),
    lambda _: control.SecretSet("openai_key", "sk-not-a-key-of-anyone"),
    lambda _: control.SecretTest("bot_token"),
    lambda place: control.ExportTuning("lab", place.file("tuning")),
    lambda _: control.TuneEstimate("lab", MODEL),
    lambda _: control.TuneStart("lab", MODEL, agreed=True),
    lambda _: TUNING,
    _use,
    lambda _: control.UsageReport(),
    lambda _: control.WithdrawConsent("lab"),
    _reconnect,
    lambda _: control.Listen(HARBOUR, "general", True),
    _send,
    _decide,
    lambda _: control.Quiet(HARBOUR, "general", 60),
    lambda _: control.Train(HARBOUR, ["general"]),
    _steer,
    lambda _: control.Doctor(),
    lambda _: control.Status(),
    lambda _: control.LastHour(),
    # What its copy says as well is not searched for.
    lambda _: control.Forget("copy", everything=True),
    lambda _: control.Forget("den", everything=True, prove=True),
    lambda _: control.Shutdown(),
)
"""The requests in an order in which each finds what it speaks of."""

NOT_RUN: dict[type[Request[Any]], str] = {
    control.DraftBack: "replies as `Decide` does; see tests/discord/test_controller.py",
    control.ModelPull: "fetches a file from the hub; tests/modelfiles has a hub",
    control.ModelTune: "measures for minutes; see tests/service/test_requantise.py",
}

ELSEWHERE = {
    "status.discord.": "the shell of `mynah serve` fills it in; tests/cli/test_home.py",
    "status.cloud.needs_key": "a server on this computer needs no key",
    "status.today.cost": "a server on this computer costs nothing",
    "status.month_cost": "a server on this computer costs nothing",
    "guilds.guilds[].embeddings": "the memory's process; tests/memory looks at it",
    "guilds.guilds[].bytes.index": "the memory's process; tests/memory looks at it",
    "guilds.guilds[].opted_out": "a member says so on Discord",
    "forget.embeddings": "the memory's process; tests/memory looks at it",
    "models_found": "needs models of other programs; tests/tui/test_real_bot.py",
    "models.best": "needs a measured model; tests/providers/test_outlook.py",
    "models.models[].answer_seconds": "the same",
    "hub_files.best": "the same",
    "hub_files.files[].model.answer_seconds": "the same",
    "say.rungs[].reason": "a rung that failed; tests/cli/test_cloud.py has one",
    "say.tokens.cached": "needs a model that keeps its context",
    "features.costs[].tokens": "needs replies with lore; tests/store/test_overview.py",
    "features.costs[].replies": "the same",
    "features.costs[].memory": "needs an open index; tests/discord/"
    "test_members_forgotten.py",
    "meter.weeks[]": "needs weeks of sent replies; tests/service/test_meter.py",
    "meter.advice[]": "needs weeks of sent replies; tests/service/test_meter.py",
    "blind_results.live[]": "needs `reply.split`; tests/service/test_blind_tests.py",
    "blind_choose.live[]": "needs `reply.split`; tests/service/test_blind_tests.py",
}
"""What this small home cannot show, and why the real bot does send it."""


def shape(value: Any, at: str) -> set[str]:
    """The places of a reply that have something in them, each with its kind."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return {p for n in names for p in shape(getattr(value, n), f"{at}.{n}")}
    if isinstance(value, dict):
        inner = {p for key, item in value.items() for p in shape(item, f"{at}.{key}")}
        return inner | {f"{at}.{key}" for key in value}
    if isinstance(value, list):
        return {p for item in value for p in shape(item, f"{at}[]")}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return (
        {f"{at}: {'number' if is_number else type(value).__name__}"} if value else set()
    )


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with hub_stand_in.running(Hub(b"", models=CATALOGUE)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield


@pytest.fixture
async def place(
    tmp_path: Path, stand_in: DiscordStandIn, scene: Scene, hub: None
) -> AsyncIterator[Place]:
    """A home that has learned a little, connected to Discord and with a cloud model."""
    home = Home(tmp_path / "home").create()
    async with openai_stand_in.running(openai_stand_in.StandIn()) as cloud:
        settings = f'[model]\nname = "echo"\n[openai]\nbase_url = "{cloud.base_url}"\n'
        home.config_file.write_text(settings, encoding="utf-8")
        async with open_service(home, Random(3)) as service:
            service.context.local.start()
            async with serving(service) as calls:
                made = Place(tmp_path, service, stand_in, scene, calls)
                await fill(made)
                yield made


async def fill(place: Place) -> None:
    """Learn some lines, keep that, learn others, and change settings."""
    rng, service = Random(1), place.service
    run = service.context.database.run
    await ask(service, control.SecretSet("bot_token", TOKEN))
    await place.calls.reconnect(Nobody(), control.Reconnect())
    await run(guilds.ensure, "den", "9001")
    await ask(service, control.ConfigSet("reply.dial", "60", "den"))
    for name, words in (("calm", CALM), ("raid", RAID)):
        file = place.directory / f"{name}.txt"
        lines = [" ".join(rng.choices(words, k=8)) for _ in range(40)]
        file.write_text("\n".join(lines), encoding="utf-8")
        await ask(service, control.Import("den", [str(file)]))
        if name == "calm":
            await ask(service, control.SnapshotTake("den", "before the raid"))
    for key in ("reply.shadow", "reply.local_only"):
        await ask(service, control.ConfigSet(key, "on", "den"))
    await ask(service, control.ConfigSet("reply.dial", "70", "den"))
    await ask(service, control.ConfigSet("speak.join_in", "0.02", "den"))
    await place.discord.wait_for(lambda: is_online(place.calls))
    await until_channels_are_known(service)
    for number in range(30):
        await place.discord.say(place.scene.side, place.scene.ben, f"line {number}")
    await ask(service, control.ConfigSet("reply.shadow", "on", HARBOUR))
    await fill_lab(service)
    tiny.write(place.directory / "tiny.gguf")
    (place.directory / "card.json").write_bytes(packed(V2))
    models = service.context.home.models
    models.mkdir(exist_ok=True)
    (models / "qwen3.5-4b.gguf").write_bytes(b"GGUF")
    await service.prepare(control.Say("den", "x", mode="llm"))


async def until_channels_are_known(service: Service) -> None:
    database = service.context.database
    async with asyncio.timeout(120):
        while True:
            for one in await database.run(guilds.every):
                known = await database.run(guilds.channels, one.id)
                if one.name == HARBOUR and known:
                    return
            await asyncio.sleep(0.02)


async def fill_lab(service: Service) -> None:
    """A server whose only member gives messages for the tuning of a cloud model."""
    run = service.context.database.run
    lab = await run(guilds.ensure, "lab")
    said = [
        Record("ann", "ann", f"ann says {n}", f"open{n}", n, None, "open", "open")
        for n in range(40)
    ]
    await service.context.voices.hear(lab.id, said)
    found = await run(messages.find, lab.id, "open0")
    assert found is not None
    await run(members.set_allows_tuning, lab.id, found.author, True)
    await ask(service, control.ConfigSet("learn.tuning_channels", "open", "lab"))
    agreed = control.ConfigSet("reply.provider", "openai", "lab", None, True)
    await ask(service, agreed)


async def answer(place: Place, request: Request[Any]) -> Any:
    """The real reply, from the service or from what is connected to Discord."""
    if type(request) in control.DISCORD_REQUESTS:
        return await getattr(place.calls, request.method)(Nobody(), request)
    return await ask(place.service, request)


@pytest.mark.llama
@pytest.mark.process
async def test_every_figure_of_the_stand_in_is_one_that_the_bot_sends(place: Place):
    bot = busy_bot()
    await bot.start()
    real, shown, run = set[str](), set[str](), set[type]()
    for case in CASES:
        made = case(place)
        request = await made if inspect.isawaitable(made) else made
        run.add(type(request))
        reply, drawn = await answer(place, request), await bot.call(request)
        assert type(reply) is type(drawn) is reply_class(type(request))
        real |= shape(reply, request.method)
        shown |= shape(drawn, request.method)
        if isinstance(reply, control.SayReply):
            place.reply = reply.reply
        if isinstance(reply, control.BlindReply):
            place.pair = reply.pair
    strange = shown - real
    assert {p for p in strange if not p.startswith(tuple(ELSEWHERE))} == set()
    assert {e for e in ELSEWHERE if not any(p.startswith(e) for p in strange)} == set()
    assert run | NOT_RUN.keys() == set(control.REQUESTS), "a request has no case"
    assert run.isdisjoint(NOT_RUN)


def test_a_figure_of_another_place_or_kind_is_seen():
    real = shape(control.ListenReply("tavern", True), "listen")
    assert real == {"listen.channel: str", "listen.learn: bool"}
    assert shape([control.ListenReply("", False)], "all") == set()
    assert shape({"a": [1.5], "b": 0}, "x") == {"x.a", "x.b", "x.a[]: number"}
