"""Shows tokens, costs and data that left the computer."""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from app.cli.connect import connect
from app.cli.output import bold, dim, print_json, say, size, write_styled
from app.core.labels import PLACES
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


def show(usage: control.UsageReply) -> None:
    """Print the bill for people."""
    for span, spent, budget in (
        ("Today", usage.today, usage.daily_budget),
        ("Month", usage.month, usage.monthly_budget),
    ):
        limit = f" of ${budget:.2f}" if budget else ""
        say(f"{span:6} ${spent:.4f}{limit}")
    if not usage.days:
        say("Nothing has left this computer.")
        return
    servers = _grouped((day.guild, day) for day in usage.days)
    models = _grouped((_model(day), day) for day in usage.days)
    for name, groups in (("server", servers), ("model", models)):
        write_styled("\n" + bold(f"By {name}"))
        for label, rows in groups.items():
            say(f"  {label:24} {_sums(rows)}")
    write_styled("\n" + bold("By day"))
    days = _grouped((day.day, day) for day in usage.days)
    for label, rows in list(days.items())[:SHOWN]:
        say(f"  {label:24} {_sums(rows)}")
    title = "The latest requests that left this computer"
    write_styled(
        "\n" + bold(title if usage.sent else "Nothing has left this computer.")
    )
    for one in usage.sent[:SHOWN]:
        at = datetime.fromtimestamp(one.at).strftime("%Y-%m-%d %H:%M:%S")
        reply = f"for reply {one.reply}" if one.reply else ""
        say(f"  {at}  {one.host:20} {size(one.bytes_sent):>8}  {reply}")
    write_styled("\n" + dim(f"Prices of {usage.prices_date}."))


def _model(day: control.UsageDay) -> str:
    """Name a model, and where it is unless that is the cloud."""
    is_cloud = day.reach == "cloud"
    return day.model if is_cloud else f"{day.model} ({PLACES[day.reach]})"


def _grouped(
    days: Iterable[tuple[str | None, control.UsageDay]],
) -> dict[str, list[control.UsageDay]]:
    groups: defaultdict[str, list[control.UsageDay]] = defaultdict(list)
    for name, day in days:
        groups[name or "–"].append(day)
    return groups


def _sums(rows: list[control.UsageDay]) -> str:
    return (
        f"{sum(row.calls for row in rows):6,} calls"
        f" {sum(row.prompt_tokens for row in rows):10,} read"
        f" {sum(row.completion_tokens for row in rows):8,} written"
        f"  ${sum(row.cost for row in rows):.4f}"
        f"  {size(_left(rows)):>8} sent"
    )


def _left(rows: list[control.UsageDay]) -> int:
    """Count the bytes that went to a host that is not the owner's."""
    return sum(row.bytes_sent for row in rows if row.reach == "cloud")


async def _usage(home: Home, days: int) -> control.UsageReply:
    async with connect(home) as bot:
        return await bot.call(control.UsageReport(days))
