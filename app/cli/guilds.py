"""Lists the learned servers."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable

from app.cli.connect import Bot, connect
from app.cli.output import bold, print_json, say, size, write_styled
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.control.guilds import MOST_GUILDS

NAME = "guilds"
HELP = "list the learned servers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""


def run(arguments: argparse.Namespace) -> int:
    """List them."""
    show = print_json if arguments.json else _show
    count = asyncio.run(_list(find_home(arguments.home), show))
    if not count and not arguments.json:
        say("No server is learned yet.  Try  mynah import SERVER FILE  or  mynah demo")
    return 0


async def _list(home: Home, show: Callable[[control.GuildFigures], None]) -> int:
    count = 0
    async with connect(home) as bot:
        async for guild in every_guild(bot):
            show(guild)
            count += 1
    return count


async def every_guild(bot: Bot) -> AsyncIterator[control.GuildFigures]:
    """Yield all servers by name, asked for in pages."""
    skip, all_guilds = 0, 1
    while skip < all_guilds:
        page = await bot.call(control.Guilds(skip=skip, limit=MOST_GUILDS))
        skip, all_guilds = skip + MOST_GUILDS, page.all
        for guild in page.guilds:
            yield guild


def _show(guild: control.GuildFigures) -> None:
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
