"""Graphs of the last hour and day: speed, queue, processes and replies."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from app.core.errors import AppError
from app.core.safe_text import safe_line
from app.core.time_units import HOUR_MS
from app.ipc import control
from app.tui import format
from app.tui.screens.home.home_charts import HOURS
from app.tui.widgets.charts import Peaks

if TYPE_CHECKING:
    from app.tui.app import MynahApp
    from app.tui.base import MynahScreen

REFRESH_SECONDS = 10.0

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Series:
    """One graph: its values over time, oldest first."""

    title: str
    values: Sequence[float]
    unit: str
    times: Sequence[float]
    """Seconds since the epoch, one for each value."""

    def figures(self) -> str:
        """Return now, highest and mean, for people."""
        if not self.values:
            return "nothing yet"
        mean = sum(self.values) / len(self.values)
        now, peak, middle = map(_number, (self.values[-1], max(self.values), mean))
        shown = f"now {now}, at most {peak}, on average {middle} {self.unit}"
        return shown.rstrip()

    def shown(self, value: float) -> str:
        """Return one value with its unit."""
        return f"{_number(value)} {self.unit}".rstrip()


def _number(value: float) -> str:
    is_round = value >= 10 or value == round(value)
    return f"{value:,.0f}" if is_round else f"{value:.1f}"


def of_hour(moments: Sequence[control.LastHourMoment]) -> list[Series]:
    """Return the graphs of the bot's own figures."""
    times = [moment.at for moment in moments]
    speed = [moment.tokens_per_second for moment in moments]
    found = [
        Series("Speed of the last reply", speed, "tokens/s", times),
        Series("Waiting replies", [float(one.queue) for one in moments], "", times),
    ]
    names = dict.fromkeys(one.name for at in moments for one in at.processes)
    for name in names:
        uses = [
            next((one for one in at.processes if one.name == name), None)
            for at in moments
        ]
        sizes = [one.bytes / MEGABYTE if one else 0.0 for one in uses]
        shares = [one.processor if one else 0.0 for one in uses]
        shown = safe_line(name)
        found.append(Series(f"Memory of the {shown}", sizes, "MB", times))
        found.append(Series(f"Processor of the {shown}", shares, "%", times))
    return found


class Graphs(ModalScreen[None]):
    """Every graph with its figures; a key shows them in numbers, another saves them."""

    app: "MynahApp"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", show=False),
        Binding("f", "figures", "Figures", show=False),
        Binding("w", "save", "Save as SVG", show=False),
    ]
    DEFAULT_CSS = """
    Graphs { align: center middle; }
    Graphs > Vertical {
        width: 100%; height: 100%; padding: 1 2; background: $background;
    }
    Graphs Grid { grid-size: 2; grid-gutter: 1 4; height: auto; grid-rows: 4; }
    Graphs.-narrow Grid { grid-size: 1; }
    Graphs Peaks { height: 2; width: 1fr; }
    Graphs VerticalScroll { height: 1fr; }
    Graphs #table { display: none; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]

    def __init__(self, screen: "MynahScreen") -> None:
        super().__init__()
        self._screen = screen
        self._series: list[Series] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("The last hour, and replies of the last day", classes="title")
            with VerticalScroll():
                yield Grid(id="graphs")
                yield Static("", id="table", markup=False)
            yield Static("f figures, w save as SVG, esc close", classes="quiet")

    def on_mount(self) -> None:
        self.set_interval(REFRESH_SECONDS, self._load)
        self._load()

    def _load(self) -> None:
        read: Callable[[], Awaitable[None]] = self._read
        self.run_worker(read, group="graphs", exclusive=True)

    async def _read(self) -> None:
        try:
            moments = (await self.app.link.call(control.LastHour())).moments
        except AppError as error:
            moments = []
            self.app.warn(error)
        self._series = [*of_hour(moments), *await self._outcomes()]
        await self._draw()

    async def _outcomes(self) -> list[Series]:
        """Return the replies of the last day by outcome, an hour a value."""
        hour = int(self.app.clock() * 1000) // HOUR_MS * HOUR_MS
        first = hour - (HOURS - 1) * HOUR_MS
        found = await self.app.shelf.outcomes_over_time(first, HOUR_MS)
        times = [(first + at * HOUR_MS) / 1000 for at in range(HOURS)]
        sums: dict[str, list[float]] = {}
        for start, word, count in found:
            sums.setdefault(word, [0.0] * HOURS)[(start - first) // HOUR_MS] += count
        return [
            Series(f"Replies {word}, by hour", values, "", times)
            for word, values in sums.items()
        ]

    async def _draw(self) -> None:
        grid = self.query_one("#graphs", Grid)
        titles = [one.title for one in self._series]
        if [cell.name for cell in grid.children] != titles:
            await grid.remove_children()
            await grid.mount(*(self._cell(one) for one in self._series))
        for cell, one in zip(grid.children, self._series, strict=True):
            cell.query_one(Peaks).values = one.values
            cell.query_one(Static).update(_head(one))
        self.query_one("#table", Static).update(table(self._series, self.app.clock()))

    def _cell(self, series: Series) -> Vertical:
        return Vertical(Static(_head(series), markup=False), Peaks(), name=series.title)

    def action_figures(self) -> None:
        """Show the values by time, or the graphs again."""
        numbers = self.query_one("#table")
        numbers.display = not numbers.display
        self.query_one("#graphs").display = not numbers.display

    def action_save(self) -> None:
        """Write the picture to a file."""

        def write(target: Path, _: bool) -> None:
            self.app.write_file(target, picture)

        picture = self.app.export_screenshot(title="Mynah")
        default = str(Path.home() / "mynah-graphs.svg")
        self._screen.ask_file("Save the graphs to which file?", "", default, write)


def _head(series: Series) -> Content:
    return Content.assemble((series.title, "bold"), (f"\n{series.figures()}", "$quiet"))


ROWS = 24
"""The number of moments in the table."""


def table(series: Sequence[Series], now: float) -> Content:
    """Return the newest values of every graph, a moment a line."""
    parts: list[Content | tuple[str, str]] = []
    for one in series:
        parts.append((f"{one.title}\n", "bold"))
        pairs = list(zip(one.times, one.values, strict=True))[-ROWS:]
        for at, value in reversed(pairs):
            parts.append((f"  {format.moment(at, now):<8} ", "$quiet"))
            parts.append(Content(f"{one.shown(value)}\n"))
    return Content.assemble(*parts)
