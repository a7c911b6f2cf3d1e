"""Lists the learned servers."""

import argparse
import asyncio

from app.cli.connect import connect
from app.cli.output import bold, print_json, say, size, write_styled
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc import control

NAME = "guilds"
HELP = "list the learned servers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""


def run(arguments: argparse.Namespace) -> int:
    """List them."""
    guilds = asyncio.run(_guilds(find_home(arguments.home)))
    if arguments.json:
        for guild in guilds:
            print_json(guild)
        return 0
    if not guilds:
        say("No server is learned yet.  Try  mynah import SERVER FILE  or  mynah demo")
    for guild in guilds:
        write_styled(bold(guild.guild))
        words = "" if guild.words is None else f" {guild.words:,} words,"
        say(
            f"  {guild.messages:,} messages,{words} voice {guild.voice},"
            f" {guild.embeddings:,} embeddings,"
            f" {size(sum(guild.bytes.values()))} on disk"
        )
        if guild.holder:
            say(f"  held {guild.holder}")
        lock = ", locked to this computer" if guild.local_only else ""
        if guild.provider != "local" and guild.refused and not lock:
            lock = f": {safe_line(guild.refused)}"
        say(f"  mode {guild.mode}, dial {guild.dial}, {guild.provider}{lock}")
    return 0


async def _guilds(home: Home) -> list[control.GuildFigures]:
    async with connect(home) as bot:
        return (await bot.call(control.Guilds())).guilds
