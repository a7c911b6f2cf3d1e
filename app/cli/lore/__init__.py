"""A server's lorebook: what its replies are told when a talk comes to it."""

import argparse
import asyncio

from app.cli import add_actions
from app.cli.connect import Bot, connect
from app.cli.output import bold, dim, print_json, say, write_styled
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc import control

NAME = "lore"
HELP = "write, list, show or remove the facts that replies of a server know"

ACTIONS = {
    "list": "list the entries",
    "show": "show an entry",
    "add": "write an entry, or replace one",
    "remove": "remove an entry",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    for name, action in add_actions(parser, ACTIONS):
        if name != "list":
            action.add_argument("name", metavar="NAME")
        if name == "add":
            action.add_argument("text", metavar="TEXT", help="what replies are told")
            action.add_argument(
                "--words",
                metavar="WORDS",
                default="",
                help="words that bring it up, with commas; * always does, and without"
                " words the meaning of a talk decides",
            )


def run(arguments: argparse.Namespace) -> int:
    """Carry out the request."""
    asyncio.run(_run(find_home(arguments.home), arguments))
    return 0


async def _run(home: Home, arguments: argparse.Namespace) -> None:
    async with connect(home) as bot:
        entries = await _asked(bot, arguments)
    if arguments.json:
        for entry in entries:
            print_json(entry)
    elif arguments.action == "add":
        say(f"Replies are told of {entries[0].name}.")
    elif arguments.action == "remove":
        say(f"Removed {entries[0].name}.")
    elif not entries:
        say("There is no entry yet. Write one with `mynah lore add`.")
    else:
        for entry in entries:
            _show(entry, is_whole=arguments.action == "show")


async def _asked(bot: Bot, arguments: argparse.Namespace) -> list[control.ShownLore]:
    guild = arguments.guild
    match arguments.action:
        case "add":
            words = arguments.words.split(",")
            add = control.LoreAdd(guild, arguments.name, arguments.text, words)
            return [await bot.call(add)]
        case "remove":
            return [await bot.call(control.LoreRemove(guild, arguments.name))]
        case "show":
            return [await bot.call(control.LoreShow(guild, arguments.name))]
        case _:
            return (await bot.call(control.Lore(guild))).entries


def _show(entry: control.ShownLore, *, is_whole: bool) -> None:
    words = ", ".join(entry.words) or "by meaning"
    book = f"  ({entry.book})" if entry.book else ""
    write_styled(f"{bold(safe_line(entry.name))}  {dim(safe_line(words + book))}")
    text = entry.text if is_whole or len(entry.text) <= 90 else f"{entry.text[:89]}…"
    say(f"  {text}")
