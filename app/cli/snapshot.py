"""Snapshots: a server's voice, persona and settings under a name."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from app.cli import add_actions
from app.cli.connect import Bot, connect
from app.cli.output import print_json, say
from app.core.names import typed_path
from app.core.paths import Home, find_home
from app.ipc import control

NAME = "snapshot"
HELP = "save, compare, restore or export a server's voice and settings"

ACTIONS = {
    "list": "list the snapshots",
    "take": "save the present state",
    "compare": "show changed words and settings since NAME, or from NAME to OTHER",
    "rollback": "restore voice, persona and settings",
    "export": "write a snapshot to a file for another computer",
    "import": "create a server from such a file",
    "remove": "delete a snapshot; its messages stay",
}


Told = tuple[Sequence[object], list[str]]
"""The replies as machines get them, and the lines for people."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    for name, action in add_actions(parser, ACTIONS):
        if name == "import":
            action.add_argument("file", metavar="FILE")
        elif name != "list":
            action.add_argument("name", metavar="NAME")
        if name == "compare":
            action.add_argument("other", metavar="OTHER", nargs="?")
        if name == "export":
            action.add_argument("--to", metavar="FILE", required=True)
            action.add_argument(
                "--overwrite", action="store_true", help="replace a file that exists"
            )


def run(arguments: argparse.Namespace) -> int:
    """Carry out the request."""
    rows, lines = asyncio.run(_run(find_home(arguments.home), arguments))
    if arguments.json:
        for row in rows:
            print_json(row)
    else:
        for line in lines:
            say(line)
    return 0


async def _run(home: Home, arguments: argparse.Namespace) -> Told:
    async with connect(home) as bot:
        return await DEEDS[arguments.action](bot, arguments)


async def _list(bot: Bot, arguments: argparse.Namespace) -> Told:
    kept = (await bot.call(control.Snapshots(arguments.guild))).snapshots
    lines = [
        f"{datetime.fromtimestamp(one.at):%Y-%m-%d %H:%M}"
        f"  {one.messages:>10,}  {one.name}"
        for one in kept
    ]
    return kept, lines or ["There is no snapshot yet."]


async def _take(bot: Bot, arguments: argparse.Namespace) -> Told:
    done = await bot.call(control.SnapshotTake(arguments.guild, arguments.name))
    return [done], [
        f"Kept {done.name}: {done.messages:,} learned messages and the settings."
    ]


async def _compare(bot: Bot, arguments: argparse.Namespace) -> Told:
    request = control.SnapshotCompare(arguments.guild, arguments.name, arguments.other)
    done = await bot.call(request)
    lines = []
    for which, words in (("gained", done.gained), ("lost", done.lost)):
        listed = ", ".join(f"{word.text} ({word.count:,})" for word in words)
        lines.append(f"Words {which}: {listed or 'none'}.")
    for one in done.settings:
        where = f" in #{one.channel}" if one.channel else ""
        change = f"{_shown(one.before)} → {_shown(one.after)}"
        lines.append(f"{one.key}{where}: {change}")
    return [done], lines


async def _roll_back(bot: Bot, arguments: argparse.Namespace) -> Told:
    done = await bot.call(control.SnapshotRestore(arguments.guild, arguments.name))
    return [done], [
        f"Voice and settings are those of {done.name}.",
        f"Roll back to “{done.undo}” to undo it.",
    ]


async def _export(bot: Bot, arguments: argparse.Namespace) -> Told:
    to = _absolute(arguments.to)
    request = control.SnapshotExport(
        arguments.guild, arguments.name, to, arguments.overwrite
    )
    done = await bot.call(request)
    return [done], [f"Wrote {done.messages:,} messages to {done.file}."]


async def _import(bot: Bot, arguments: argparse.Namespace) -> Told:
    request = control.SnapshotImport(arguments.guild, _absolute(arguments.file))
    done = await bot.call(request)
    return [done], [
        f"Learned {done.added:,} messages of {done.guild}, set"
        f" {done.settings:,} settings, and kept that as {done.name}."
    ]


async def _remove(bot: Bot, arguments: argparse.Namespace) -> Told:
    done = await bot.call(control.SnapshotRemove(arguments.guild, arguments.name))
    return [done], [f"Removed {done.name}; its messages stay."]


DEEDS: dict[str, Callable[[Bot, argparse.Namespace], Awaitable[Told]]] = {
    "list": _list,
    "take": _take,
    "compare": _compare,
    "rollback": _roll_back,
    "export": _export,
    "import": _import,
    "remove": _remove,
}


def _absolute(path: str) -> str:
    return str(typed_path(path).absolute())


def _shown(value: object) -> str:
    return "not set" if value is None else str(value)
