"""The terminal application: a link to the bot, a database to read, and the screens."""

import os
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.dom import DOMNode
from textual.filter import LineFilter, Monochrome, NoColor
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from app.core.errors import STOPPED, AppError
from app.core.files import write_text
from app.core.labels import LEAVE_WATCHING, WATCHING
from app.core.names import GuildId
from app.core.paths import Home
from app.core.safe_text import safe_text
from app.core.secret_patterns import redact
from app.core.system.requests_to_end import hear
from app.tui import clipboard, desktop_notice, key_map
from app.tui.attention import Attention
from app.tui.base import MynahScreen
from app.tui.bot_ports import BotPort, LinkState
from app.tui.changes import MOST_CHANGES, Change
from app.tui.database_reader import DatabaseReader
from app.tui.event_buffer import NewEvents, is_done
from app.tui.layout import Layout
from app.tui.measurements import measure_every_change
from app.tui.screens import SCREENS
from app.tui.screens.logs.log_buffer import Logbook
from app.tui.terminal_filter import TerminalGate
from app.tui.theme import ANSI, DARK, THEMES, TITLES
from app.tui.watch_rule import would_change
from app.tui.widgets.nav import Nav
from app.tui.widgets.status_bar import StatusBar
from app.tui.widgets.tour import next_stop

if TYPE_CHECKING:
    from textual.actions import ActionParseResult
    from textual.command import Provider

    from app.ipc.control import (
        BotEvent,
        GuildFigures,
        Log,
        Progress,
        StatusReply,
    )
    from app.ipc.wire import Params

NEWS_SECONDS = 0.05
"""The time to collect notifications before the screens hear of them."""

MAX_EVENTS = 50

NAVIGATION = [
    *(Binding(e.key, f"go('{e.name}')", e.title, show=False) for e in SCREENS),
    *(
        Binding(f"f{n}", f"go('{e.name}')", e.title, show=False, priority=True)
        for n, e in enumerate(SCREENS, 1)
    ),
]


def _palette() -> "type[Provider]":
    # It loads every screen, so it comes with the first key that opens it.
    from app.tui.palette import PaletteProvider

    return PaletteProvider


