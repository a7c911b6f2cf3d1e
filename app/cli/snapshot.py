"""Snapshots: a server's voice, persona and settings under a name."""

import argparse
import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from app.cli.connect import connect
from app.cli.output import print_json, say
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, help in ACTIONS.items():
        action = actions.add_parser(name, help=help, description=help)
        action.add_argument("--home", metavar="DIR", default=argparse.SUPPRESS)
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        action.add_argument("--guild", metavar="SERVER", required=True)
        if name == "import":
            action.add_argument("file", metavar="FILE")
        elif name != "list":
            action.add_argument("name", metavar="NAME")
        if name == "compare":
            action.add_argument("other", metavar="OTHER", nargs="?")
        if name == "export":
            action.add_argument("--to", metavar="FILE", required=True)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the request."""
    request = _request(arguments)
    done = asyncio.run(_call(find_home(arguments.home), request))
    if arguments.json:
        for one in done["snapshots"] if arguments.action == "list" else [done]:
            print_json(one)
    else:
        _tell(arguments.action, done)
    return 0


def _request(arguments: argparse.Namespace) -> Any:
    guild = arguments.guild
    match arguments.action:
        case "list":
            return control.Snapshots(guild)
        case "take":
            return control.SnapshotTake(guild, arguments.name)
        case "compare":
            return control.SnapshotCompare(guild, arguments.name, arguments.other)
        case "rollback":
            return control.SnapshotRestore(guild, arguments.name)
        case "export":
            to = _absolute(arguments.to)
            return control.SnapshotExport(guild, arguments.name, to)
        case "import":
            return control.SnapshotImport(guild, _absolute(arguments.file))
    return control.SnapshotRemove(guild, arguments.name)


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


async def _call(home: Home, request: Any) -> dict[str, Any]:
    async with connect(home) as bot:
        return await bot.call(request)


def _tell(action: str, done: dict[str, Any]) -> None:
    match action:
        case "list":
            for one in done["snapshots"]:
                at = datetime.fromtimestamp(one["at"])
                say(f"{at:%Y-%m-%d %H:%M}  {one['messages']:>10,}  {one['name']}")
            if not done["snapshots"]:
                say("There is no snapshot yet.")
        case "take":
            say(f"Kept {done['name']}: {done['messages']:,} messages and the settings.")
        case "compare":
            _tell_differences(done)
        case "rollback":
            say(f"Voice and settings are back at {done['name']}.")
            say(f"Roll back to “{done['undo']}” to undo it.")
        case "export":
            say(f"Wrote {done['messages']:,} messages to {done['file']}.")
        case "import":
            say(
                f"Learned {done['added']:,} messages of {done['guild']}, set"
                f" {done['settings']:,} settings, and kept that as {done['name']}."
            )
        case "remove":
            say(f"Removed {done['name']}; its messages stay.")


def _tell_differences(done: dict[str, Any]) -> None:
    for which in ("gained", "lost"):
        words = [f"{word['text']} ({word['count']:,})" for word in done[which]]
        say(f"Words {which}: {', '.join(words) or 'none'}.")
    for one in done["settings"]:
        where = f" in #{one['channel']}" if one["channel"] else ""
        say(f"{one['key']}{where}: {_shown(one['before'])} → {_shown(one['after'])}")


def _shown(value: object) -> str:
    return "not set" if value is None else str(value)
