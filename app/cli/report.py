"""Writes a support bundle without secrets, chat text or names."""

import argparse
import asyncio

from app.cli.connect import connect
from app.cli.guilds import every_guild
from app.cli.output import print_json, say, size
from app.core.errors import AppError, UsageError
from app.core.names import typed_path
from app.core.paths import Home, find_home
from app.ipc import control
from app.service.doctor import check_closed
from app.service.support_bundle import write

NAME = "report"
HELP = "write a support bundle without secrets or chat text"

FILE = "mynah-report.zip"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument(
        "file", metavar="FILE", nargs="?", default=FILE, help=f"({FILE})"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the bundle, even when the bot cannot start."""
    home = find_home(arguments.home)
    target = typed_path(arguments.file).absolute()
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {target.parent}.")
    checks, guilds = asyncio.run(_ask(home))
    names = write(home, target, checks, guilds)
    if arguments.json:
        print_json({"file": str(target), "holds": names})
    else:
        say(f"Wrote {target} ({size(target.stat().st_size)}): {', '.join(names)}.")
        say("It contains no secrets, messages or names. Check it before you send it.")
    return 0


async def _ask(home: Home) -> tuple[list[control.Check], list[control.GuildFigures]]:
    """Ask the bot about itself; return its error if it cannot answer."""
    try:
        async with connect(home) as bot:
            checks = (await bot.call(control.Doctor())).checks
            return checks, [guild async for guild in every_guild(bot)]
    except AppError as error:
        return await check_closed(home, error), []
