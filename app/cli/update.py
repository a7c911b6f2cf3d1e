"""Installs the newest release in place of this program."""

import argparse

from app import __version__
from app.cli.output import print_json, say
from app.core.paths import find_home
from app.service.updates import own_program, release_page, update
from app.settings.config_file import load

NAME = "update"
HELP = "install the newest release, if you allow Mynah to look for it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""


def run(arguments: argparse.Namespace) -> int:
    """Fetch, check, install and test it; the old program stays beside it."""
    page = release_page()
    program = own_program()
    config = load(find_home(arguments.home).config_file)
    version = update(page, config, program, lambda done, size: None)
    if arguments.json:
        print_json({"version": version or __version__, "updated": bool(version)})
    elif not version:
        say(f"Mynah {__version__} is the newest.")
    else:
        say(f"Mynah {version} is installed. Restart the bot to use it.")
        say(f"The old one stays as {program}.old.")
    return 0
