"""Exports a server's messages."""

import argparse
import asyncio
from typing import TypeVar

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.cli.tune import show_counts
from app.core.names import typed_path
from app.core.paths import Home, find_home
from app.ipc import control
from app.ipc.wire import Request

R = TypeVar("R")

NAME = "export"
HELP = "write a server's messages to a file in the interchange format"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("--guild", metavar="SERVER", required=True)
    parser.add_argument("--to", metavar="FILE", required=True)
    parser.add_argument(
        "--format",
        choices=("jsonl", "json", "html"),
        default="jsonl",
        help="jsonl: one file; json or html: a file per channel, --to is a directory",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace files that already exist"
    )
    parser.add_argument(
        "--for-tuning",
        action="store_true",
        help="write tuning examples from members who agreed; --to is a directory",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    target = str(typed_path(arguments.to).absolute())
    home = find_home(arguments.home)
    if arguments.for_tuning:
        examples = _call(
            home, control.ExportTuning(arguments.guild, target, arguments.overwrite)
        )
        if arguments.json:
            print_json(examples)
        else:
            show_counts(examples)
            say(f"Wrote {', '.join(examples.files)}.")
        return 0
    how = (arguments.format, arguments.overwrite)
    done = _call(home, control.Export(arguments.guild, target, *how))
    if arguments.json:
        print_json(done)
    else:
        say(f"Wrote {done.messages:,} messages to {done.file}.")
    return 0


def _call(home: Home, request: Request[R]) -> R:
    async def call() -> R:
        async with connect(home) as bot:
            return await bot.call(request)

    return asyncio.run(call())
