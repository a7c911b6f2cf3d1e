"""A hub is searched by keys, and one of its models is fetched by the real service."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from app.core.errors import AppError
from app.ipc import control
from app.service.service import Service
from app.tui.widgets.dialogs import Confirm, Pick, Wait
from app.tui.widgets.feed import Feed
from tests.hub_stand_in import CATALOGUE, Hub, running
from tests.tui.fake_bot import HUB_FILES, HUB_LIST, MODELS, busy_bot
from tests.tui.terminal import Open, settle, text_of, told
from tests.tui.test_hostile import EVIL, HARMFUL, poison, sent_to_terminal
from tests.tui.test_real_bot import on_screen
from tests.tui.test_real_bot import service as service

CONTENT = bytes(3_000_000)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with running(Hub(CONTENT, models=CATALOGUE)) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.url)
        yield served


async def search(pilot: Pilot[int], words: str) -> None:
    await pilot.press("s")
    await settle(pilot)
    await pilot.press(*words, "enter")
    await settle(pilot)


def flat(pilot: Pilot[int]) -> str:
    """What stands in the dialog in front, on one line."""
    lines = [line.split("│") for line in text_of(pilot).splitlines()]
    return " ".join(" ".join(line[1] for line in lines if len(line) > 2).split())


async def test_a_model_is_searched_chosen_and_fetched_by_keys(
    service: Service, hub: Hub
):
    async with on_screen(service, "models") as pilot:
        await pilot.press("s")
        await settle(pilot)
        place = hub.url.removeprefix("http://")
        assert f"They go to {place} once you press enter" in flat(pilot)
        await pilot.press(*"tiny qwen")
        await settle(pilot)
        assert hub.asked == []
        await pilot.press("enter")
        await settle(pilot)
        assert "someone/tiny-Qwen-GGUF" in text_of(pilot)
        assert "unsloth" not in text_of(pilot) and len(hub.asked) == 1
        await pilot.press("enter")
        await settle(pilot)
        assert "tiny-qwen.Q4_0" in text_of(pilot) and "3.0 MB" in text_of(pilot)
        assert len(hub.asked) == 2
        await pilot.press("enter")
        await settle(pilot)
        assert "someone-tiny-qwen.q4-0 is here." in told(pilot)
        model = pilot.app.screen.query_one("#catalogue", Feed).item
        assert model is not None and model.present
        assert model.name == "someone-tiny-qwen.q4-0"
    path = service.context.home.models / "someone-tiny-qwen.q4-0.gguf"
    assert path.read_bytes() == CONTENT


async def test_esc_leads_back_by_one_dialog(service: Service, hub: Hub):
    async with on_screen(service, "models") as pilot:
        await search(pilot, "qwen")
        await pilot.press("down", "enter")
        await settle(pilot)
        assert "only to accounts that agreed to its terms" in flat(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.screen.query_one(OptionList).highlighted == 1
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.screen.query_one(Input).value == "qwen"
        await pilot.press("escape")
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 1 and len(hub.asked) == 2


@pytest.mark.parametrize("comes_late", [False, True])
async def test_a_long_search_says_so_and_esc_leaves_it(
    service: Service, hub: Hub, comes_late: bool
):
    hub.waits = threading.Event()
    async with on_screen(service, "models") as pilot:
        await pilot.press("s")
        await settle(pilot)
        await pilot.press(*"qwen", "enter")
        while not isinstance(pilot.app.screen, Wait):
            await pilot.pause(0.02)
        await pilot.pause()
        assert "Asking 127.0.0.1" in flat(pilot) and "“qwen”" in flat(pilot)
        assert "esc to leave" in text_of(pilot)
        if comes_late:
            # Another dialog above has to be closed first.
            pilot.app.push_screen(Confirm("Sure?"))
            await pilot.pause()
            hub.waits.set()
            await settle(pilot)
            assert "Sure?" in text_of(pilot)
            await pilot.press("n")
            await settle(pilot)
            assert isinstance(pilot.app.screen, Pick)
            return
        await pilot.press("escape")
        hub.waits.set()
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 1


async def test_words_that_find_nothing_stay_to_be_changed(service: Service, hub: Hub):
    async with on_screen(service, "models") as pilot:
        await search(pilot, "nobody")
        assert "has no GGUF model of that name. Try fewer words." in flat(pilot)
        assert pilot.app.screen.query_one(Input).value == "nobody"
        hub.status = 429
        await pilot.press("enter")
        await settle(pilot)
        assert "was asked too often. Search again in 55 s." in flat(pilot)
        hub.status = 200
        await pilot.press(*["backspace"] * 6, "enter")
        await settle(pilot)
        assert "Type words to search for." in flat(pilot)


async def test_a_repository_that_is_refused_leaves_the_list(service: Service, hub: Hub):
    async with on_screen(service, "models") as pilot:
        await search(pilot, "qwen")
        hub.status = 500
        await pilot.press("enter")
        await settle(pilot)
        assert "refuses the search (status 500)" in flat(pilot)
        assert "someone/tiny-Qwen-GGUF" in text_of(pilot)


async def test_the_best_file_is_marked_and_chosen_and_a_large_one_asked_about(
    open_app: Open,
):
    bot = busy_bot()
    async with open_app("models", bot, size=(120, 35)) as pilot:
        await search(pilot, "qwen")
        await pilot.press("enter")
        await settle(pilot)
        shown = flat(pilot)
        for line in (
            "Licence: apache-2.0. Memory is for model.context = 6,144.",
            "Q4_K_M 2.5 GB 4.1 GB, fits, best 5.9 s",
            "BF16 8.1 GB 11.3 GB, too large 20 s",
            "2 parts, 1 projector, 1 other file",
        ):
            assert line in shown, shown
        await pilot.press("down", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Confirm) and "11.3 GB" in text_of(pilot)
        await pilot.press("n")
        await settle(pilot)
        assert not bot.requests(control.ModelPull)
        await search(pilot, "qwen")
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert bot.requests(control.ModelPull) == [control.ModelPull(HUB_FILES.best)]


async def test_a_list_without_a_best_file_says_so_in_words(open_app: Open):
    bot = busy_bot()
    told = "None of them fits here and answers within 6 s."
    bot.replies["hub_files"] = replace(HUB_FILES, best="", without_best=told)
    bot.replies["models"] = replace(MODELS, best="", without_best=told)
    async with open_app("models", bot, size=(120, 35)) as pilot:
        assert told in text_of(pilot) and "best" not in text_of(pilot)
        await search(pilot, "qwen")
        await pilot.press("enter")
        await settle(pilot)
        assert flat(pilot).count(told) == 1 and ", best" not in flat(pilot)


async def test_no_column_is_cut_on_a_small_terminal(open_app: Open):
    async with open_app("models", busy_bot(), size=(80, 24)) as pilot:
        await search(pilot, "qwen")
        assert "repository licence model fetched" in flat(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "Qwen3-4B-Q4_K_M 2.5 GB 4.1 GB, fits, best 5.9 s" in flat(pilot)
        assert "size memory, about answers in" in flat(pilot)


async def test_nothing_that_a_hub_says_reaches_the_terminal_as_a_control(
    open_app: Open,
):
    listed = replace(poison(HUB_LIST), left_out=3)
    error = AppError(EVIL, EVIL)
    answers: list[Any] = [poison(HUB_FILES), error]
    bot = busy_bot(
        hub=poison(control.HubReply("x")),
        hub_search=listed,
        hub_files=lambda _: answers.pop(0),
    )
    async with open_app("models", bot, size=(120, 35)) as pilot:
        await search(pilot, "qwen")
        assert "3 names cannot be fetched from here." in text_of(pilot)
        assert not HARMFUL.search(sent_to_terminal(pilot).replace("\n", ""))
        for _ in range(2):
            await pilot.press("enter")
            await settle(pilot)
            shown = sent_to_terminal(pilot)
            assert "owned" in shown
            assert not [
                one for one in text_of(pilot).split("\n") if HARMFUL.search(one)
            ]
            await pilot.press("escape")
            await settle(pilot)


async def test_who_only_watches_searches_nothing(service: Service, hub: Hub):
    async with on_screen(service, "models", is_watching=True) as pilot:
        await pilot.press("s")
        await settle(pilot)
        assert "These screens only watch." in told(pilot)
        assert len(pilot.app.screen_stack) == 1
        with pytest.raises(AppError, match="only watch"):
            await pilot.app.link.call(control.HubSearch("qwen"))  # type: ignore[attr-defined]
    assert hub.asked == []
