"""Taking a server's messages along."""

import argparse
import asyncio
from pathlib import Path

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.ipc import control
from app.paths import Home, find_home

NAME = "export"
HELP = "write a server's messages to a file in the interchange format"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("--guild", metavar="SERVER", required=True)
    parser.add_argument("--to", metavar="FILE", required=True)


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    target = str(Path(arguments.to).expanduser().absolute())
    request = control.Export(arguments.guild, target)
    done = asyncio.run(_export(find_home(arguments.home), request))
    if arguments.json:
        print_json(done)
    else:
        say(f"Wrote {done['messages']:,} messages to {done['file']}.")
    return 0


async def _export(home: Home, request: control.Export) -> dict[str, object]:
    async with connect(home) as bot:
        return await bot.call(request)
