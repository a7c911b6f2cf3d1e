"""A backup of the whole home."""

import argparse
import asyncio

from app.cli.connect import connect
from app.cli.output import print_json, say, size
from app.core.names import typed_path
from app.core.paths import Home, find_home
from app.ipc import control

NAME = "backup"
HELP = "write the whole home to one file, even while the bot runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("file", metavar="FILE", help="a name that ends in .zip")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace a file that already exists"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the backup."""
    target = str(typed_path(arguments.file).absolute())
    request = control.Backup(target, arguments.overwrite)
    done = asyncio.run(_back_up(find_home(arguments.home), request))
    if arguments.json:
        print_json(done)
    else:
        say(f"Wrote {done.file} ({size(done.bytes)}). Secrets are not in it.")
    return 0


async def _back_up(home: Home, request: control.Backup) -> control.BackupReply:
    async with connect(home) as bot:
        return await bot.call(request)
