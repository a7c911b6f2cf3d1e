"""The link that brings the bot into a server."""

import argparse
import asyncio

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.core.errors import UsageError
from app.core.paths import Home, find_home
from app.ipc import control

NAME = "invite"
HELP = "print the link that brings the bot into a server"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""


def run(arguments: argparse.Namespace) -> int:
    """Print the link alone, so that another program can use it."""
    reply = asyncio.run(_ask(find_home(arguments.home)))
    if not reply.invite:
        raise UsageError(reply.detail, reply.hint)
    if arguments.json:
        print_json({"invite": reply.invite})
    else:
        say(reply.invite)
    return 0


async def _ask(home: Home) -> control.SecretTestReply:
    async with connect(home) as bot:
        return await bot.call(control.SecretTest("bot_token"))
