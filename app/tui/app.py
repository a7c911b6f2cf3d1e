"""The terminal application: a link to the bot, a database to read, and the screens."""

import asyncio
import gc
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.reactive import reactive

from app.core.errors import AppError
from app.core.paths import Home
from app.core.system.requests_to_end import hear, hear_terminal_end
from app.tui import desktop_notice
from app.tui.app_actions import ActingApp
from app.tui.attention import DOUBT_SECONDS, Attention
from app.tui.base import MynahScreen
from app.tui.bot_ports import BotPort, LinkState
from app.tui.event_buffer import NewEvents, is_done
from app.tui.measurements import measure_every_change
from app.tui.screens import SCREENS
from app.tui.theme import ANSI, THEMES
from app.tui.widgets.nav import Nav
from app.tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from textual.command import Provider
    from textual.timer import Timer

    from app.ipc.control import (
        BotEvent,
        Log,
        Progress,
        StatusReply,
    )
    from app.ipc.wire import Params

NEWS_SECONDS = 0.05
"""The time to collect notifications before the screens hear of them."""

MAX_EVENTS = 50


def _palette() -> "type[Provider]":
    # It loads every screen, so it comes with the first key that opens it.
    from app.tui.palette import PaletteProvider

    return PaletteProvider


class MynahApp(ActingApp):
    """Everything on the terminal; talks to the bot only through `link`."""

    TITLE = "Mynah"
    CSS_PATH = "app.tcss"
    MODES = {entry.name: entry.load for entry in SCREENS}
    DEFAULT_MODE = "home"
    COMMANDS = {_palette}

    status: "reactive[StatusReply | None]" = reactive(None)
    """State of the bot, as last heard; None while it is not known."""
    status_at = 0.0
    """The time of the last `status`."""
    _doubt: "Timer | None" = None
    """Runs while the connection to Discord is away."""
    _news: NewEvents | None = None
    """The news since the last update of the screens."""

    def __init__(
        self,
        home: Home,
        link: BotPort | None = None,
        clock: Callable[[], float] = time.time,
        *,
        is_watching: bool = False,
    ) -> None:
        super().__init__(home, link, clock, is_watching=is_watching)
        measure_every_change()
        self.events: deque[BotEvent] = deque(maxlen=MAX_EVENTS)
        """The history of the bot's process, as `events` of its status."""
        self.attention = Attention()

    def on_mount(self) -> None:
        """Show the first picture before loading or starting anything else."""
        # The terminal is given back as it was, also when another program ends this one.
        hear(lambda number: self.exit(128 + number), "SIGTERM", "SIGHUP")
        hear_terminal_end(self.exit)
        if not self.shelf.is_there and not self.is_watching:
            self.call_after_refresh(self.action_wizard)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Load the other half in a thread, so that a key need not wait for it."""

        async def begin() -> None:
            try:
                await asyncio.to_thread(_load_other_half)
            finally:
                # What is loaded by now stays, and a look through it holds the loop.
                gc.freeze()
                gc.enable()
            self.may_read = True
            if isinstance(screen := self._front(), MynahScreen):
                screen.read()
            self.link.listen(self)
            self.run_link(self.link.start)

        self.run_worker(begin(), exit_on_error=False)

    async def on_unmount(self) -> None:
        if self._link:
            await self._link.close()
        await self.shelf.close()

    # Messages from the link.

    def on_notification(self, notification: "Params") -> None:
        """Collect the bot's notifications, and tell the screens once."""
        if self._news is None:
            self._news = NewEvents()
            self.set_timer(NEWS_SECONDS, self._tell_news)
        self._news.add(notification)

    def on_link_state(self, state: LinkState) -> None:
        """Note that the bot was reached or lost."""
        was_up = self.link_state.is_up
        self.link_state = state
        if state.is_up and not was_up:
            self.run_link(self._greet)
        elif not state.is_up:
            self.status = None
            if was_up:
                self._point_out(self.attention.lose(state.reason or state.name))
            # Nobody works on it any more, and the next bot tells of its own work.
            self.progress = {k: p for k, p in self.progress.items() if is_done(p)}
        if state.reason:
            line = self._own_line(state)
            self.logbook.add([line])
            self.events.append(_event(line))
        self._status_changed()

    def _own_line(self, state: LinkState) -> "Log":
        from app.ipc.control import Log

        level = "error" if state.name in ("failed", "waiting") else "info"
        text = f"the bot is {state.name}: {state.reason}"
        return Log(level, "terminal", text, self.clock())

    async def _greet(self) -> None:
        from app.ipc import control

        await self.link.call(control.Subscribe())
        await self.refresh_all()
        with suppress(AppError):
            # A bot of another version may know none of them.
            await self.load_own_settings()
        self.count_drafts()
        # The bot may just have created or updated the database.
        if isinstance(screen := self._front(), MynahScreen):
            screen.refresh_data()
        if not self.guilds and not self.is_watching:
            self.action_wizard()

    async def refresh_all(self) -> None:
        """Fetch the present state.

        Raises:
            AppError: If the bot does not answer.
        """
        from app.ipc import control

        status = await self.link.call(control.Status())
        self.status_at = self.clock()
        self.status = status
        self._look_at(status)
        try:
            await self.load_guilds()
        finally:
            # A bot of another version may have sent its status and nothing else.
            self._status_changed()

    def _tell_news(self) -> None:
        news, self._news = self._news or NewEvents(), None
        self.logbook.add(news.logs)
        self.progress.update(news.progress)
        if news.status is not None:
            self.status_at = self.clock()
            self.status = news.status
            self._status_changed()
            self._look_at(news.status)
        if news.progress:
            jobs = news.progress.values()
            self._point_out(self.attention.hear(jobs, self.current_mode))
        if news.replies:
            self.count_drafts()
        if isinstance(screen := self._front(), MynahScreen):
            screen.post_message(news)
            if news.progress:
                screen.query_one(StatusBar).refresh()
            if any(is_done(job) for job in news.forgets):
                # Servers that are gone leave every screen.
                screen.refresh_data()

    def count_drafts(self) -> None:
        """Count the waiting drafts anew, for the badge."""

        async def count() -> None:
            drafts = len(await self.shelf.drafts())
            is_news = drafts != self.attention.drafts
            self._point_out(self.attention.count_drafts(drafts))
            if is_news:
                self._status_changed()

        worker: Callable[[], Awaitable[None]] = count
        self.run_worker(worker, group="drafts", exclusive=True, exit_on_error=False)

    def _look_at(self, status: "StatusReply") -> None:
        """Point out what a status tells; a connection that is away, after a while."""
        was_doubted = self.attention.doubted
        self._point_out(self.attention.look_at(status))
        if self._doubt and not self.attention.doubted:
            self._doubt.stop()
        elif self.attention.doubted and not was_doubted:
            self._doubt = self.set_timer(DOUBT_SECONDS, self._lose)

    def _lose(self) -> None:
        if reason := self.attention.doubted:
            self._point_out(self.attention.lose(reason))

    def _point_out(self, news: list[str]) -> None:
        """Show the badges of now, and tell what is new as the owner chose."""
        for nav in self.screen_stack[0].query(Nav) if self.screen_stack else ():
            nav.refresh(layout=True)
        how = self.notices
        if not news or how == "off" or self._driver is None:
            return
        if how in ("bell", "both"):
            self._driver.write(desktop_notice.BELL)
        for text in news if how in ("desktop", "both") else ():
            self._driver.write(desktop_notice.sequence(text))

    def _status_changed(self) -> None:
        if isinstance(screen := self._front(), MynahScreen) and screen.is_mounted:
            screen.status_changed()

    def steer(self, job: "Progress", action: str) -> None:
        """Pause, resume or stop work, from whatever screen shows it."""
        from app.ipc import control

        key = job.work, job.label

        async def ask() -> None:
            await self.link.call(control.JobControl(job.job, action))
            if self.progress.get(key) == job and action != "stop":
                self.on_notification(replace(job, paused=action == "pause"))

        self.run_link(ask, exclusive=False)


def _load_other_half() -> None:
    from app.store import database, messages, overview, replies, usage  # noqa: F401
    from app.tui import bot_link  # noqa: F401


def _event(line: "Log") -> "BotEvent":
    from app.ipc.control import BotEvent

    return BotEvent(line.at, line.text)


def run(home: Home, *, is_watching: bool = False) -> int:
    """Show the screens until the owner quits; return the exit code.

    Args:
        is_watching: True for screens that change nothing, not even the home.
    """
    if not is_watching:
        home.create()
    app = MynahApp(home, is_watching=is_watching)
    if app.console.color_system == "standard" or app.no_color:
        app.theme = ANSI.name
    elif (kept := kept_theme(home)) in [theme.name for theme in THEMES]:
        app.theme = kept
    return app.run() or 0


def kept_theme(home: Home) -> str:
    """Return the name of the theme that was chosen last, if any."""
    try:
        return home.theme_file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
