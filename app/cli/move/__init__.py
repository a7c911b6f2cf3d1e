"""Moves a home's database to PostgreSQL, or back into its file."""

import argparse
import time
from dataclasses import replace

from app.cli.output import print_json, say
from app.core import secrets
from app.core.errors import UsageError
from app.core.files import put
from app.core.paths import Home, find_home
from app.service.home_lock import hold
from app.settings import config_file
from app.store.engines import Place
from app.store.engines.address import (
    PASSWORD,
    SETTING,
    StoreAddress,
    has_database,
    parse,
    place_of,
)

NAME = "move"
HELP = "move the database to PostgreSQL, or back into a file, while no bot runs"

FILE = "sqlite"
"""The word for the file of the home."""

TELL_SECONDS = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument(
        "--to",
        required=True,
        metavar="PLACE",
        help="postgresql://USER@HOST/DATABASE without a password, or sqlite",
    )


def run(arguments: argparse.Namespace) -> int:
    """Copy and compare all of it, and use the copy from then on."""
    home = find_home(arguments.home)
    target = _target(home, arguments.to)
    with hold(home):
        source = place_of(home)
        if str(source) == str(target):
            raise UsageError(f"The database is at {target} already.")
        if not has_database(home):
            raise UsageError(
                f"{home.root} has no database yet.",
                f"Set {SETTING} with `mynah config set`, and start Mynah.",
            )
        began = time.monotonic()
        counts = _copy(source, target, is_quiet=arguments.json)
        # One file is replaced as a whole: before it the old place holds, then the new.
        config_file.save(home.config_file, SETTING, _url(target))
        kept = _keep(home, source)
    seconds = round(time.monotonic() - began, 1)
    if arguments.json:
        print_json({"to": str(target), "tables": counts, "seconds": seconds})
        return 0
    say(f"Moved {sum(counts.values()):,} rows to {target} in {seconds} s, and compared")
    say(f"every one. {kept}")
    return 0


def _target(home: Home, text: str) -> Place:
    if text == FILE:
        return home.database
    password = secrets.get(home, PASSWORD)
    return replace(parse(text), password=password, home=home.root)


def _url(place: Place) -> str | None:
    return str(place) if isinstance(place, StoreAddress) else None


def _copy(source: Place, target: Place, *, is_quiet: bool) -> dict[str, int]:
    from app.store.engines.transfer import copy

    told = time.monotonic()

    def tell(table: str, done: int, total: int) -> None:
        nonlocal told
        if not is_quiet and time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            say(f"{table}: {done:,} of {total:,}")

    return copy(source, target, tell)


def _keep(home: Home, source: Place) -> str:
    """Keep the old database where nothing takes it for the present one."""
    if isinstance(source, StoreAddress):
        return (
            f"The old one stays at {source}, with what you forget from now on."
            " Remove it with `DROP SCHEMA mynah CASCADE`."
        )
    home.backups.mkdir(mode=0o700, exist_ok=True)
    kept = home.backups / "before-move.db"
    put(home.database, kept)
    for suffix in ("-wal", "-shm"):
        home.database.with_name(home.database.name + suffix).unlink(missing_ok=True)
    return (
        f"The old one is kept as {kept}, until you delete it or something is forgotten."
    )
