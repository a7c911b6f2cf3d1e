"""Measures on annotated chat how well messages are linked to their questions."""

import argparse
from pathlib import Path

from app.cli.output import print_json, say
from app.evaluation.annotated_chat import read_channels
from app.evaluation.linker_scores import evaluate

NAME = "links"
HELP = "score conversation linking on annotated chat"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument(
        "files",
        metavar="FILE",
        type=Path,
        nargs="+",
        help="JSON Lines with `gold` and `links`, plain or gzipped",
    )


def run(arguments: argparse.Namespace) -> int:
    """Link, score and print."""
    result = evaluate(read_channels(arguments.files))
    if arguments.json:
        print_json(result)
        return 0
    say(f"{result.messages:,} judged messages, {result.ms:.2f} ms a message")
    say(f"{'':20}{'precision':>10}{'recall':>10}{'F1':>10}", end="")
    say(f"{'VI':>10}{'1-1':>10}{'exact':>10}")
    rows = {"linked": result, "previous message": result.previous}
    for name, scores in rows.items():
        link, cluster = scores.link, scores.cluster
        figures = [link.precision, link.recall, link.f1]
        figures += [cluster.vi, cluster.one_to_one, cluster.f1]
        say(f"{name:20}" + "".join(f"{100 * figure:10.1f}" for figure in figures))
    return 0
