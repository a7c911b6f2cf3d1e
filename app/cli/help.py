"""The guides, on the terminal."""

import argparse
import shutil

from app.cli.output import bold, print_json, say, write_styled
from app.core.errors import UsageError
from app.core.guides import TOPICS, all_guides, find_guide
from app.core.plain_markdown import render
from app.core.safe_text import safe_text

NAME = "help"
HELP = "list the guides, or print one"

MAX_WIDTH = 88
"""Longer lines are hard to read."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help=", ".join(TOPICS))


def run(arguments: argparse.Namespace) -> int:
    """List the topics, or print the guide to one."""
    if arguments.topic is None:
        _list(arguments.json)
    else:
        _print(arguments.topic, arguments.json)
    return 0


def _list(as_json: bool) -> None:
    if not as_json:
        say("Guides; read one with `mynah help TOPIC`:\n")
    for guide in all_guides():
        if as_json:
            print_json({"topic": guide.topic, "title": guide.title})
        else:
            write_styled(f"  {bold(guide.topic.ljust(16))}{safe_text(guide.title)}")
    if not as_json:
        say("\n`mynah --help` lists the commands, `mynah COMMAND --help` explains one.")


def _print(topic: str, as_json: bool) -> None:
    from app.cli import COMMANDS

    if topic not in TOPICS and topic in {name.rstrip("_") for name in COMMANDS}:
        raise UsageError(f"{topic} is a command.", f"See `mynah {topic} --help`.")
    guide = find_guide(topic)
    if as_json:
        print_json({"topic": topic, "title": guide.title, "text": guide.text})
        return
    width = min(MAX_WIDTH, shutil.get_terminal_size().columns)
    for line in render(guide.text, width):
        is_title = line.kind == "title"
        write_styled(bold(line.text) if is_title else safe_text(line.text))
