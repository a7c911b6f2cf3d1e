"""Small charts from block characters, without color or a library."""

from collections.abc import Callable, Mapping, Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

BLOCKS = " ▁▂▃▄▅▆▇█"


def columns(values: Sequence[float], height: int) -> list[str]:
    """Draw the values as columns, one line of text per row, the highest first."""
    top = max(values, default=0.0)
    if top <= 0:
        return [" " * len(values)] * (height - 1) + ["▁" * len(values)]
    eighths = [round(value / top * height * 8) for value in values]
    # Every value above zero must be visible.
    eighths = [
        max(1, n) if value > 0 else 0 for n, value in zip(eighths, values, strict=True)
    ]
    rows = range(height - 1, -1, -1)
    return [
        "".join(BLOCKS[max(0, min(8, number - 8 * row))] for number in eighths)
        for row in rows
    ]


def squeeze(values: Sequence[float], width: int) -> list[float]:
    """Sum or spread the values to `width` columns."""
    if not values or width <= 0:
        return []
    if len(values) <= width:
        return [values[at * len(values) // width] for at in range(width)]
    sums = [0.0] * width
    for index, value in enumerate(values):
        sums[index * width // len(values)] += value
    return sums


def course(values: Sequence[float], width: int) -> str:
    """Draw the values on a line of `width` columns, each with its highest value."""
    if not values or width <= 0:
        return ""
    (line,) = columns(peaks(values, width), 1)
    return line


def peaks(values: Sequence[float], width: int) -> list[float]:
    """Return the highest value of each of `width` columns."""
    if len(values) > width > 0:
        edges = [at * len(values) // width for at in range(width + 1)]
        values = [max(values[a:b]) for a, b in zip(edges, edges[1:], strict=False)]
    return squeeze(values, width)


class Peaks(Widget):
    """The highest values over time, in columns that stand on zero."""

    values: reactive[Sequence[float]] = reactive(())

    def render(self) -> Content:
        width, height = self.size
        shown = columns(peaks(self.values, width), height)
        return Content.styled("\n".join(shown), "$accent")


class Chart(Widget):
    """A titled chart; `unit` formats a value for people."""

    DEFAULT_CSS = """
    Chart { height: 1fr; width: 1fr; min-height: 4; }
    """

    def __init__(
        self, title: str, unit: Callable[[float], str], *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._title = title
        self._unit = unit


class Columns(Chart):
    """One series over time: its title, peak, columns and start."""

    _values: Sequence[float] = ()
    _span = ("", "")

    def show(self, values: Sequence[float], first: str, last: str) -> None:
        """Draw these values; `first` and `last` name the ends of the time."""
        self._values = values
        self._span = (first, last)
        self.refresh()

    def render(self) -> Content:
        width, height = self.size.width, max(1, self.size.height - 2)
        peak = max(self._values, default=0.0)
        total = sum(self._values)
        head = f"  {self._unit(total)}, peak {self._unit(peak)}"
        if not total:
            head = "  nothing yet"
        rows = columns(squeeze(self._values, width) or [0.0] * width, height)
        drawn = max(map(len, rows), default=0)
        first, last = self._span
        foot = first + last.rjust(max(0, drawn - len(first)))
        return Content.assemble(
            (self._title, "bold"),
            (head + "\n", "$quiet"),
            ("\n".join(rows) + "\n", "$accent"),
            (foot, "$quiet"),
        )


class Sparks(Chart):
    """Several series, one per line: name, course, present value."""

    _series: Mapping[str, Sequence[float]] = {}

    def show(self, series: Mapping[str, Sequence[float]]) -> None:
        """Draw these series; the last value that is not 0 is the present one."""
        self._series = series
        self.refresh()

    def render(self) -> Content:
        if not self._series:
            return Content.assemble((self._title, "bold"), ("  nothing yet", "$quiet"))
        label = max(map(len, self._series))
        room = max(4, self.size.width - label - 10)
        parts: list[Content | tuple[str, str] | str] = [(self._title, "bold")]
        for name, values in self._series.items():
            now = next((value for value in reversed(values) if value), 0.0)
            parts += [
                (f"\n{name:<{label}} ", "$quiet"),
                (course(values, room), "$accent"),
                f" {self._unit(now)}",
            ]
        return Content.assemble(*parts)
