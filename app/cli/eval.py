"""Quality figures on held-out files, one kind per word."""

import argparse

from app.cli import load

NAME = "eval"
HELP = "quality figures on held-out files"

KINDS = (
    "evals.eval_voice",
    "evals.eval_links",
    "evals.eval_recall",
    "evals.eval_personality",
    "evals.eval_report",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    kinds = parser.add_subparsers(metavar="KIND", required=True)
    for name in KINDS:
        module = load(name)
        kind = kinds.add_parser(module.NAME, help=module.HELP, description=module.HELP)
        kind.add_argument("--home", metavar="DIR", default=argparse.SUPPRESS)
        kind.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        module.add_arguments(kind)
        kind.set_defaults(score=module.run)


def run(arguments: argparse.Namespace) -> int:
    """Score and print."""
    code: int = arguments.score(arguments)
    return code
