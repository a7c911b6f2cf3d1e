"""The frame of the application: the way to the bot, the terminal, and what is told."""

import os
import time
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.content import Content
from textual.dom import DOMNode
from textual.filter import LineFilter, Monochrome, NoColor
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from app.core.errors import STOPPED, AppError
from app.core.labels import LEAVE_WATCHING, WATCHING
from app.core.names import GuildId
from app.core.paths import Home
from app.core.safe_text import safe_text
from app.tui import clipboard, key_map, remedies
from app.tui.bot_ports import BotPort, LinkState
from app.tui.changes import MOST_CHANGES, Change
from app.tui.database_reader import DatabaseReader
from app.tui.layout import Layout
from app.tui.screens.logs.log_buffer import Logbook
from app.tui.terminal_filter import TerminalGate
from app.tui.theme import DARK, THEMES

if TYPE_CHECKING:
    from app.ipc.control import GuildFigures, Progress

LONGEST_ACT = 1.0
"""The seconds for which a key holds back the next, if its end is never heard of."""


class AppFrame(App[int]):
    """The common ground of its parts: no key of its own, and no news of the bot."""

    presses = 0
    """The number of keys pressed so far."""
    may_read = False
    """True once the first picture stands, and what it takes to read is loaded."""
    link_state: reactive[LinkState] = reactive(LinkState)
    last_result: "tuple[str, str | Content]" = ("Nothing yet", "")

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
        self.home = home
        self._link = link
        self.clock = clock
        self.shelf = DatabaseReader(home)
        self.logbook = Logbook()
        self.layout = Layout(home, may_write=not is_watching)
        self.guilds: list[GuildFigures] = []
        """The first ones by name, as of the last reply to `Guilds`."""
        self.other_guilds: dict[GuildId, GuildFigures] = {}
        """Others that are shown, by their rows."""
        self.progress: dict[tuple[str, str], Progress] = {}
        """The latest `Progress` of each piece of work, by its `work` and `label`."""
        self.own_keys: dict[str, str] = {}
        """The keys that the owner chose, by action."""
        self.changes: deque[Change] = deque(maxlen=MOST_CHANGES)
        """Those that can be taken back, the last one at the end."""
        self._streams = os.getpid() * 10_000
        self._typed: deque[events.Event] = deque()
        """Keys and pastes that wait for the one before them."""
        self._acts_until = 0.0
        """The monotonic time until which they do, at most; 0 while no key acts."""
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

            self._link = BotLink(self.home, self.remedy, is_watching=self.is_watching)
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

    def _front(self) -> Screen[object] | None:
        """Return the navigation screen in front, under any dialogs."""
        return self.screen_stack[0] if self.screen_stack else None

    def with_keys(self, text: str) -> str:
        """Return a text of our own that names keys as the owner has them."""
        return key_map.with_keys(text, self.own_keys)

    def advice(self, text: str) -> str:
        """Return what says which key to press, or nothing where screens only watch."""
        return "" if self.is_watching else self.with_keys(text)

    def remedy(self, hint: str) -> str:
        """Return a hint of the bot with keys for its commands.

        Screens that only watch leave the commands, which are another terminal's.
        """
        return hint if self.is_watching else remedies.in_keys(hint, self.own_keys)

    def refuses(self) -> bool:
        """Tell the owner that these screens only watch, if they do."""
        if self.is_watching:
            self.warn(AppError(WATCHING, LEAVE_WATCHING))
        return self.is_watching

    def next_stream(self) -> int:
        """Return a number for the tokens of one reply, unique across processes."""
        self._streams += 1
        return self._streams

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
        from app.core.secret_patterns import redact
        from app.ipc.control import Log

        text = safe_text(redact("".join(traceback.format_exception(error))))
        self.logbook.add([Log("error", "terminal", text, self.clock())])
        self.warn(AppError("Something failed in this terminal.", "See Logs (9)."))

    async def on_event(self, event: events.Event) -> None:
        """Let each key act before the next, which so goes where the first one leads.

        Textual sends all that is typed at once to the widget that is focused now.
        """
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        if time.monotonic() >= self._acts_until:
            await self._type_next()

    async def _type_next(self) -> None:
        event = self._typed.popleft()
        self._acts_until = time.monotonic() + LONGEST_ACT
        # A late result knows by their number if the owner went on.
        self.presses += isinstance(event, events.Key)
        way = self._way_up
        await super().on_event(event)
        await self._follow(way)

    @property
    def _way_up(self) -> list[DOMNode]:
        return list((self.focused or self.screen).ancestors_with_self)

    async def _follow(self, way: list[DOMNode], *, is_last: bool = False) -> None:
        """Go behind a key through the queues of all that it passes, then type on."""
        for at, node in enumerate(way):
            if node.call_later(self._follow, way[at + 1 :], is_last=is_last):
                return
        if not is_last:
            # Behind the key waits what it asked for: a focus, or another screen.
            await self._follow([self, *self._way_up], is_last=True)
        elif self._typed:
            await self._type_next()
        else:
            self._acts_until = 0.0

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
