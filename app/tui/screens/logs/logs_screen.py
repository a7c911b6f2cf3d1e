"""Logs: the output of every process, filtered by level and words."""

from operator import attrgetter
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from app.core.safe_text import safe_line
from app.ipc.control import Log
from app.tui import format
from app.tui.base import MynahScreen
from app.tui.event_buffer import NewEvents
from app.tui.screens.logs.log_buffer import LEVELS, matches
from app.tui.widgets.choice import Choice
from app.tui.widgets.dialogs import Detail
from app.tui.widgets.feed import Feed

COLOURS = {"debug": "$quiet", "info": "$foreground", "warning": "$warning"}


EMPTY = "The log is empty. Lines appear here while the bot works."
PASSES_NOT = (
    "No line matches. Press <l logs.level> for another level, "
    "<esc screen.leave_field> to clear the filter."
)


def head(width: int) -> str:
    """Return the titles above the lines."""
    return f"{'at':<6}  {'level':<7}  {'from':<14}  what happened"


def draw(line: Log, width: int, now: float) -> Content:
    """Draw one log line, with its level as a word."""
    colour = COLOURS.get(line.level.lower(), "bold $error")
    return Content.assemble(
        (f"{format.moment(line.at, now):<6}", "$quiet"),
        "  ",
        (f"{line.level.lower()[:7]:<7}", colour),
        "  ",
        (f"{short_source(line.source):<14}  ", "$quiet"),
        (safe_line(line.text)[: width * 2], colour),
    )


def short_source(source: str) -> str:
    """Return a logger's short name: the last word of `app.serve`."""
    name = safe_line(source)
    return (name.rpartition(".")[2] if name.startswith("app.") else name)[:14]


class LogsScreen(MynahScreen):
    """A list with the newest lines below, followed while the cursor is on the last."""

    NAME = "logs"
    CSS_PATH = "logs_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "level", "Level"),
        Binding("end", "newest", "Newest"),
        Binding("w", "save", "Save to file"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._words = ""

    def compose_body(self) -> ComposeResult:
        yield Choice(LEVELS, "info", id="level")
        yield Feed(
            self._draw,
            attrgetter("at", "text"),
            id="lines",
            head=head,
            empty=EMPTY,
            is_newest_last=True,
        )

    def on_mount(self) -> None:
        self.query_one(Feed).focus()

    def _draw(self, line: Log, width: int) -> Content:
        return draw(line, width, self.app.clock())

    def refresh_data(self) -> None:
        self._show_all()

    def hear(self, news: NewEvents) -> None:
        level = self.query_one(Choice).value
        fresh = [line for line in news.logs if matches(line, level, self._words)]
        self.query_one(Feed).add(fresh)

    def filter(self, words: str) -> None:
        self._words = words.strip().lower()
        self._show_all()

    @on(Choice.Changed)
    def _show_all(self) -> None:
        level = self.query_one(Choice).value
        feed = self.query_one(Feed)
        feed.empty = PASSES_NOT if len(self.app.logbook) else EMPTY
        feed.show(self.app.logbook.matching(level, self._words))
        self.refresh_bindings()

    @on(Feed.Chosen)
    def _open(self, event: Feed.Chosen) -> None:
        line: Log = event.item
        title = f"{line.level} from {line.source} at {format.clock(line.at)}"
        self.app.push_screen(Detail(title, line.text))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what is done with lines where there are any."""
        if action in ("newest", "save") and self.is_mounted:
            feed = self.query_one(Feed)
            is_below = feed.cursor < len(feed.items) - 1
            return is_below if action == "newest" else bool(feed.items)
        return super().check_action(action, parameters)

    def action_level(self) -> None:
        """Switch to the next level."""
        self.query_one(Choice).action_step(1)

    def action_newest(self) -> None:
        """Go to the newest line, and follow new ones."""
        self.query_one(Feed).action_move(len(self.app.logbook))

    def action_save(self) -> None:
        """Write the visible lines to a file."""
        default = str(self.app.home.root / "logs" / "shown.txt")
        self.ask_file("Save these lines to which file?", "", default, self._save)

    def _save(self, target: Path, overwrite: bool) -> None:
        lines = self.query_one(Feed).items
        text = "".join(f"{x.level} {x.source} {safe_line(x.text)}\n" for x in lines)
        self.app.write_file(target, text)
