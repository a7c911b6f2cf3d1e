"""Exports a server's messages."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.cli.tune import show_counts
from app.core.paths import Home, find_home
from app.ipc import control

NAME = "export"
HELP = "write a server's messages to a file in the interchange format"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("--guild", metavar="SERVER", required=True)
    parser.add_argument("--to", metavar="FILE", required=True)
    parser.add_argument(
        "--for-tuning",
        action="store_true",
        help="write tuning examples from members who agreed; --to is a directory",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    target = str(Path(arguments.to).expanduser().absolute())
    kind = control.ExportTuning if arguments.for_tuning else control.Export
    request = kind(arguments.guild, target)
    done = asyncio.run(_export(find_home(arguments.home), request))
    if arguments.json:
        print_json(done)
    elif arguments.for_tuning:
        show_counts(done)
        say(f"Wrote {', '.join(done['files'])}.")
    else:
        say(f"Wrote {done['messages']:,} messages to {done['file']}.")
    return 0


async def _export(
    home: Home, request: control.Export | control.ExportTuning
) -> dict[str, Any]:
    async with connect(home) as bot:
        return await bot.call(request)
