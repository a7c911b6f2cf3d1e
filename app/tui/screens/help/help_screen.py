"""Help: the guides, every key, and the words Mynah uses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.widgets import Static

from app.core.guides import Guide, all_guides
from app.core.plain_markdown import render
from app.core.safe_text import safe_text
from app.tui import key_map
from app.tui.base import MynahScreen
from app.tui.key_map import displayed, guide_with_keys, only_reads, with_keys
from app.tui.screens import SCREENS
from app.tui.widgets.feed import Feed

if TYPE_CHECKING:
    from app.tui.app import MynahApp

NONE_CHOSEN: Mapping[str, str] = {}

LEAST_WIDTH = 40
"""Cells of a guide's lines, however narrow the terminal is."""

EVERYWHERE = (
    ("1 … 9, 0", "go to a screen (outside text fields)"),
    ("F1 … F10", "go to a screen from anywhere"),
    ("<esc screen.leave_field>", "leave a text field, close a dialog"),
    ("tab", "next part of the screen"),
    (
        "<↑ list.move(-1)> <↓ list.move(1)> <enter list.choose>",
        "move in a list, open or change",
    ),
    (
        "<pgup list.move_page(-1)> <pgdn list.move_page(1)>",
        "move in a list by a screenful; <home list.move(-1000000)> and"
        " <end list.move(1000000)>: to its ends",
    ),
    ("← → space", "turn a choice or the dial; home and end: the dial's ends"),
    ("</ screen.filter>", "filter the list; in Conversations, search every message"),
    (
        "<z screen.enlarge> <Z screen.hide_panel>",
        "enlarge the panel that has the keys; hide it, or show all again",
    ),
    ("<? app.help_here>", "the keys of this screen"),
    ("^p", "every action by name"),
    ("<^z app.undo>", "take back a setting, a rejection, an opinion or a rollback"),
    ("<^t app.next_theme>", "the next of six themes; the palette lists them"),
    ("<^c list.copy>", "copy the chosen line"),
    (
        "<F12 app.end_tour>",
        "end the tour of five keys, which <t help.tour> on this page begins",
    ),
    ("<^q app.quit>", "quit; a bot started elsewhere keeps running"),
)

WORDS = (
    ("voice", "the way one server writes, as Mynah learned it"),
    ("dial", "0 % is the model alone, 100 % the voice alone"),
    ("chain", "the voice alone writes, in milliseconds, without a model"),
    ("hybrid", "model and voice choose every word together"),
    (
        "provider",
        "the writer of a reply: markov, local (here), openai (another server)",
    ),
    ("rung", "one provider on the ladder; if it can't answer, the next one does"),
    ("recall", "earlier messages found by meaning"),
    ("shadow", "replies wait as drafts until you approve them"),
    ("lock", "data of a locked server never leaves this computer"),
)


@dataclass(frozen=True)
class Page:
    """One entry of the list."""

    title: str
    guide: Guide | None = None
    """None for the keys and words."""


class PageView(VerticalScroll):
    """Shows one page; lines of a guide are as long as it is wide."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._page = Page("")
        self._helped: tuple[str, str] | None = None

    def compose(self) -> ComposeResult:
        yield Static("", markup=False)

    def show(self, page: Page) -> None:
        """Turn to a page."""
        self._page = page
        self.scroll_home(animate=False)
        self.draw()

    def show_first(self, helped: tuple[str, str]) -> None:
        """Put the keys of a screen and its section above all others."""
        self._helped = helped
        self.scroll_home(animate=False)
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Show the page as wide as the room, with the keys of now."""
        guide = self._page.guide
        if guide is None:
            content = _keys_and_words(self._helped, self._tables, self._width)
        else:
            content = _drawn(guide, self._width, self._app.own_keys)
        self.query_one(Static).update(content)

    @property
    def _tables(self) -> "list[KeyTable]":
        app = self._app
        return list(key_tables(app.own_keys, is_watching=app.is_watching))

    @property
    def _app(self) -> "MynahApp":
        assert isinstance(self.screen, MynahScreen)
        return self.screen.app

    @property
    def _width(self) -> int:
        return max(LEAST_WIDTH, self.scrollable_content_region.width)


