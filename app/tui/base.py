"""The frame of every screen: navigation above, status and keys below."""

import gc
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.reactive import Reactive
from textual.widget import Widget
from textual.widgets import Input

from app.tui import layout
from app.tui.asking_screen import AskingScreen
from app.tui.event_buffer import NewEvents
from app.tui.key_map import named
from app.tui.widgets.feed import Feed
from app.tui.widgets.field import Field
from app.tui.widgets.keys import Keys
from app.tui.widgets.nav import Nav
from app.tui.widgets.status_bar import StatusBar
from app.tui.widgets.tour import TourLine

STANDS_SECONDS = 3
"""Seconds from a screen's beginning until all that it keeps is here."""

PLACEHOLDER = "words to find; <esc screen.leave_field> shows everything again"


class MynahScreen(AskingScreen):
    """A screen of the navigation, with its content in `compose_body`."""

    NAME: ClassVar[str]
    """Its entry in `SCREENS`."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall"), (52, "-huge")]
    BINDINGS: ClassVar[list[BindingType]] = named(
        "screen",
        [
            Binding("escape", "leave_field", "Leave the field", show=False),
            Binding("slash", "filter", "Filter"),
            Binding("z", "enlarge", "Enlarge the panel", show=False),
            Binding("Z", "hide_panel", "Hide the panel", show=False),
        ],
    )

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual has it, but the parts that look different draw themselves."""
    _filtered: Feed | None = None
    """The list that the words filter."""
    _presses_before = 0
    """The app's `presses` when the screen came to the front."""

    def __init_subclass__(cls, **options: bool) -> None:
        if "BINDINGS" in cls.__dict__:
            cls.BINDINGS = named(cls.NAME, cls.BINDINGS)
        super().__init_subclass__(**options)

    def on_mount(self) -> None:
        """Spare the garbage collector what stays, which it would look through."""
        self.set_timer(STANDS_SECONDS, _keep_what_stands)

    def compose(self) -> ComposeResult:
        yield Nav(self.NAME)
        yield Field(id="filter")
        with Container(id="body"):
            yield from self.compose_body()
        yield TourLine()
        yield StatusBar()
        yield Keys()

    def compose_body(self) -> ComposeResult:
        """Yield the widgets between navigation and status bar."""
        yield from ()

    def on_screen_resume(self) -> None:
        """Show the present state whenever the screen comes to the front."""
        self.app.attention.visit(self.NAME)
        self.query_one(Nav).refresh(layout=True)
        self.query_one(StatusBar).refresh()
        self.show_now()
        self._presses_before = self.app.presses
        self._arrange()

    def show_now(self) -> None:
        """Show the present state, and the keys as the owner has them now."""
        self.query(Feed).refresh()
        self.status_changed()
        if self.app.may_read:
            self.read()

    def read(self) -> None:
        """Read what a screen shows of the bot and of the database."""
        self.app.count_drafts()
        self.refresh_data()

    @on(NewEvents)
    def _hear(self, news: NewEvents) -> None:
        self.hear(news)

    @on(Feed.Moved)
    def _offer_anew(self) -> None:
        """Offer the keys that do something with the line under the cursor."""
        self.refresh_bindings()

    def hear(self, news: NewEvents) -> None:
        """Process the events of this screen, while it is in front."""

    def status_changed(self) -> None:
        """Show a change of the bot's status or of the link to it."""

    def refresh_data(self) -> None:
        """Read lists again, when the screen comes to the front."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a filter only where there is a list."""
        if action == "filter" and self.is_mounted:
            return self.list_in_front is not None
        return True

    @property
    def section_in_front(self) -> str:
        """The name of the visible section, of a screen that has any."""
        return ""

    @property
    def list_in_front(self) -> Feed | None:
        """Return the focused list, or else the first visible one."""
        if isinstance(self.focused, Feed):
            return self.focused
        return next((feed for feed in self.query(Feed) if feed.is_on_screen), None)

    @property
    def main(self) -> Widget | None:
        """The widget that has the keys when no field does."""
        return self.list_in_front

    def action_leave_field(self) -> None:
        """Drop the filter, or else leave a field, so that single keys act again."""
        field = self.query_one("#filter", Input)
        if field.value or field.has_focus:
            self.clear_filter()
            self._focus_filtered()
        elif main := self.main:
            main.focus()

    def action_filter(self) -> None:
        """Filter the list by words; without words, show everything."""
        self._filtered = self.list_in_front
        field = self.query_one("#filter", Input)
        field.placeholder = self.app.with_keys(PLACEHOLDER)
        field.visible = True
        field.focus()

    def clear_filter(self) -> None:
        """Show everything again."""
        field = self.query_one("#filter", Input)
        field.value = ""
        field.visible = False

    @on(Input.Changed, "#filter")
    def _words_changed(self, event: Input.Changed) -> None:
        self.filter(event.value)

    @on(Input.Submitted, "#filter")
    def _words_entered(self, event: Input.Submitted) -> None:
        event.input.visible = bool(event.value.strip())
        self._focus_filtered()

    def _focus_filtered(self) -> None:
        if feed := self._filtered or self.list_in_front:
            self.set_focus(feed)

    def filter(self, words: str) -> None:
        """Show only lines with these words."""
        if feed := self._filtered or self.list_in_front:
            feed.filter(words)

    def _arrange(self) -> None:
        self.app.layout.arrange(self.NAME, self)
        self.refresh_bindings()

    def action_enlarge(self) -> None:
        """Give the panel that has the keys all of the room, or its part again."""
        if panel := layout.panel_of(self.focused, self.query_one("#body")):
            self.app.layout.enlarge(self.NAME, panel)
            self._arrange()

    def action_hide_panel(self) -> None:
        """Hide the panel that has the keys; while one is hidden, show all again."""
        panel = layout.panel_of(self.focused, self.query_one("#body"))
        if self.app.layout.show_all(self.NAME):
            # The only panel that can have the keys is there again.
            self.call_after_refresh(self._focus_list)
        elif panel is not None:
            self.app.layout.put_away(self.NAME, panel)
            shown = "Hidden. <Z screen.hide_panel> shows every panel again."
            self.app.tell(self.app.with_keys(shown))
        self._arrange()

    def _focus_list(self) -> None:
        lists = (one for one in self.focus_chain if isinstance(one, Feed))
        if self.focused is None:
            self.set_focus(next(lists, None))

    def on_descendant_focus(self) -> None:
        """Show a hidden panel that a key goes to; a screen's start leaves it hidden."""
        if self.focused is not None and layout.is_away(self.focused):
            if self.app.presses != self._presses_before:
                self.app.layout.show_all(self.NAME)
            self._arrange()


def _keep_what_stands() -> None:
    """Look for garbage a last time, then take all that is left out of later looks.

    While very many messages come in there is a look every few seconds, which holds the
    loop: for 10 to 28 ms with one screen, and for 3 to 6 ms without it.
    """
    gc.collect()
    gc.freeze()
