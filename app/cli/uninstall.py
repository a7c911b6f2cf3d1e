"""Deletes all of Mynah's files on this computer."""

import argparse
import shutil
import sys
from pathlib import Path

from app.cli.output import print_json, say, size
from app.core import files, secrets
from app.core.errors import AppError
from app.core.paths import TREE, Home, find_home, own_command
from app.service.home_lock import hold
from app.settings import host_keys

NAME = "uninstall"
HELP = "delete everything that Mynah keeps: what it learned, models, settings, secrets"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("--dry-run", action="store_true", help="only list the files")
    parser.add_argument(
        "--yes", action="store_true", help="answer every question with yes"
    )


def run(arguments: argparse.Namespace) -> int:
    """List the files, ask, and delete them."""
    home = find_home(arguments.home)
    parts = {
        name: sum(map(files.size, paths)) for name, paths in home.present().items()
    }
    names = secrets.kept(home, host_keys.names(home)) if home.root.is_dir() else []
    if arguments.json:
        found = {"home": str(home.root), "parts": parts, "secrets": names}
        print_json(found | {"deleted": not arguments.dry_run})
    else:
        _tell(home, parts, names)
    if arguments.dry_run or not (parts or names):
        return 0
    if not arguments.yes:
        _ask()
    _delete(home, names)
    if not arguments.json:
        left = home.root.exists()
        say(
            f"Deleted. Files of other programs stay in {home.root}."
            if left
            else "Deleted."
        )
    return 0


def _tell(home: Home, parts: dict[str, int], names: list[secrets.SecretName]) -> None:
    if not parts and not names:
        say(f"Mynah has no data in {home.root}.")
    for name, count in parts.items():
        say(f"{size(count):>8}  {home.root / name}  ({TREE[name]})")
    for name in names:
        say(f"  secret  {name}")
    say(f"\nThe program itself stays: {Path(own_command()[0])}")
    say("So do your own model files, and the application on Discord.")


def _ask() -> None:
    if not sys.stdin.isatty():
        raise AppError("Nothing was deleted.", "Add --yes to delete it.")
    answer = input("\nDelete all of this for good? [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        raise AppError("Nothing was deleted.")


def _delete(home: Home, names: list[secrets.SecretName]) -> None:
    """Delete only the known parts, in case the home holds other files."""
    with hold(home):
        for secret in names:
            secrets.put(home, secret, None)
        for name, paths in home.present().items():
            if name != home.lock_file.name:
                for path in paths:
                    _remove(path)
    home.lock_file.unlink(missing_ok=True)
    if not any(home.root.iterdir()):
        home.root.rmdir()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
