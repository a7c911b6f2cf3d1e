"""A self-contained HTML page of tables and plots."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 260
LEFT, BOTTOM, TOP = 52, 46, 16
COLOURS = ("#d08a1d", "#3d6fb4", "#5a9a5a", "#a04a7d", "#777")
TICKS = 4

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
       padding: 0 1rem; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; }
.note { color: #666; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #16181d; } th, td { border-color: #333; }
  svg text { fill: #ccc; } .note { color: #999; }
}
"""


@dataclass(frozen=True)
class Bars:
    """Groups of bars, with one value per series in each group."""

    title: str
    groups: Sequence[str]
    series: Mapping[str, Sequence[float]]
    line: float | None = None
    """A target, drawn as a line across."""
    top: float | None = None
    """Highest value of the axis; None takes the largest bar's."""


@dataclass(frozen=True)
class Lines:
    """Curves over the same places, on a logarithmic axis."""

    title: str
    places: Sequence[str]
    series: Mapping[str, Sequence[float]]


def document(title: str, parts: Sequence[str]) -> str:
    """Return the whole page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{''.join(parts)}</body></html>\n"
    )


def heading(text: str, note: str = "") -> str:
    """Return a heading with a sentence about its section."""
    said = f'<p class="note">{escape(note)}</p>' if note else ""
    return f"<h2>{escape(text)}</h2>{said}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose first column is a name."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def bars(plot: Bars) -> str:
    """Return the plot as inline SVG."""
    values = [value for row in plot.series.values() for value in row]
    top = plot.top or max([*values, plot.line or 0.0, 1e-9]) * 1.08
    wide = (WIDTH - LEFT) / max(len(plot.groups), 1)
    bar = wide * 0.8 / max(len(plot.series), 1)
    parts = [_axis(top * step / TICKS, top) for step in range(TICKS + 1)]
    for number, row in enumerate(plot.series.values()):
        for group, value in enumerate(row):
            x = LEFT + group * wide + wide * 0.1 + number * bar
            y = _height(value, top)
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{bar * 0.92:.1f}"'
                f' height="{HEIGHT - BOTTOM - y:.1f}" fill="{_colour(number)}">'
                f"<title>{value:.3g}</title></rect>"
            )
    if plot.line is not None:
        y = _height(plot.line, top)
        parts.append(_rule(y, "#c33", dashed=True))
    parts += _names(plot.groups, wide)
    return _figure(plot.title, parts, list(plot.series))


def lines(plot: Lines) -> str:
    """Return the curves as inline SVG, without values of 0 or below."""
    values = [value for row in plot.series.values() for value in row if value > 0]
    low, high = math.log(min(values)), math.log(max(values))
    room = max(high - low, 1e-9)
    wide = (WIDTH - LEFT) / max(len(plot.places), 1)
    parts = []
    for step in range(TICKS + 1):
        value = math.exp(low + room * step / TICKS)
        parts += [
            _rule(_height(step / TICKS, 1.0), "#8884"),
            _label(value, _height(step / TICKS, 1.0)),
        ]
    for number, row in enumerate(plot.series.values()):
        spots = [
            (LEFT + wide * (place + 0.5), _height((math.log(value) - low) / room, 1.0))
            for place, value in enumerate(row)
            if value > 0
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{_colour(number)}"'
            ' stroke-width="2"/>'
        )
    parts += _names(plot.places, wide)
    return _figure(plot.title, parts, list(plot.series))


def _figure(title: str, parts: Sequence[str], names: Sequence[str]) -> str:
    legend, x = [], float(LEFT)
    for number, name in enumerate(names):
        legend.append(
            f'<rect x="{x:.0f}" y="{HEIGHT - 12}" width="10" height="10"'
            f' fill="{_colour(number)}"/>'
            f'<text x="{x + 14:.0f}" y="{HEIGHT - 3}" fill="currentColor">'
            f"{escape(name)}</text>"
        )
        x += 30 + 7.5 * len(name)
    return (
        f"<h3>{escape(title)}</h3>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img"'
        f' aria-label="{escape(title, quote=True)}">{"".join([*parts, *legend])}</svg>'
    )


def _names(names: Sequence[str], wide: float) -> list[str]:
    return [
        f'<text x="{LEFT + wide * (number + 0.5):.1f}" y="{HEIGHT - BOTTOM + 16}"'
        f' text-anchor="middle" fill="currentColor">{escape(name)}</text>'
        for number, name in enumerate(names)
    ]


def _axis(value: float, top: float) -> str:
    y = _height(value, top)
    return _rule(y, "#8884") + _label(value, y)


def _label(value: float, y: float) -> str:
    shown = f"{value:.0f}" if value >= 10 else f"{value:.2g}"
    return (
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end"'
        f' fill="currentColor">{shown}</text>'
    )


def _rule(y: float, colour: str, *, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return (
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"'
        f' stroke="{colour}"{dash}/>'
    )


def _height(value: float, top: float) -> float:
    share = min(max(value / top, 0.0), 1.0)
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
