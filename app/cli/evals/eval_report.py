"""Writes a page of tables and plots: voice, personality, relevance and speed."""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from app.cli.connect import connect
from app.cli.evals import eval_personality
from app.cli.output import print_json, say
from app.core.errors import UsageError
from app.core.paths import find_home
from app.evaluation import personality

NAME = "report"
HELP = "write one page of tables and plots about servers and their later messages"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    eval_personality.add_guilds(parser)
    parser.add_argument("--to", metavar="FILE", type=Path, required=True)
    parser.add_argument(
        "--messages", type=int, default=200, help="scored of each for the voice (200)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure everything and write the page."""
    from app.evaluation import voice_scores  # It loads llama.cpp.
    from app.evaluation.report_page import page

    home = find_home(arguments.home)
    if not arguments.to.absolute().parent.is_dir():
        raise UsageError(f"There is no directory {arguments.to.absolute().parent}.")
    people = personality.measure(home, eval_personality.comparison(arguments), connect)
    voices = {
        name: voice_scores.measure(
            home,
            name,
            file,
            turns=arguments.turns,
            limit=arguments.messages,
        )
        for name, file in zip(arguments.guild, arguments.held_out, strict=True)
    }
    arguments.to.write_text(page(people, voices, datetime.now(UTC)), encoding="utf-8")
    if arguments.json:
        print_json({"file": str(arguments.to), "personality": people, "voice": voices})
    else:
        eval_personality.show(people)
        say(f"\nWrote {arguments.to}.")
    return 0
