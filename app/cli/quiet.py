"""Keeps the bot quiet in a channel for a while."""

import argparse
import asyncio
from datetime import datetime

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.core.errors import UsageError
from app.core.paths import Home, find_home
from app.core.time_units import parse_silence
from app.ipc import control

NAME = "quiet"
HELP = "keep quiet in a channel for a while; off ends the silence"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument(
        "time", metavar="TIME", nargs="?", default="1h", help="30m, 8h, 1d or off (1h)"
    )
    parser.add_argument("--guild", metavar="SERVER", required=True)
    parser.add_argument("--channel", metavar="NAME", required=True)


def run(arguments: argparse.Namespace) -> int:
    """Begin or end the silence."""
    seconds = parse_silence(arguments.time)
    if seconds is None:
        raise UsageError(
            f"{arguments.time!r} is not a time.", "Write 30m, 8h, 1d or off."
        )
    request = control.Quiet(arguments.guild, arguments.channel, seconds)
    done = asyncio.run(_quiet(find_home(arguments.home), request))
    if arguments.json:
        print_json(done)
    elif seconds:
        until = datetime.fromtimestamp(done.until).strftime("%Y-%m-%d %H:%M")
        say(f"The bot keeps quiet in #{done.channel} until {until}.")
    else:
        say(f"The bot may speak in #{done.channel} again.")
    return 0


async def _quiet(home: Home, request: control.Quiet) -> control.QuietReply:
    async with connect(home) as bot:
        return await bot.call(request)
