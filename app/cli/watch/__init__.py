"""Shows the screens of a running bot, and changes nothing."""

import argparse

from app.cli import show_screens
from app.cli.output import has_screen
from app.core.errors import UsageError
from app.core.paths import find_home

NAME = "watch"
HELP = "show the screens of a running bot, and change nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no words, since there is nothing to choose."""


def run(arguments: argparse.Namespace) -> int:
    """Watch until the owner quits."""
    if not has_screen():
        raise UsageError("The screens need a terminal.", "See `mynah guilds --json`.")
    return show_screens(find_home(arguments.home), is_watching=True)
