"""Logs: what every process said, filtered by level and words."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from app.ipc.control import Log
from app.safe_text import safe_line
from app.tui import figures
from app.tui.base import MynahScreen
from app.tui.logbook import LEVELS, matches
from app.tui.news import News
from app.tui.widgets.choice import Choice
from app.tui.widgets.dialogs import AskText, Detail
from app.tui.widgets.feed import Feed

COLOURS = {"debug": "$quiet", "info": "$foreground", "warning": "$warning"}


def draw(line: Log, width: int) -> Content:
    """One log line; its level stands there as a word, too."""
    colour = COLOURS.get(line.level.lower(), "bold $error")
    return Content.assemble(
        (figures.clock(line.at), "$quiet"),
        "  ",
        (f"{line.level.lower()[:7]:<7}", colour),
        "  ",
        (f"{safe_line(line.source)[:14]:<14}  ", "$quiet"),
        (safe_line(line.text)[: width * 2], colour),
    )


class LogsScreen(MynahScreen):
    """The newest lines below; it follows them while the cursor is on the last one."""

    NAME = "logs"
    CSS_PATH = "logs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter"),
        Binding("l", "level", "Level"),
        Binding("end", "newest", "Newest"),
        Binding("w", "save", "Save to file"),
    ]

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="log-head"):
            yield Choice(LEVELS, "info", id="level")
            yield Input(placeholder="/ to filter by words", id="words")
        yield Feed(draw, id="lines")
        yield Static(
            "Nothing was logged yet. Lines appear here as the bot works.",
            classes="empty",
        )

    def on_mount(self) -> None:
        self.query_one(Feed).focus()

    def refresh_data(self) -> None:
        self._show_all()

    def hear(self, news: News) -> None:
        lowered = self._words.lower()
        level = self.query_one(Choice).value
        fresh = [line for line in news.logs if matches(line, level, lowered)]
        self.query_one(Feed).add(fresh)
        self._show_empty()

    @property
    def _words(self) -> str:
        return self.query_one("#words", Input).value.strip()

    @on(Choice.Changed)
    @on(Input.Changed)
    def _show_all(self) -> None:
        level = self.query_one(Choice).value
        self.query_one(Feed).show(self.app.logbook.matching(level, self._words))
        self._show_empty()

    def _show_empty(self) -> None:
        has_lines = bool(self.query_one(Feed).items)
        empty = self.query_one(".empty", Static)
        empty.display = not has_lines
        self.query_one(Feed).display = has_lines
        if not has_lines and len(self.app.logbook):
            empty.update("No line passes this filter. Press l for more levels.")

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.query_one(Feed).focus()

    @on(Feed.Chosen)
    def _open(self, event: Feed.Chosen) -> None:
        line: Log = event.item
        title = f"{line.level} from {line.source} at {figures.clock(line.at)}"
        self.app.push_screen(Detail(title, line.text))

    def action_filter(self) -> None:
        """Type words to filter by."""
        self.query_one("#words", Input).focus()

    def action_level(self) -> None:
        """Show from the next level on."""
        self.query_one(Choice).action_step(1)

    def action_newest(self) -> None:
        """Go to the newest line, and follow."""
        self.query_one(Feed).action_move(len(self.app.logbook))

    def action_save(self) -> None:
        """Write the lines that are shown to a file."""
        default = str(self.app.home.root / "logs" / "shown.txt")
        question = "Where should these lines be written?"
        self.app.push_screen(AskText(question, "", default), self._save)

    def _save(self, path: str | None) -> None:
        if path:
            lines = self.query_one(Feed).items
            text = "".join(f"{x.level} {x.source} {safe_line(x.text)}\n" for x in lines)
            self.app.write_file(path, text)
