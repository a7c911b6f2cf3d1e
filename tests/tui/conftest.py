"""The screens on a terminal of their own: a filled home, a fake bot, a fixed clock."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
os.environ["TEXTUAL_ANIMATIONS"] = "none"

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from app.core.paths import Home
from app.tui.app import MynahApp
from tests.tui.fake_bot import FakeBot, busy_bot
from tests.tui.sample_home import NOW, make_home
from tests.tui.terminal import TOLD, Open, begun, settle, until_idle


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that no test writes to."""
    return make_home(tmp_path_factory.mktemp("filled") / "home")


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clocks on the pictures are the same everywhere, and no cursor blinks."""
    import time

    # Windows has none; there the computer's own zone counts.
    set_zone = getattr(time, "tzset", lambda: None)
    monkeypatch.setenv("TZ", "UTC")
    set_zone()
    monkeypatch.setattr(Input, "cursor_blink", False, raising=False)
    yield
    monkeypatch.undo()
    set_zone()


@pytest.fixture(autouse=True)
def keys_wait_for_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key waits for the work of the one before it, on a busy machine too."""
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", until_idle)


@pytest.fixture(autouse=True)
def keep_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No notice fades, which on a busy machine may be before the test looks."""
    notify = MynahApp.notify

    def kept(self: MynahApp, message: str, **options: Any) -> None:
        TOLD.append(f"{options.get('title', '')} {message}")
        notify(self, message, **{**options, "timeout": 3600})

    monkeypatch.setattr(MynahApp, "notify", kept)


@pytest.fixture
def open_app(filled_home: Home) -> Open:
    """Opens the application on a screen; a bug in it fails the test."""

    @asynccontextmanager
    async def opened(
        screen: str = "home",
        bot: FakeBot | None = None,
        size: tuple[int, int] = (120, 40),
        home: Home | None = None,
        **options: Any,
    ) -> AsyncIterator[Pilot[int]]:
        TOLD.clear()
        bot = bot or busy_bot()
        # A test before this one may have pressed every key.
        filled_home.layout_file.unlink(missing_ok=True)
        app = MynahApp(home or filled_home, bot, clock=lambda: NOW)
        async with app.run_test(size=size, **options) as pilot:
            await begun(pilot, bot)
            app.action_go(screen)
            await settle(pilot)
            yield pilot
            bugs = [x for x in app.logbook.matching("error") if x.source == "terminal"]
            assert not [x.text for x in bugs if "Traceback" in x.text]

    return opened
