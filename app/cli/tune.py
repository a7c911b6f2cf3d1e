"""Tunes a cloud model on messages that members agreed to share."""

import argparse
import asyncio
from datetime import datetime

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.core.paths import Home, find_home
from app.ipc import control

NAME = "tune"
HELP = "tune a cloud model on messages that members agreed to share"

Reply = control.TuneEstimateReply | control.TuneStatusReply | control.TuneUseReply

MODEL = "gpt-4o-mini-2024-07-18"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("action", choices=["estimate", "start", "status", "use"])
    parser.add_argument("job", nargs="?", metavar="JOB", help="default: the newest")
    parser.add_argument("--guild", metavar="SERVER", required=True)
    parser.add_argument(
        "--model", default=MODEL, help=f"model to tune (default: {MODEL})"
    )
    parser.add_argument(
        "--preferences", action="store_true", help="tune on liked and disliked replies"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="accept responsibility under Discord's policy",
    )


def run(arguments: argparse.Namespace) -> int:
    """Carry out the request."""
    done = asyncio.run(_tune(find_home(arguments.home), arguments))
    if arguments.json:
        print_json(done)
    else:
        show(done)
    return 0


async def _tune(home: Home, arguments: argparse.Namespace) -> Reply:
    guild, model, job = arguments.guild, arguments.model, arguments.job
    preferences: bool = arguments.preferences
    async with connect(home) as bot:
        match arguments.action:
            case "estimate":
                return await bot.call(control.TuneEstimate(guild, model, preferences))
            case "start":
                agreed: bool = arguments.yes
                start = control.TuneStart(guild, model, preferences, agreed)
                return await bot.call(start)
            case "status":
                return await bot.call(control.TuneStatus(guild, job))
            case _:
                return await bot.call(control.TuneUse(guild, job))


def show(done: Reply) -> None:
    """Print the reply for people."""
    match done:
        case control.TuneUseReply(model=model):
            say(f"{model} writes this server's cloud replies from now on.")
        case control.TuneStatusReply():
            _show_status(done)
        case control.TuneEstimateReply():
            _show_estimate(done)


def _show_status(done: control.TuneStatusReply) -> None:
    for event in done.events:
        at = datetime.fromtimestamp(event.at).strftime("%Y-%m-%d %H:%M")
        say(f"  {at}  {event.text}")
    made = f", made {done.tuned_model}" if done.tuned_model else ""
    trouble = f": {done.error}" if done.error else ""
    say(f"{done.job} is {done.state}{made}{trouble}")


def _show_estimate(done: control.TuneEstimateReply) -> None:
    show_counts(done)
    cost = "unknown price" if done.cost is None else f"about ${done.cost:.2f}"
    say(f"{done.model}: {done.tokens:,} tokens in {done.epochs} epochs, {cost}")
    if isinstance(done, control.TuneStartReply):
        say(f"Started as {done.job}.")


def show_counts(done: control.TuningCounts) -> None:
    """Print the counts of the training data."""
    say(
        f"{done.messages:,} messages of {done.members} members who agreed, in"
        f" {done.channels} channels: {done.train:,} examples,"
        f" {done.validation:,} for validation, {done.preferences:,} preference"
        f" pairs"
    )
    say(
        f"left out: {done.duplicates:,} duplicates, {done.private:,} with"
        f" something private"
    )
