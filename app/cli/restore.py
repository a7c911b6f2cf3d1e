"""Restores a home from a backup."""

import argparse
from pathlib import Path

from app.cli.output import print_json, say
from app.core.paths import find_home
from app.service.backups import restore
from app.service.home_lock import hold

NAME = "restore"
HELP = "restore a home from a backup"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("file", metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    """Restore into an empty home."""
    home = find_home(arguments.home)
    with hold(home):
        restore(home, Path(arguments.file).expanduser())
    if arguments.json:
        print_json({"home": str(home.root)})
    else:
        say(f"Restored into {home.root}. Voices are rebuilt on first use.")
    return 0
