"""Shows tokens, costs and data that left the computer."""

import argparse
import asyncio
from collections import defaultdict
from datetime import datetime
from typing import Any

from app.cli.connect import connect
from app.cli.output import bold, dim, print_json, say, size, write_styled
from app.core.paths import Home, find_home
from app.ipc import control

NAME = "usage"
HELP = "show tokens, cost and what left this computer"

SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("--days", type=int, default=31, help="how far back (31)")


def run(arguments: argparse.Namespace) -> int:
    """Show them."""
    usage = asyncio.run(_usage(find_home(arguments.home), arguments.days))
    if arguments.json:
        print_json(usage)
    else:
        show(usage)
    return 0


def show(usage: dict[str, Any]) -> None:
    """Print the bill for people."""
    for span, budget in (("today", "daily_budget"), ("month", "monthly_budget")):
        limit = f" of ${usage[budget]:.2f}" if usage[budget] else ""
        say(f"{span.capitalize():6} ${usage[span]:.4f}{limit}")
    if not usage["days"]:
        say("Nothing has left this computer.")
        return
    for name in ("guild", "model"):
        write_styled("\n" + bold(f"By {'server' if name == 'guild' else name}"))
        for label, rows in _grouped(usage["days"], name).items():
            say(f"  {label:24} {_sums(rows)}")
    write_styled("\n" + bold("By day"))
    for label, rows in list(_grouped(usage["days"], "day").items())[:SHOWN]:
        say(f"  {label:24} {_sums(rows)}")
    write_styled("\n" + bold("What left this computer last"))
    for one in usage["sent"][:SHOWN]:
        at = datetime.fromtimestamp(one["at"]).strftime("%Y-%m-%d %H:%M:%S")
        reply = f"for reply {one['reply']}" if one["reply"] else ""
        say(f"  {at}  {one['host']:20} {size(one['bytes_sent']):>8}  {reply}")
    write_styled("\n" + dim(f"Prices of {usage['prices_date']}."))


def _grouped(days: list[dict[str, Any]], name: str) -> dict[str, list[dict[str, Any]]]:
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for day in days:
        groups[day[name] or "–"].append(day)
    return groups


def _sums(rows: list[dict[str, Any]]) -> str:
    def total(name: str) -> float:
        return float(sum(row[name] for row in rows))

    return (
        f"{total('calls'):6,.0f} calls {total('prompt_tokens'):10,.0f} read"
        f" {total('completion_tokens'):8,.0f} written  ${total('cost'):.4f}"
        f"  {size(total('bytes_sent')):>8} sent"
    )


async def _usage(home: Home, days: int) -> dict[str, Any]:
    async with connect(home) as bot:
        return await bot.call(control.UsageReport(days))