class HelpScreen(MynahScreen):
    """Guides, the words Mynah uses, and keys made from the bindings themselves."""

    NAME = "help"
    CSS_PATH = "help_screen.tcss"
    BINDINGS = [Binding("t", "tour", "Tour of five keys")]

    def compose_body(self) -> ComposeResult:
        with Horizontal():
            yield Feed(
                lambda page, width: Content(page.title),
                attrgetter("title"),
                id="topics",
            )
            yield PageView(id="page")

    def on_mount(self) -> None:
        pages = [Page("Keys and words")]
        pages += [Page(guide.title, guide) for guide in all_guides()]
        self.query_one("#topics", Feed).show(pages)
        self.query_one("#topics").focus()

    def refresh_data(self) -> None:
        """Show what was asked about, if that is why the screen came to the front."""
        if (helped := self.app.helped) is not None:
            self.app.helped = None
            self.query_one("#topics", Feed).cursor = 0
            self.query_one("#page", PageView).show_first(helped)
        self.query_one("#page", PageView).draw()

    def action_tour(self) -> None:
        """Begin the tour of the five keys that lead to all others."""
        self.app.action_tour()

    @on(Feed.Moved, "#topics")
    def _turn(self, event: Feed.Moved) -> None:
        self.query_one("#page", PageView).show(event.item)

    @on(Feed.Chosen, "#topics")
    def _read(self) -> None:
        self.query_one("#page").focus()


def _drawn(guide: Guide, width: int, chosen: Mapping[str, str]) -> Content:
    """A guide; it is text of our own, and still passes as text, never as markup."""
    styles = {"title": "bold $accent", "text": "", "code": "$secondary"}
    lines = [
        Content.styled(safe_text(line.text), styles[line.kind])
        for line in render(guide_with_keys(guide.text, chosen), width)
        if line.kind != "rule"
    ]
    return Content("\n").join(lines)


def _keys_and_words(
    helped: tuple[str, str] | None, tables: "list[KeyTable]", width: int
) -> Content:
    if helped is not None:
        screen, section = helped
        tables.sort(
            key=lambda table: (table.screen != screen, table.section != section)
        )
        here = [table for table in tables if table.screen == screen]
        if not here:
            name = next(entry.title for entry in SCREENS if entry.name == screen)
            title = f"{name} has no keys of its own"
            tables.insert(0, KeyTable(title, (), screen))
    drawn = [_table(table.title, table.keys, width) for table in tables]
    return Content("\n").join([*drawn, _table("Words", WORDS, width)])


class KeyTable(NamedTuple):
    """The keys of a place, each with its action."""

    title: str
    keys: Sequence[tuple[str, str]]
    screen: str = ""
    section: str = ""


def key_tables(
    chosen: Mapping[str, str] = NONE_CHOSEN, *, is_watching: bool = False
) -> Iterator[KeyTable]:
    """Return the keys of every place, screen and section.

    Args:
        chosen: The owner's own keys, by action.
        is_watching: True to leave out those that screens refuse which only watch.
    """
    # This loads every screen, which takes a moment, so only Help does it.
    from app.tui.panes import PANES

    if chosen:
        own = [(displayed(keys), name) for name, keys in sorted(chosen.items())]
        yield KeyTable("Your own keys, before all others", own)
    yield KeyTable("Everywhere", everywhere(chosen))
    for entry in SCREENS:
        screen = type(entry.load())
        title = f"{entry.key} {entry.title}"
        if keys := _keys(screen, chosen, is_watching):
            yield KeyTable(title, keys, entry.name)
        if entry.name == "guild":
            for name, pane in PANES.items():
                if keys := _keys(pane, chosen, is_watching):
                    yield KeyTable(f"{title}, {name}", keys, entry.name, name)


def everywhere(chosen: Mapping[str, str] = NONE_CHOSEN) -> list[tuple[str, str]]:
    """Return the keys that every screen has, with what they do."""
    return [
        (with_keys(key, chosen), with_keys(says, chosen)) for key, says in EVERYWHERE
    ]


def _keys(
    owner: type[DOMNode], chosen: Mapping[str, str], is_watching: bool
) -> list[tuple[str, str]]:
    """Return the keys of a screen or section, with their actions' descriptions."""
    found = [b for b in owner.BINDINGS if isinstance(b, Binding) and b.description]
    if is_watching:
        found = [binding for binding in found if only_reads(binding.action)]
    return [
        (displayed(key_map.shown(b, chosen)), says(owner, b))
        if b.id in chosen
        else (b.key_display or displayed(b.key), says(owner, b))
        for b in found
    ]


def says(owner: type[DOMNode], binding: Binding) -> str:
    """Return what a key does, in the words of its action."""
    # An action shared by several keys describes each too vaguely.
    action = getattr(owner, f"action_{binding.action}", None)
    says = (action.__doc__ if action else None) or binding.description
    return says.strip().rstrip(".")


def _table(title: str, rows: Sequence[tuple[str, str]], width: int) -> Content:
    lines = [Content.styled(title, "bold $accent")]
    for key, says in rows:
        head = Content.styled(f"  {key:<14}", "bold")
        room = max(LEAST_WIDTH // 2, width - head.cell_length)
        parts = Content.styled(says, "$quiet").wrap(room)
        under = Content("\n" + " " * head.cell_length)
        lines.append(Content.assemble(head, under.join(parts)))
    return Content("\n").join([*lines, Content("")])
