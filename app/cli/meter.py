"""Shows whether a server's bot still sounds like its server."""

import argparse
import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from app.cli.connect import connect
from app.cli.output import bold, dim, print_json, say, write_styled
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc.control import Meter, MeteredWeek, MeterReply

NAME = "meter"
HELP = "show whether replies still sound like the server, week by week"

PERCENT = "{:.0%}".format
NUMBER = "{:.2f}".format
Row = tuple[str, Callable[[MeteredWeek], float | None], Callable[[float], str]]
ROWS: tuple[Row, ...] = (
    ("sounds like you", lambda week: week.alike, PERCENT),
    ("assistant-speak", lambda week: week.assistant, PERCENT),
    ("fits the conversation", lambda week: week.relevance, NUMBER),
    ("copied", lambda week: week.copied, PERCENT),
    ("said before", lambda week: week.repeated, PERCENT),
    ("ms per reply", lambda week: week.milliseconds, "{:.0f}".format),
    ("liked", lambda week: week.liked, str),
    ("disliked", lambda week: week.disliked, str),
    ("replies", lambda week: week.replies, str),
)
SHOWN = 6
"""Weeks that fit on a line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("--guild", metavar="SERVER", required=True)
    parser.add_argument("--weeks", type=int, default=12, help="how far back (12)")


def run(arguments: argparse.Namespace) -> int:
    """Measure the missing weeks, and print."""
    request = Meter(arguments.guild, arguments.weeks, anew=True)
    found = asyncio.run(_meter(find_home(arguments.home), request))
    if arguments.json:
        print_json(found)
    else:
        show(found)
    return 0


def show(found: MeterReply) -> None:
    """Print the weeks and the advice for people."""
    weeks = found.weeks[-SHOWN:]
    if not weeks:
        say("The bot has not replied there on Discord yet.")
        return
    days = (datetime.fromtimestamp(week.start, UTC) for week in weeks)
    write_styled(dim(_line("week of", [day.strftime("%d %b") for day in days])))
    for title, figure, unit in ROWS:
        values = [figure(week) for week in weeks]
        say(_line(title, ["–" if value is None else unit(value) for value in values]))
    if aspects := weeks[-1].aspects:
        listed = ", ".join(f"{name} {share:.0%}" for name, share in aspects.items())
        write_styled(dim(f"alike in {listed}"))
    for advice in found.advice:
        mark = "ALARM" if advice.is_alarm else "hint"
        finding = f"{bold(mark)}  {safe_line(advice.finding)}"
        write_styled(f"{finding}: {safe_line(advice.remedy)}")


def _line(title: str, values: Sequence[str]) -> str:
    return f"{title:20}" + "".join(f"{value:>9}" for value in values)


async def _meter(home: Home, request: Meter) -> MeterReply:
    async with connect(home) as bot:
        return await bot.call(request)