class MynahApp(App[int]):
    """Everything on the terminal; talks to the bot only through `link`."""

    TITLE = "Mynah"
    CSS_PATH = "app.tcss"
    MODES = {entry.name: entry.load for entry in SCREENS}
    DEFAULT_MODE = "home"
    COMMANDS = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = [
        *NAVIGATION,
        *key_map.named(
            "app",
            [
                Binding(
                    "question_mark", "help_here", "Keys of this screen", show=False
                ),
                Binding(
                    "ctrl+t", "next_theme", "Next colors", show=False, priority=True
                ),
                Binding("ctrl+z", "undo", "Undo"),
                Binding("f12", "end_tour", "End the tour", show=False, priority=True),
                Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
            ],
        ),
    ]

    status: "reactive[StatusReply | None]" = reactive(None)
    """State of the bot, as last heard; None while it is not known."""
    link_state: reactive[LinkState] = reactive(LinkState)
    tour_stop: reactive[int | None] = reactive(None)
    """The number of the stop that the tour is at; None without a tour."""

    def __init__(
        self,
        home: Home,
        link: BotPort | None = None,
        clock: Callable[[], float] = time.time,
        *,
        is_watching: bool = False,
    ) -> None:
        super().__init__()
        self.is_watching = is_watching
        """True while these screens may change nothing."""
        measure_every_change()
        self.home = home
        self._link = link
        self.clock = clock
        self.shelf = DatabaseReader(home)
        self.logbook = Logbook()
        self.layout = Layout(home, may_write=not is_watching)
        self.guilds: list[GuildFigures] = []
        """The guilds of the last reply to `Guilds`."""
        self.knows_guilds = False
        """True once the bot has said which guilds there are."""
        self.chosen_guild: GuildId | None = None
        """Row of the guild on the Server screen."""
        self.talk_with: GuildId | None = None
        """Row of the guild that the Playground turns to when it opens next."""
        self.helped: tuple[str, str] | None = None
        """The screen, and its section, that Help was asked about."""
        self.chosen_section = ""
        """Section that Server opens when it comes to the front."""
        self.events: deque[BotEvent] = deque(maxlen=MAX_EVENTS)
        """The history of the bot's process, as `events` of its status."""
        self.progress: dict[tuple[str, str], Progress] = {}
        """The latest `Progress` of each piece of work, by its `work` and `label`."""
        self._streams = os.getpid() * 10_000
        self.presses = 0
        """The number of keys pressed so far."""
        self.changes: deque[Change] = deque(maxlen=MOST_CHANGES)
        """Those that can be taken back, the last one at the end."""
        self.attention = Attention()
        self.own_keys: dict[str, str] = {}
        """The keys that the owner chose, by action."""
        self.notices = "off"
        """The way in which the owner wants to be told what waits."""
        self.last_result: tuple[str, str | Content] = ("Nothing yet", "")
        self.status_at = 0.0
        """The time of the last `status`."""
        self._news: NewEvents | None = None
        """The news since the last update of the screens."""
        self._gate = TerminalGate()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DARK.name

    @property
    def link(self) -> BotPort:
        """The way to the bot."""
        if self._link is None:
            # Importing the wire costs 60 ms, so the first picture comes before it.
            from app.tui.bot_link import BotLink

            self._link = BotLink(self.home, is_watching=self.is_watching)
        return self._link

    def get_line_filters(self) -> list[LineFilter]:
        """Return Textual's filters, with the gate before the terminal.

        Without color it uses the terminal's own two colors, since grey on grey is hard
        to read.
        """
        filters = super().get_line_filters()
        if self.no_color:
            filters = [f for f in filters if not isinstance(f, Monochrome)]
            filters.append(NoColor())
        return [*filters, self._gate]

    def on_mount(self) -> None:
        """Show the first picture before loading or starting anything else."""
        # The terminal is given back as it was, also when another program ends this one.
        hear(lambda number: self.exit(128 + number), "SIGTERM", "SIGHUP")
        if not self.shelf.is_there and not self.is_watching:
            self.call_after_refresh(self.action_wizard)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.link.listen(self)
        self.run_link(self.link.start)

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
        self._point_out(self.attention.look_at(status))
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
            self._point_out(self.attention.look_at(news.status))
        if news.progress:
            jobs = news.progress.values()
            self._point_out(self.attention.hear(jobs, self.current_mode))
        if news.replies:
            self.count_drafts()
        if isinstance(screen := self._front(), MynahScreen):
            screen.post_message(news)
            if news.progress:
                screen.query_one(StatusBar).refresh()

    async def load_own_settings(self) -> None:
        """Fetch the settings of the screens.

        Raises:
            AppError: If the bot does not answer.
        """
        from app.ipc import control

        async def value(name: str) -> object:
            reply = await self.link.call(control.ConfigGet(f"screens.{name}"))
            return next((one.value for one in reply.settings), None)

        self.notices = str(await value("notices"))
        self._use_keys(await value("keys"), is_vi=await value("vim") is True)

    def _use_keys(self, wishes: object, *, is_vi: bool) -> None:
        """Take the owner's keys in place of the usual ones."""
        wanted = [str(wish) for wish in wishes] if isinstance(wishes, list) else []
        if not (wanted or is_vi or self.own_keys):
            return
        self.own_keys, refused = key_map.key_map(wanted, is_vi=is_vi)
        self.set_keymap(self.own_keys)
        for sentence in refused:
            self.warn(AppError(sentence, "Choose another key on Settings (8)."))

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

    def _front(self) -> Screen[object] | None:
        """Return the navigation screen in front, under any dialogs."""
        return self.screen_stack[0] if self.screen_stack else None

    async def load_guilds(self) -> None:
        """Fetch the learned servers again."""
        from app.ipc import control

        self.guilds = (await self.link.call(control.Guilds())).guilds
        self.knows_guilds = True

    def without_guilds(self, advice: str) -> str:
        """Return what a screen says while it has no server to show.

        Args:
            advice: The remedy if there really is none.
        """
        if self.knows_guilds:
            return f"No server is learned yet. {advice}"
        if self.link_state.is_up:
            return "Asking the bot which servers it knows…"
        return "Which servers are learned is not known yet: the bot is not running."

    def keep_guild(self, guild: "GuildFigures") -> None:
        """Keep the owner's change of a guild until the guilds are fetched again."""
        self.guilds = [guild if one.row == guild.row else one for one in self.guilds]

    def next_stream(self) -> int:
        """Return a number for the tokens of one reply, unique across processes."""
        self._streams += 1
        return self._streams

    # Actions of keys and the palette.

    def action_go(self, name: str) -> None:
        """Show a screen of the navigation."""
        if len(self.screen_stack) == 1 and name != self.current_mode:
            self.switch_mode(name)

    def action_help_here(self) -> None:
        """Show the keys of this screen on Help."""
        screen = self._front()
        if isinstance(screen, MynahScreen) and screen.NAME != "help":
            self.helped = screen.NAME, screen.section_in_front
        self.action_go("help")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the way back outside text fields, while there is one."""
        if action == "undo":
            return bool(self.changes) and not isinstance(self.focused, Input)
        return action != "end_tour" or self.tour_stop is not None

    def note_change(self, change: Change) -> None:
        """Keep the way back from what was just done."""
        self.changes.append(change)
        self.screen.refresh_bindings()

    def action_undo(self) -> None:
        """Take back the last change that can be taken back."""
        change = self.changes.pop()
        change.take_back(partial(self.tell, change.says))
        self.screen.refresh_bindings()

    def action_next_theme(self) -> None:
        """Change to the next theme, and keep it for the next time."""
        names = [theme.name for theme in THEMES]
        self.action_theme_of(names[(names.index(self.theme) + 1) % len(names)])

    def action_theme_of(self, name: str) -> None:
        """Change to a theme, and keep it for the next time."""
        self.theme = name
        self.tell(f"Colors: {TITLES[name]}.")
        if self.is_watching:
            return
        with suppress(OSError):
            write_text(self.home.theme_file, name)

    def action_wizard(self) -> None:
        """Open the first-run wizard."""
        from app.tui.screens.wizard.wizard_screen import WizardScreen

        if not any(isinstance(shown, WizardScreen) for shown in self.screen_stack):
            self.push_screen(WizardScreen(), lambda _: self._tour_once())

    def _tour_once(self) -> None:
        """Begin the tour after the first first steps."""
        if self.is_watching or self.home.tour_marker.exists():
            return
        with suppress(OSError):
            write_text(self.home.tour_marker, "")
        self.action_tour()

    def action_tour(self) -> None:
        """Begin the tour of the five keys that lead to all others."""
        self.tour_stop = 0

    def action_end_tour(self) -> None:
        """End the tour, wherever it is."""
        self.tour_stop = None

    def show_guild(self, guild: "GuildFigures") -> None:
        """Go to the screen of a server."""
        self.chosen_guild = guild.row
        self.action_go("guild")

    async def run_action(
        self,
        action: "str | ActionParseResult",
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action; screens that only watch refuse those that do more."""
        if self.is_watching and would_change(action, default_namespace):
            self.warn(AppError(WATCHING, LEAVE_WATCHING))
            return True
        is_done = await super().run_action(action, default_namespace, namespaces)
        if is_done and self.tour_stop is not None and isinstance(action, str):
            self.tour_stop = next_stop(self.tour_stop, action)
        return is_done

    def run_link(
        self, job: Callable[[], Awaitable[None]], *, exclusive: bool = True
    ) -> None:
        """Run a request to the bot in the background, and show its errors.

        Starting and stopping are exclusive: the newer request replaces the older one.
        """

        async def run() -> None:
            try:
                await job()
            except AppError as error:
                self.warn(error)

        group = "link" if exclusive else "ask"
        self.run_worker(run(), group=group, exclusive=exclusive, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Report a failed job of the application itself."""
        if event.state is WorkerState.ERROR and event.worker.error:
            self.report_bug(event.worker.error)

    def report_bug(self, error: BaseException) -> None:
        """Keep a bug's traceback in Logs, and continue."""
        from app.ipc.control import Log

        text = safe_text(redact("".join(traceback.format_exception(error))))
        self.logbook.add([Log("error", "terminal", text, self.clock())])
        self.warn(AppError("Something failed in this terminal.", "See Logs (9)."))

    async def on_event(self, event: events.Event) -> None:
        """Count the keys, so that a late result knows if the owner went on."""
        if isinstance(event, events.Key):
            self.presses += 1
        await super().on_event(event)

    def show_result(
        self,
        asker: Screen[None],
        title: str,
        text: str | Content,
        presses: int | None = None,
    ) -> None:
        """Show a result in full to an owner who waits for it, or else as a notice.

        A result never comes between the owner and what they do meanwhile: who has
        pressed a key since, gets a notice, and finds the whole in the palette.

        Args:
            presses: The app's `presses` when the owner asked; by default they still
                wait if they type nowhere.
        """
        self.last_result = title, text
        is_waiting = presses in (None, self.presses)
        if self.screen is asker and is_waiting and not isinstance(asker.focused, Input):
            self.action_last_result()
            return
        plain = text if isinstance(text, str) else text.plain
        self.notify(
            f"{safe_text(plain)[:200]}\nAll of it: ^p, “Last result”.",
            title=safe_text(title)[:300],
            timeout=8,
            markup=False,
        )

    def action_last_result(self) -> None:
        """Show the last result in full, if there is one."""
        from app.tui.widgets.dialogs import Detail

        self.push_screen(Detail(*self.last_result))

    def steer(self, job: "Progress", action: str) -> None:
        """Pause, resume or stop work, from whatever screen shows it."""
        from app.ipc import control

        key = job.work, job.label

        async def ask() -> None:
            await self.link.call(control.JobControl(job.job, action))
            if self.progress.get(key) == job and action != "stop":
                self.on_notification(replace(job, paused=action == "pause"))

        self.run_link(ask, exclusive=False)

    def warn(self, error: AppError) -> None:
        """Show an error and its remedy, without leaving the screen."""
        if error.message == STOPPED:
            self.tell(f"{error.message} {error.hint}")
            return
        self.notify(
            safe_text(error.hint or "See Logs (9) for more."),
            title=safe_text(error.message)[:300],
            severity="error",
            timeout=8,
            markup=False,
        )

    def tell(self, text: str) -> None:
        """Show that something is done."""
        self.notify(safe_text(text), timeout=4, markup=False)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy by way of the terminal, and of the system for one that refuses it."""
        super().copy_to_clipboard(text)
        if not self.is_headless and not self.is_web:
            self.run_worker(
                partial(clipboard.put, text), thread=True, exit_on_error=False
            )

    def write_file(self, target: Path, text: str) -> None:
        """Write a text to the owner's chosen place, and report it."""
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            self.warn(AppError(f"{target} cannot be written.", str(error)))
        else:
            self.tell(f"Written to {target}")

    def show_invite(self, asker: Screen[None]) -> None:
        """Show the link that brings the bot into a server, to copy or to open."""
        from app.ipc import control

        presses = self.presses

        async def ask() -> None:
            reply = await self.link.call(control.SecretTest("bot_token"))
            link = reply.invite or f"{reply.detail} {reply.hint}"
            title = "The link that invites the bot"
            self.show_result(asker, title, link, presses)

        self.run_link(ask, exclusive=False)


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
