"""Taking a server's messages along."""

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
        help="examples for tuning a model, of members who agreed; --to is a directory",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    target = str(Path(arguments.to).expanduser().absolute())
    home = find_home(arguments.home)
    if arguments.for_tuning:
        examples = asyncio.run(_export_tuning(home, arguments.guild, target))
        if arguments.json:
            print_json(examples)
        else:
            show_counts(examples)
            say(f"Wrote {', '.join(examples.files)}.")
        return 0
    done = asyncio.run(_export(home, control.Export(arguments.guild, target)))
    if arguments.json:
        print_json(done)
    else:
        say(f"Wrote {done['messages']:,} messages to {done['file']}.")
    return 0


async def _export_tuning(
    home: Home, guild: str, target: str
) -> control.ExportTuningReply:
    async with connect(home) as bot:
        return await bot.call(control.ExportTuning(guild, target))


async def _export(home: Home, request: control.Export) -> dict[str, Any]:
    async with connect(home) as bot:
        return await bot.call(request)
