"""Measures by mode whether replies sound like their server and fit the talk."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.core.errors import UsageError
from app.core.paths import find_home
from app.evaluation.personality import (
    ModeFigures,
    PersonalityScores,
    ServersToCompare,
    measure,
)

NAME = "personality"
HELP = "attribute replies of each mode to the servers they were made for"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    add_guilds(parser)
    parser.add_argument("--keep", metavar="FILE", type=Path, help="write all replies")


def add_guilds(parser: argparse.ArgumentParser) -> None:
    """Declare the pairs of servers and files to compare."""
    parser.add_argument(
        "--guild",
        metavar="SERVER",
        action="append",
        required=True,
        help="a learned server; at least two",
    )
    parser.add_argument(
        "--held-out",
        metavar="FILE",
        action="extend",
        nargs="+",
        required=True,
        type=Path,
        help="later messages of each server, in the same order",
    )
    parser.add_argument("--turns", type=int, default=8, help="earlier rows as context")
    parser.add_argument(
        "--limit", type=int, default=100, help="conversations per server, spread evenly"
    )
    parser.add_argument("--voice", metavar="0-100", type=int, help="the voice dial")
    parser.add_argument(
        "--max-ms", type=int, help="time limit for a reply, instead of the settings'"
    )


def comparison(arguments: argparse.Namespace) -> ServersToCompare:
    """Return the comparison that the words of `add_guilds` ask for.

    Raises:
        UsageError: If servers and files do not match.
    """
    names, files = arguments.guild, arguments.held_out
    if len(names) != len(files) or len(set(names)) < 2:
        raise UsageError(
            "Name at least two servers, with one file each.",
            "mynah eval personality --guild A --guild B --held-out A.jsonl B.jsonl",
        )
    return ServersToCompare(
        dict(zip(names, files, strict=True)),
        arguments.turns,
        arguments.limit,
        arguments.voice,
        arguments.max_ms,
    )


def run(arguments: argparse.Namespace) -> int:
    """Make replies, judge them, and print."""
    home = find_home(arguments.home)
    result = measure(home, comparison(arguments), connect, arguments.keep)
    if arguments.json:
        print_json(result)
    else:
        show(result)
    return 0


def show(result: PersonalityScores) -> None:
    """Print the tables for people."""
    say(f"{result.conversations:,} conversations")
    titles = ("attributed", "of real", "relevance", "copied", "run", "words", "ms")
    for name, modes in {**result.guilds, "all": result.all}.items():
        say(f"\n{name[:16]:16}" + "".join(f"{title:>11}" for title in titles))
        for mode, row in modes.items():
            ms = f"{row.ms:11.0f}" if row.ms is not None else ""
            say(
                f"{mode:16}{row.attributed:11.1%}{row.of_real:11.1%}"
                f"{row.relevance:11.3f}{row.copied:11.1%}{row.run:11.1f}"
                f"{row.words:11.1f}{ms}"
            )
        _show_speech(name, modes)
    say(f"\nheld out: {', '.join(result.guilds)}")


def _show_speech(name: str, modes: Mapping[str, ModeFigures]) -> None:
    titles = ("language", "invented", "echo", "variety", "persona", "sources")
    say(f"\n{name[:16]:16}" + "".join(f"{title:>11}" for title in titles))
    for mode, row in modes.items():
        figures = [getattr(row.speech, title) for title in titles]
        cells = ("–" if one is None else f"{one:.1%}" for one in figures)
        say(f"{mode:16}" + "".join(f"{cell:>11}" for cell in cells))
