"""Learns from files."""

import argparse
import asyncio
from collections.abc import Sequence
from typing import TypeVar

from app.cli.connect import connect
from app.cli.output import Bar, complain, print_json, say, size
from app.core.errors import UsageError
from app.core.labels import many
from app.core.names import typed_path, wire_name
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.control import PassedOver, UnreadFile
from app.ipc.wire import Params, Request

R = TypeVar("R")

NAME = "import"
HELP = "learn a server from files"

LABELS = {
    "import": "reading",
    "preview": "looking",
    "rebuild": "building the voice",
}

FORMATS = (
    "jsonl", "telegram", "matrix", "slack", "tracker-text", "package", "dce",
    "training", "package-csv", "csv", "dce-html", "dce-text", "tracker", "whatsapp",
    "irc", "text",
)  # fmt: skip

MOST_CHANNELS = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("guild", metavar="SERVER", help="name or Discord id")
    parser.add_argument("paths", metavar="PATH", nargs="+", help="file or directory")
    parser.add_argument(
        "--channel", metavar="NAME", help="channel for files that name none"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be learned, and stop"
    )
    parser.add_argument(
        "--as",
        dest="as_format",
        metavar="FORMAT",
        choices=FORMATS,
        help=f"read every file as this format: {', '.join(FORMATS)}",
    )
    parser.add_argument(
        "--dates",
        choices=("dmy", "mdy"),
        help="day or month first, where the dates don't show it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Import, with progress; return 64 if a file could not be read in full."""
    paths = [wire_name(typed_path(path)) for path in arguments.paths]
    words = (arguments.guild, paths, arguments.channel)
    how = (arguments.as_format, arguments.dates)
    home = find_home(arguments.home)
    if arguments.dry_run:
        found = asyncio.run(_call(home, control.ImportPreview(*words, *how)))
        _print_preview(found, is_json=arguments.json)
        return _complain_about(found.errors)
    counts = asyncio.run(_call(home, control.Import(*words, *how)))
    if arguments.json:
        print_json(counts)
    else:
        _tell(counts)
    return _complain_about(counts.errors)


async def _call(home: Home, request: Request[R]) -> R:
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


def _complain_about(errors: Sequence[UnreadFile]) -> int:
    """Print every fault on a line of its own; return the exit code."""
    for error in errors:
        complain(UsageError(f"{error.file}: {error.text}."))
    return UsageError.exit_code if errors else 0


def _tell(counts: control.ImportReply) -> None:
    seconds = counts.seconds
    rate = counts.read / seconds if seconds else 0
    say(f"Learned {many(counts.added, 'message')} of {counts.guild}.")
    refused = f", {counts.refused:,} unreadable" if counts.refused else ""
    say(
        f"  {counts.read:,} read, {counts.duplicates:,} already known,"
        f" {counts.filtered:,} left out{refused}, in {seconds:.1f} s ({rate:,.0f}/s)"
    )
    for reason, count in sorted(counts.reasons.items()):
        say(f"  {count:,} left out: {reason}")
    if "forgotten" in counts.reasons:
        say("  `mynah forget --undo` allows forgotten messages to be learned again.")
    _tell_files(counts.passed_over, counts.notes)
    if counts.added and counts.errors:
        say("  Messages read before an error are kept.")
    if counts.added:
        say(f"Try it:  mynah say --guild '{counts.guild}' \"hello!\"")


def _tell_files(passed_over: Sequence[PassedOver], notes: Sequence[str]) -> None:
    for files in passed_over:
        number = many(files.count, "file")
        say(f"  {number} passed over: {files.reason}, such as {files.example}")
    for note in notes:
        say(f"  Note: {note.removesuffix('.')}.")


def _print_preview(found: control.ImportPreviewReply, *, is_json: bool) -> None:
    if is_json:
        print_json(found)
        return
    for server in found.servers:
        say(f"{safe_line(server.in_words())}.")
        for channel in server.channels[:MOST_CHANNELS]:
            say(f"  {channel.count:>10,}  {channel.text}")
        if len(server.channels) > MOST_CHANNELS:
            say(f"  and {len(server.channels) - MOST_CHANNELS} more channels")
    if found.refused:
        say(f"  {found.refused:,} unreadable")
    for reason, count in sorted(found.reasons.items()):
        say(f"  {count:,} left out: {reason}")
    _tell_files(found.passed_over, found.notes)
    say("Nothing was learned: this was a dry run.")
