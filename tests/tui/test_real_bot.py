"""The keys of the screens against the real service behind its door."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from textual.pilot import Pilot

from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.ipc.endpoint import Door
from app.ipc.wire import Catalogue
from app.modelfiles import elsewhere
from app.providers.base import Prompt, Turn
from app.service.service import Service, open_service
from app.store import feedback, guilds, replies
from app.tui.app import MynahApp
from app.tui.widgets.bubbles import ReplyLine
from app.tui.widgets.feed import Feed
from tests.asking import ask
from tests.modelfiles.test_elsewhere import blob, manifest, weights
from tests.runner import tiny
from tests.tui.terminal import TOLD, settle, text_of, told

CATALOGUE = Catalogue(control.REQUESTS, control.NOTIFICATIONS)
DEN = "den"


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    """A service that learned one server."""
    home.config_file.write_text("[memory]\nenabled = false\n", encoding="utf-8")
    async with open_service(home, Random(1)) as service:
        row = await service.context.database.run(guilds.ensure, DEN)
        records = [
            Record("1", "ann", f"the {a} {b} sat on the {c} mat today",
                   f"{a}{b}{c}", 1_600_000_000_000 + at, None, "c", "c1")
            for at, (a, b, c) in enumerate(
                (a, b, c)
                for a in ("old", "young", "red") for b in ("cat", "dog", "owl")
                for c in ("wet", "dry", "new", "lost")
            )
        ]  # fmt: skip
        await service.context.voices.hear(row.id, records)
        yield service


@asynccontextmanager
async def on_screen(
    service: Service, screen: str, *, is_watching: bool = False
) -> AsyncIterator[Pilot[int]]:
    home = service.context.home
    door = Door(home.endpoint_file, CATALOGUE, service.handlers)
    await door.open()
    TOLD.clear()
    app = MynahApp(home, is_watching=is_watching)
    try:
        async with app.run_test(size=(140, 44)) as pilot:
            await settle(pilot)
            app.action_go(screen)
            await settle(pilot)
            yield pilot
    finally:
        await door.close()


async def stored(service: Service, name: str) -> object:
    """The value and origin of a home's setting."""
    (shown,) = (await ask(service, control.ConfigGet(name))).settings
    return shown.value, shown.origin


async def test_a_setting_goes_there_and_back_in_the_file(service: Service):
    async with on_screen(service, "settings") as pilot:
        pilot.app.screen.query_one("#list", Feed).go_to("reply.stream")
        await pilot.press("enter")
        await settle(pilot)
        assert await stored(service, "reply.stream") == (True, "file")
        await pilot.press("ctrl+z")
        await settle(pilot)
        assert await stored(service, "reply.stream") == (False, "default")


async def test_two_ways_with_one_seed_differ_by_nothing_but_the_way(service: Service):
    """The same way twice says the same, since the lots are the same."""
    async with on_screen(service, "playground") as pilot:
        await pilot.press("ctrl+o", "ctrl+o", "ctrl+s", *"markov", "enter")
        await settle(pilot)
        assert "beside markov" in text_of(pilot)
        texts = []
        for word in ("the old", "the young"):
            await pilot.press(*word, "enter")
            await settle(pilot)
            lines = [one.reply for one in pilot.app.screen.query(ReplyLine)][-2:]
            left, right = (one.text if one else "" for one in lines)
            assert left and left == right
            texts.append(left)
        await pilot.press("escape", "plus")
        await settle(pilot)
        (newest, *_) = await service.context.database.run(replies.latest)
        rated = await service.context.database.run(feedback.rating, newest.id)
        others = await service.context.database.run(feedback.rating, newest.id - 1)
        assert {rated, others} == {0, 1}


async def test_graphs_show_the_figures_of_the_processes_that_run(service: Service):
    for _ in range(3):
        await service.last_hour.note()
    async with on_screen(service, "home") as pilot:
        while len(pilot.app.screen_stack) > 1:
            await pilot.press("escape")
        await pilot.press("g")
        await settle(pilot)
        page = text_of(pilot)
        assert "Memory of the bot" in page and "Processor of the bot" in page
        assert "now 0, at most 0, on average 0" in page


