"""Prints the licences of everything that the program holds."""

import argparse

from app.cli.output import print_json, say
from app.modelfiles.licence_texts import text

NAME = "licences"
HELP = "print the licences of everything in the program"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""


def run(arguments: argparse.Namespace) -> int:
    """Print them."""
    if arguments.json:
        print_json({"text": text()})
    else:
        say(text())
    return 0
