"""Explains a reply in bars: writer, time, sources and skipped providers."""

from collections.abc import Callable, Mapping, Sequence

from textual.content import Content

from app.core.explanation import RungOutcome
from app.core.safe_text import safe_line
from app.ipc.control import SayReply
from app.tui import format

AT_ONCE = 0.95
"""A text whose first token took this much of the whole time was not written as it
came: of several candidates, the best one is shown when all are written."""


def summary(reply: SayReply) -> str:
    """Return one line below a reply, from the result of `Say`."""
    ms = reply.ms
    parts = [f"{reply.mode} by {reply.provider}{format.at(reply.host, reply.reach)}"]
    total, first = ms.get("total", 0.0), ms.get("first_token", 0.0)
    if total:
        parts.append(format.seconds(total / 1000))
    if 0 < first <= AT_ONCE * total:
        parts.append(f"first word {format.seconds(first / 1000)}")
    if sources := reply.sources:
        parts.append(f"{len(sources)} source" + "s" * (len(sources) > 1))
    if reply.cost:
        parts.append(format.money(reply.cost))
    return " · ".join(parts)


def skipped(
    rungs: Sequence[RungOutcome], remedy: Callable[[str], str] = str
) -> list[str]:
    """Return the reason of each rung that did not answer.

    Args:
        remedy: Returns a reason as the screens show it.
    """
    return [
        safe_line(f"{rung.provider} {rung.outcome}: {remedy(rung.reason)}")
        for rung in rungs
        if rung.reason
    ]


def timeline(timings: dict[str, float], width: int) -> list[Content]:
    """Draw one bar per stage, scaled to the whole, in the order they ran."""
    total = timings.get("total") or sum(timings.values()) or 1.0
    stages = {
        name.replace("_", " "): ms for name, ms in timings.items() if name != "total"
    }
    return bars(stages, total, width, "ms")


def bars(
    parts: Mapping[str, float], total: float, width: int, unit: str
) -> list[Content]:
    """Draw one bar per part, scaled to the whole."""
    label = max(map(len, parts), default=0)
    lines = []
    for name, amount in parts.items():
        share = min(1.0, amount / total)
        cells = max(1, round(share * max(4, width - label - 10 - len(unit))))
        lines.append(
            Content.assemble(
                (f"{name:<{label}}  ", "$quiet"),
                ("━" * cells, "$accent"),
                f" {amount:,.0f} {unit}",
            )
        )
    return lines


def quote(name: str, text: str, run: str = "") -> Content:
    """Show a source message, with the used words in bold."""
    line = safe_line(text)
    at = line.find(run) if run else -1
    who = (f"  {name}", "$quiet")
    if at < 0:
        return Content.assemble(("“", "$quiet"), line, ("”", "$quiet"), who)
    end = at + len(run)
    body: list[str | tuple[str, str]] = [
        line[:at],
        (line[at:end], "bold $accent"),
        line[end:],
    ]
    return Content.assemble(("“", "$quiet"), *body, ("”", "$quiet"), who)