async def test_the_service_refuses_who_only_watches(service: Service):
    async with on_screen(service, "settings", is_watching=True) as pilot:
        assert "watching only" in text_of(pilot)
        before = await stored(service, "reply.stream")
        pilot.app.screen.query_one("#list", Feed).go_to("reply.stream")
        await pilot.press("enter")
        await settle(pilot)
        assert "These screens only watch." in "\n".join(TOLD)
        assert await stored(service, "reply.stream") == before
        assert isinstance(pilot.app, MynahApp)
        pilot.app.action_go("playground")
        await settle(pilot)
        await pilot.press(*"hello", "enter")
        await settle(pilot)
        assert await service.context.database.run(replies.latest) == []


@pytest.mark.llama
async def test_a_model_of_another_program_answers_from_where_it_lies(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = tmp_path / "ollama"
    digest = blob(root)
    manifest(root, "registry.ollama.ai/library/little/latest", weights(digest))
    monkeypatch.setattr(elsewhere, "folders", lambda: [("Ollama", root)])
    before = sorted(root.rglob("*"))
    async with on_screen(service, "models") as pilot:
        feed = pilot.app.screen.query_one("#catalogue", Feed)
        await pilot.press("end")
        await settle(pilot)
        assert "little:latest" in text_of(pilot)
        assert "Ollama keeps it in" in text_of(pilot)
        await pilot.press("u")
        await settle(pilot)
        assert "little:latest answers from now on" in told(pilot)
        path = root / "blobs" / f"sha256-{digest}"
        assert service.context.settings.home.model.name == str(path)
        entry = feed.item
        assert entry is not None
        assert (entry.title, entry.used) == ("little:latest", True)
        # What belongs to another program is not removed.
        await pilot.press("x")
        await settle(pilot)
        assert sorted(root.rglob("*")) == before
    assert not list(service.context.home.models.glob("*"))


@pytest.mark.llama
@pytest.mark.process
async def test_a_key_loads_and_unloads_the_model_and_the_next_reply_loads_it(
    service: Service, tmp_path: Path
):
    file, local = tiny.write(tmp_path / "tiny.gguf"), service.context.local
    await ask(service, control.ModelUse(str(file)))
    assert await local.wait_until_ready(30)
    async with on_screen(service, "models") as pilot:
        assert "L Load/unload" in text_of(pilot)
        assert "Loaded: L frees its memory" in text_of(pilot)
        await pilot.press("L")
        await settle(pilot)
        assert "tiny.gguf is unloaded. The next reply loads it again." in told(pilot)
        assert "Not loaded: the next reply loads it, or L" in text_of(pilot)
        assert (local.status().model.state, local.pid) == ("idle", None)
        await pilot.press("L")
        await settle(pilot)
        assert "tiny.gguf is loaded." in told(pilot)
        assert "Loaded: L frees its memory" in text_of(pilot)
        assert local.status().model.state == "ready"
        await pilot.press("L")
        await settle(pilot)
        request = control.Say(DEN, "the old cat", mode="llm", max_ms=20_000)
        assert (await ask(service, request)).provider == "local"
        assert local.status().model.state == "ready"
        # The key belongs to the model in use.
        await pilot.press("home")
        await settle(pilot)
        assert "Load/unload" not in text_of(pilot)
    async with on_screen(service, "models", is_watching=True) as pilot:
        page = text_of(pilot)
        assert "Load/unload" not in page and "frees its memory" not in page
        await pilot.press("L")
        await settle(pilot)
        assert "These screens only watch." in "\n".join(TOLD)
        assert local.status().model.state == "ready"


@pytest.mark.llama
@pytest.mark.process
async def test_the_key_says_that_a_reply_is_being_written(
    service: Service, tmp_path: Path
):
    file, local = tiny.write(tmp_path / "tiny.gguf"), service.context.local
    await ask(service, control.ModelUse(str(file)))
    assert await local.wait_until_ready(30)
    prompt = Prompt(GuildId(1), "c", "bot", (Turn("ann", "hello there"),))
    async with on_screen(service, "models") as pilot:
        async with aclosing(local.write(prompt)) as line:
            await anext(line)
            await pilot.press("L")
            await settle(pilot)
            assert "The model is writing a reply." in told(pilot)
            assert local.status().model.state == "ready"
        await pilot.press("L")
        await settle(pilot)
        assert "tiny.gguf is unloaded." in told(pilot)
