"""Snapshots: a server's voice, persona and settings, kept under a name."""

import argparse
import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.errors import UsageError
from app.ipc import control
from app.paths import Home, find_home

NAME = "snapshot"
HELP = "keep a server's voice and settings, compare, roll back, take along"

NAMES = {
    "list": (0, 0), "take": (1, 1), "compare": (1, 2), "rollback": (1, 1),
    "export": (1, 1), "import": (1, 1), "remove": (1, 1),
}  # fmt: skip
"""How few and how many names follow an action."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("action", choices=list(NAMES))
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="of a snapshot; of a file for import"
    )
    parser.add_argument("--guild", metavar="SERVER", required=True)
    parser.add_argument("--to", metavar="FILE", help="where to export")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked."""
    request = _request(arguments)
    done = asyncio.run(_call(find_home(arguments.home), request))
    if arguments.json:
        for one in done["snapshots"] if arguments.action == "list" else [done]:
            print_json(one)
    else:
        _tell(arguments.action, done)
    return 0


def _request(arguments: argparse.Namespace) -> Any:
    action, names, guild = arguments.action, arguments.names, arguments.guild
    least, most = NAMES[action]
    if not least <= len(names) <= most:
        wanted = "no name" if not most else "one name" if most == 1 else "1 or 2 names"
        raise UsageError(f"{action.capitalize()} takes {wanted}.", "See --help.")
    if (action == "export") != bool(arguments.to):
        raise UsageError("Export needs --to FILE, and nothing else takes it.")
    match action:
        case "list":
            return control.Snapshots(guild)
        case "take":
            return control.SnapshotTake(guild, *names)
        case "compare":
            return control.SnapshotCompare(guild, *names)
        case "rollback":
            return control.SnapshotRestore(guild, *names)
        case "export":
            return control.SnapshotExport(guild, names[0], _absolute(arguments.to))
        case "import":
            return control.SnapshotImport(guild, _absolute(*names))
    return control.SnapshotRemove(guild, *names)


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
                say("There is none yet.")
        case "take":
            say(f"Kept {done['name']}: {done['messages']:,} messages and the settings.")
        case "compare":
            _tell_differences(done)
        case "rollback":
            say(f"Voice and settings are those of {done['name']}.")
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
