"""Runs the bot without a screen."""

import argparse

from app.core.paths import find_home

NAME = "serve"
HELP = "run the bot without a screen"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument(
        "--stdio", action="store_true", help="speak frames to the parent process"
    )
    parser.add_argument(
        "--shards",
        metavar="A-B/N",
        help="hold shards A to B of N; other processes on this database hold the rest",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run until stopped."""
    stdout = None
    if arguments.stdio:
        from app.ipc.stdio import take_stdout

        stdout = take_stdout()
    from app.serve import serve
    from app.store.engines.shards import ALL, parse

    shards = parse(arguments.shards) if arguments.shards else ALL
    serve(find_home(arguments.home), stdout, shards)
    return 0
