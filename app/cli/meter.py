"""Shows whether a server's bot still sounds like its server."""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.cli.connect import connect
from app.cli.output import bold, dim, print_json, say, write_styled
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc import control

NAME = "meter"
HELP = "show whether replies still sound like the server, week by week"

PERCENT = "{:.0%}".format
NUMBER = "{:.2f}".format
ROWS = (
    ("sounds like you", "alike", PERCENT),
    ("assistant-speak", "assistant", PERCENT),
    ("fits the conversation", "relevance", NUMBER),
    ("copied", "copied", PERCENT),
    ("said before", "repeated", PERCENT),
    ("ms per reply", "milliseconds", "{:.0f}".format),
    ("liked", "liked", str),
    ("disliked", "disliked", str),
    ("replies", "replies", str),
)
SHOWN = 6
"""Weeks that fit on a line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("--guild", metavar="SERVER", required=True)
    parser.add_argument("--weeks", type=int, default=12, help="how far back (12)")


def run(arguments: argparse.Namespace) -> int:
    """Measure the missing weeks, and print."""
    request = control.Meter(arguments.guild, arguments.weeks, anew=True)
    found = asyncio.run(_meter(find_home(arguments.home), request))
    if arguments.json:
        print_json(found)
    else:
        show(found)
    return 0


def show(found: dict[str, Any]) -> None:
    """Print the weeks and the advice for people."""
    weeks: list[dict[str, Any]] = found["weeks"][-SHOWN:]
    if not weeks:
        say("The bot has not replied there on Discord yet.")
        return
    days = (datetime.fromtimestamp(week["start"], UTC) for week in weeks)
    write_styled(dim(_line("week of", [day.strftime("%d %b") for day in days])))
    for title, key, unit in ROWS:
        values = [week.get(key) for week in weeks]
        say(_line(title, ["–" if value is None else unit(value) for value in values]))
    aspects: dict[str, float] = weeks[-1].get("aspects", {})
    if aspects:
        listed = ", ".join(f"{name} {share:.0%}" for name, share in aspects.items())
        write_styled(dim(f"alike in {listed}"))
    for advice in found["advice"]:
        mark = "ALARM" if advice["is_alarm"] else "hint"
        finding = f"{bold(mark)}  {safe_line(advice['finding'])}"
        write_styled(f"{finding}: {safe_line(advice['remedy'])}")


def _line(title: str, values: Sequence[str]) -> str:
    return f"{title:20}" + "".join(f"{value:>9}" for value in values)


async def _meter(home: Home, request: control.Meter) -> dict[str, Any]:
    async with connect(home) as bot:
        return await bot.call(request)
