"""The meter: the bot's likeness to its server, week by week."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from app.core.safe_text import safe_line
from app.ipc.control import Meter, MeterAdvice, MeteredWeek, MeterReply
from app.tui import format
from app.tui.panes.base import Pane
from app.tui.screens.home.home_charts import reply_time
from app.tui.widgets.charts import columns

WEEKS = 12
BEFORE = 4
"""The number of earlier weeks in the mean for a trend."""


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _of_relevance(value: float) -> str:
    """Rescale an AUC, where 0.5 means chance."""
    return f"{max(0.0, 2 * value - 1):.0%}"


@dataclass(frozen=True)
class Figure:
    """One line of the meter."""

    title: str
    of: Callable[[MeteredWeek], float | None]
    unit: Callable[[float], str]
    is_better: int
    """1 when more is better, -1 when less is, 0 when neither."""
    step: float
    """The least change that counts."""


FIGURES = (
    Figure("sounds like you", lambda week: week.alike, _percent, 1, 0.03),
    Figure("assistant-speak", lambda week: week.assistant, _percent, -1, 0.03),
    Figure(
        "fits the conversation", lambda week: week.relevance, _of_relevance, 1, 0.03
    ),
    Figure("copied from one message", lambda week: week.copied, _percent, -1, 0.03),
    Figure("said before", lambda week: week.repeated, _percent, -1, 0.03),
    Figure("reply time", lambda week: week.milliseconds, reply_time, -1, 50.0),
    Figure("liked", lambda week: week.liked, format.count, 1, 1.0),
    Figure("disliked", lambda week: week.disliked, format.count, -1, 1.0),
    Figure("replies", lambda week: week.replies, format.count, 0, 1.0),
)


class MeterPane(Pane):
    """One line per figure with its course, and advice below."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("m", "anew", "Measure now")]

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static("", id="meter-figures", markup=False)
            yield Static("", id="meter-aspects", markup=False)
            yield Static("", id="meter-advice", markup=False)

    def reload(self) -> None:
        self._ask(anew=False)

    def action_anew(self) -> None:
        """Compute this week's figures now."""
        self._ask(anew=True)

    def _ask(self, *, anew: bool) -> None:
        request = Meter(self.guild.key, WEEKS, anew)
        self.mynah.request(request, self._show)

    def _show(self, reply: MeterReply) -> None:
        weeks = reply.weeks
        self.query_one("#meter-figures", Static).update(_figures(weeks))
        self.query_one("#meter-aspects", Static).update(_aspects(weeks))
        advice = _advice(reply.advice, has_weeks=bool(weeks))
        self.query_one("#meter-advice", Static).update(advice)


def _figures(weeks: list[MeteredWeek]) -> Content:
    if not weeks:
        return Content.styled(
            "The bot has not replied on Discord yet. Figures need a week of replies.",
            "$quiet",
        )
    newest = weeks[-1].start
    first, last = (format.day(week.start, newest) for week in (weeks[0], weeks[-1]))
    head = f"{'':25}{f'{first} – {last}':<{WEEKS + 8}}"
    lines = [Content.styled(f"{head}this week", "$quiet")]
    lines += [_line(figure, weeks) for figure in FIGURES]
    return Content("\n").join(lines)


def _line(figure: Figure, weeks: list[MeteredWeek]) -> Content:
    values = [figure.of(week) for week in weeks]
    (course,) = columns([float(value or 0) for value in values], 1)
    now = values[-1]
    shown = "–" if now is None else figure.unit(float(now))
    return Content.assemble(
        (f"{figure.title:<25}", "bold"),
        (f"{course:<{WEEKS + 8}}", "$accent"),
        f"{shown:<10}",
        _trend(figure, values),
    )


def _trend(figure: Figure, values: Sequence[float | None]) -> tuple[str, str]:
    """Return an arrow and a word that compare this week with earlier weeks."""
    *before, now = values
    known = [value for value in before[-BEFORE:] if value is not None]
    if now is None or not known:
        return ("", "$quiet")
    change = now - sum(known) / len(known)
    if abs(change) < figure.step:
        return ("≈ as before", "$quiet")
    arrow, word = ("▲", "more") if change > 0 else ("▼", "less")
    if not figure.is_better:
        return (f"{arrow} {word}", "$quiet")
    is_good = change * figure.is_better > 0
    judged = "better" if is_good else "worse"
    return (f"{arrow} {judged}", "$success" if is_good else "$warning")


def _aspects(weeks: list[MeteredWeek]) -> Content:
    aspects = weeks[-1].aspects if weeks else {}
    if not aspects:
        return Content("")
    lines = [Content.styled("\nLikeness in", "bold")]
    for name, share in aspects.items():
        bar = format.bar(share, 20)
        lines.append(
            Content.assemble(
                (f"  {safe_line(name):<14}", "$quiet"),
                (bar, "$accent"),
                f" {share:.0%}",
            )
        )
    return Content("\n").join(lines)


def _advice(advice: list[MeterAdvice], *, has_weeks: bool) -> Content:
    if not advice:
        calm = "\nNothing to change: it sounds like your server." if has_weeks else ""
        return Content.styled(calm, "$success")
    lines = []
    for one in advice:
        mark, style = ("▲ Alarm: ", "bold $error") if one.is_alarm else ("● ", "")
        lines.append(
            Content.assemble(
                (f"\n{mark}", style),
                safe_line(one.finding),
                (f"\n   → {safe_line(one.remedy)}", "$accent"),
            )
        )
    return Content("\n").join(lines)
