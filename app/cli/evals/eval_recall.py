"""Measures how often recall finds the message that a real reply answers."""

import argparse
from pathlib import Path

from app.cli.output import print_json, say
from app.core.errors import UsageError
from app.core.paths import find_home
from app.evaluation.recall_report import from_files, from_guild, measure
from app.evaluation.recall_scores import AT
from app.modelfiles.catalogue import BUILT_IN

NAME = "recall"
HELP = "score recall on real reply pairs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument(
        "files",
        metavar="FILE",
        type=Path,
        nargs="*",
        help="JSON Lines, plain or gzipped",
    )
    parser.add_argument("--guild", help="a learned server, instead of files")
    parser.add_argument(
        "--limit", type=int, default=2000, help="reply pairs at most, drawn evenly"
    )
    parser.add_argument("--model", default=BUILT_IN, help="embedding model")


def run(arguments: argparse.Namespace) -> int:
    """Embed, search and print."""
    home = find_home(arguments.home)
    if bool(arguments.files) == bool(arguments.guild):
        raise UsageError("Name files or a server.", "mynah eval recall FILE…")
    said = (
        from_files(arguments.files)
        if arguments.files
        else from_guild(home, arguments.guild)
    )
    result = measure(home, said, arguments.model, arguments.limit)
    if arguments.json:
        print_json(result)
        return 0
    say(f"{result.pairs:,} replies, over {result.messages:,} messages")
    say(f"{'among the first':20}" + "".join(f"{k:>8}" for k in AT))
    shares = {"by meaning": result.at, "by shared words": result.baseline}
    for name, found in shares.items():
        figures = "".join(f"{100 * found[str(k)]:8.1f}" for k in AT)
        say(f"{name:20}{figures}")
    return 0
