"""Restores a home from a backup."""

import argparse
import shutil

from app.cli.output import print_json, say
from app.core.errors import AppError, UsageError
from app.core.names import typed_path
from app.core.paths import Home, find_home
from app.service.backups import restore, restore_key
from app.service.home_lock import hold
from app.store.authors import replace_key
from app.store.database import Database
from app.store.engines.address import place_of

NAME = "restore"
HELP = "restore a home from a backup"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("file", metavar="FILE", nargs="?")
    key = parser.add_mutually_exclusive_group()
    key.add_argument(
        "--author-key",
        metavar="BACKUP",
        help="restore only the key that hashes ids, from a backup of this home",
    )
    key.add_argument(
        "--new-author-key",
        action="store_true",
        help="continue with a new key, which recognizes no earlier opt-out",
    )


def run(arguments: argparse.Namespace) -> int:
    """Restore into an empty home, or put the key of people's ids right."""
    home = find_home(arguments.home)
    if bool(arguments.file) == bool(arguments.author_key or arguments.new_author_key):
        raise UsageError("Name one backup.", "mynah restore FILE")
    is_new = not home.root.exists()
    try:
        with hold(home):
            done = _restore(home, arguments)
    except AppError:
        if is_new:
            shutil.rmtree(home.root, ignore_errors=True)
        raise
    if arguments.json:
        print_json({"home": str(home.root)})
    else:
        say(done)
    return 0


def _restore(home: Home, arguments: argparse.Namespace) -> str:
    """Restore the home or its key; return a sentence for the owner."""
    if arguments.author_key:
        restore_key(home, typed_path(arguments.author_key))
        return f"Put {home.author_key_file} back."
    if arguments.new_author_key:
        with Database(place_of(home)) as database:
            database.call(replace_key, home.author_key_file)
        return "Made a new key. People who opted out have to opt out again."
    restore(home, typed_path(arguments.file))
    return (
        f"Restored into {home.root}. Voices are rebuilt on first use. Messages"
        " forgotten after this backup was made are back: forget them again."
    )
