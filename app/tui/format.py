"""Numbers, times and sizes in readable form."""

import math
import time
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from app.core.labels import PLACES
from app.core.safe_text import safe_line
from app.core.time_units import DAY_SECONDS
from app.tui.event_buffer import is_finishing

if TYPE_CHECKING:
    from app.ipc.control import Progress, StatusReply

WHOLE, LONGEST_NAME = 300, 100
"""The width from which no name is cut, so that words find all; Discord's longest."""

MATURE_MESSAGES = 20_000
"""The number of messages from which a voice rarely lacks a continuation."""

SIGNS = {"markov": "○", "local": "◆"}
"""A provider's sign, shown beside its name."""

HOST_SIGN = "◇"
"""The sign of every other writer, which is a host."""


def sign(provider: str) -> str:
    """Return a provider's sign."""
    return SIGNS.get(provider, HOST_SIGN)


def count(number: float) -> str:
    """Format a count: 950, 12.4 k, 3.1 M."""
    for limit, unit in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if number >= limit:
            scale = 1e3 if unit == " k" else limit
            return f"{number / scale:.1f}{unit}"
    return f"{number:,.0f}"


def many(number: int, noun: str) -> str:
    """Format a count with its noun: 1 reply, 2,140 replies."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{count(number)} {noun if number == 1 else plural}"


def size(number: float) -> str:
    """Format bytes: 640 B, 12 KB, 93.8 MB, 1.2 GB."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
        if number >= limit:
            shown = number / limit
            return f"{shown:.0f} {unit}" if shown >= 100 else f"{shown:.1f} {unit}"
    return f"{number:.0f} B"


def pace(job: "Progress") -> str:
    """Tell how fast work goes on: 8.3 MB/s, 310/s, paused, finishing; or nothing."""
    if job.paused:
        return "paused"
    if is_finishing(job):
        return "finishing"
    if not job.rate:
        return ""
    return f"{size(job.rate) if job.unit == 'bytes' else count(job.rate)}/s"


def seconds(number: float) -> str:
    """Format seconds: 0.84 s, 12 s, 3 min, 2 h 5 min."""
    if number < 10:
        return f"{number:.2f} s"
    if number < 90:
        return f"{number:.0f} s"
    minutes = round(number / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def answer_time(number: float) -> str:
    """Format an estimated time: 0.5 s, 12 s."""
    return f"{number:.1f} s" if number < 10 else seconds(number)


def rest(number: float) -> str:
    """Format the seconds that are left, a guess: 2 s, 12 s, 3 min."""
    return f"{number:.0f} s" if number < 10 else seconds(number)


def money(dollars: float) -> str:
    """Format dollars: $0, $0.0042, $1.20, with enough digits for small sums."""
    if dollars == 0:
        return "$0"
    return f"${dollars:.4f}" if dollars < 0.01 else f"${dollars:.2f}"


def ends(text: str, width: int) -> Content:
    """Return a name as wide as that; of a long one both ends, by which names differ."""
    left_out = "…"
    begin, end = text[: width // 3], text
    while cell_len(begin + left_out + end) > width:
        end = end[1:]
    shown = text if cell_len(text) <= width else begin + left_out + end
    return Content(shown).truncate(width, pad=True)


def model_name(name: str) -> str:
    """Return a model's short name: of a path, only the file."""
    return name.replace("\\", "/").rpartition("/")[2] or "no model"


def at(host: str, reach: str) -> str:
    """Return the host behind a provider, and where that is; empty without one."""
    return f" at {safe_line(host)} ({where(reach)})" if host else ""


def place(status: "StatusReply | None", host: str = "") -> str:
    """Return a host, and where it is; without a status, the model here is meant.

    Args:
        host: Its name, which stands for its address unless the status is about it.
    """
    if status is None:
        return where("here")
    cloud = status.cloud
    name = safe_line(host if host not in ("", cloud.name) else cloud.host)
    reach = reach_of(status, host or cloud.name)
    return f"{name}, {where(reach)}" if reach else name


def reach_of(status: "StatusReply", host: str) -> str:
    """Return the place of a host, by name; empty if it is not known."""
    if host == status.cloud.name:
        return status.cloud.reach
    return status.reaches.get(host, "")


def first_host(status: "StatusReply | None", provider: str) -> str:
    """Return the first host in the places of a model, or else that of the status."""
    if status is None:
        return "openai"
    names = (name for name in provider.split(", ") if name in status.hosts)
    return next(names, status.cloud.name)


def where(reach: str) -> str:
    """Return a host's place in words."""
    return PLACES.get(reach, reach)


def lacks_key(status: "StatusReply | None") -> bool:
    """Tell if requests to the host would fail for want of its key."""
    if status is None:
        return True
    cloud = status.cloud
    has_key = cloud.has_key or (cloud.name == "openai" and status.has_openai_key)
    return cloud.needs_key and not has_key


def clock(epoch_seconds: float) -> str:
    """Format hours and minutes in the owner's time zone."""
    return time.strftime("%H:%M", time.localtime(epoch_seconds))


def day(epoch_seconds: float, now: float | None = None) -> str:
    """Format day and month in the owner's time zone, or the month of another year.

    Args:
        now: The time that tells which year it is; by default it is not said.
    """
    when = time.localtime(epoch_seconds)
    is_told = now is not None and when.tm_year != time.localtime(now).tm_year
    return time.strftime("%b %Y" if is_told else "%d %b", when)


def date(epoch_seconds: float) -> str:
    """Format a whole date in the owner's time zone: Tuesday, 14 November 2023."""
    when = time.localtime(epoch_seconds)
    return f"{time.strftime('%A', when)}, {when.tm_mday} {time.strftime('%B %Y', when)}"


def moment(epoch_seconds: float, now: float) -> str:
    """Format today's time, or an earlier day; eight cells at most."""
    if day(epoch_seconds) == day(now) and abs(now - epoch_seconds) < DAY_SECONDS:
        return clock(epoch_seconds)
    return day(epoch_seconds, now)


def percent(share: float) -> str:
    """Format a share: 2 %, 0.5 %."""
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"


def maturity(messages: int) -> float:
    """Return a voice's maturity, from 0 to 1; each tenfold counts the same."""
    if messages <= 0:
        return 0.0
    return min(1.0, math.log1p(messages) / math.log1p(MATURE_MESSAGES))


def maturity_words(messages: int) -> str:
    """Describe the maturity of a voice with that many messages."""
    steps = (
        (0, "has heard nothing yet"),
        (200, "mostly listening"),
        (2_000, "finding its words"),
        (MATURE_MESSAGES, "speaks like you"),
    )
    for limit, words in steps:
        if messages <= limit:
            return words
    return "knows you well"


def done(job: "Progress") -> float:
    """Return the share of work that is done, in whole percents; 1 at its end alone."""
    percents = 100 * job.done // job.total if job.total else 0
    return min(percents, 100) / 100


def bar(share: float, width: int) -> str:
    """Draw a bar of `width` cells, filled from the left."""
    filled = round(max(0.0, min(1.0, share)) * width)
    return "━" * filled + "─" * (width - filled)
