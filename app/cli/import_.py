"""Learns from files."""

import argparse
import asyncio
from pathlib import Path

from app.cli.connect import connect
from app.cli.output import Bar, print_json, say, size
from app.core.errors import UsageError
from app.core.paths import Home, find_home
from app.ipc import control
from app.ipc.wire import Params

NAME = "import"
HELP = "learn a server from files"

LABELS = {"import": "reading", "rebuild": "building the voice"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("guild", metavar="SERVER", help="name or Discord id")
    parser.add_argument("paths", metavar="PATH", nargs="+", help="file or directory")
    parser.add_argument(
        "--channel", metavar="NAME", help="channel for files that name none"
    )


def run(arguments: argparse.Namespace) -> int:
    """Import, with progress; return 64 if a file could not be read in full."""
    paths = [str(Path(path).expanduser().absolute()) for path in arguments.paths]
    request = control.Import(arguments.guild, paths, arguments.channel)
    counts = asyncio.run(_import(find_home(arguments.home), request))
    if arguments.json:
        print_json(counts)
    else:
        _tell(counts)
    for error in counts.errors:
        raise UsageError(
            f"{error.file}: {error.text}.", "Messages read so far are kept."
        )
    return 0


async def _import(home: Home, request: control.Import) -> control.ImportReply:
    bar = Bar()

    def show(progress: Params) -> None:
        if isinstance(progress, control.Progress):
            what = f"{progress.label}  {progress.note}".strip()
            label = f"{LABELS.get(progress.work, progress.work)}  {what}"
            rate = f"{size(progress.rate)}/s" if progress.unit == "bytes" else ""
            bar.show(label, progress.done, progress.total, rate)

    async with connect(home, show) as bot:
        try:
            return await bot.call(request)
        finally:
            bar.clear()


def _tell(counts: control.ImportReply) -> None:
    seconds = counts.seconds
    rate = counts.read / seconds if seconds else 0
    say(f"Learned {counts.added:,} messages of {counts.guild}.")
    say(
        f"  {counts.read:,} read, {counts.duplicates:,} already known,"
        f" {counts.filtered:,} left out, in {seconds:.1f} s ({rate:,.0f}/s)"
    )
    for reason, count in sorted(counts.reasons.items()):
        say(f"  {count:,} left out: {reason}")
    if "forgotten" in counts.reasons:
        say("  `mynah forget --undo` allows forgotten messages to be learned again.")
    if counts.added:
        say(f"Try it:  mynah say --guild '{counts.guild}' \"hello!\"")
