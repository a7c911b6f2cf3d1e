"""Checks of what commonly breaks."""

import argparse
import asyncio

from app.cli.connect import connect
from app.cli.output import dim, print_json, say, write_styled
from app.core.errors import AppError
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc import control
from app.service.doctor import check_closed
from app.service.home_lock import HomeBusyError

NAME = "doctor"
HELP = "check what commonly breaks, and suggest remedies"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""


def run(arguments: argparse.Namespace) -> int:
    """Check; return 69 when something is not well."""
    found = asyncio.run(_doctor(find_home(arguments.home)))
    if arguments.json:
        print_json(found)
    else:
        for check in found.checks:
            say(f"{'ok  ' if check.ok else 'BAD '} {check.name:10} ", end="")
            say(safe_line(check.detail))
            if check.hint:
                write_styled(" " * 16 + dim("→ " + safe_line(check.hint)))
    return 0 if all(check.ok for check in found.checks) else 69


async def _doctor(home: Home) -> control.DoctorReply:
    try:
        async with connect(home, is_forgiving=True) as bot:
            return await bot.call(control.Doctor())
    except HomeBusyError:
        raise
    except (AppError, OSError) as error:
        return control.DoctorReply(await check_closed(home, error))
