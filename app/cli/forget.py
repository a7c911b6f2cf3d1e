"""Forgets messages everywhere."""

import argparse
import asyncio

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.core.paths import Home, find_home
from app.ipc import control

NAME = "forget"
HELP = "forget messages, an author, a channel or everything of a server"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("--guild", metavar="SERVER", required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--message", metavar="ID", nargs="+", default=[])
    what.add_argument("--author", metavar="ID", help="an id, or a name that is unique")
    what.add_argument("--channel", metavar="ID")
    what.add_argument("--everything", action="store_true")
    parser.add_argument(
        "--prove",
        action="store_true",
        help="search every file of the home afterwards, and say what was found",
    )
    parser.add_argument(
        "--undo",
        action="store_true",
        help="let it be learned again by an import or /train; with --everything, all"
        " but what members forgot themselves (name those with --author)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Forget, and print the counts."""
    request = control.Forget(
        arguments.guild,
        list(arguments.message),
        arguments.author,
        arguments.channel,
        arguments.everything,
        arguments.undo,
        arguments.prove,
    )
    done = asyncio.run(_forget(find_home(arguments.home), request))
    if arguments.json:
        print_json(done)
        return 0
    if arguments.undo:
        _tell_undone(done)
        return 0
    say(
        f"Forgot {done.messages:,} messages, {done.embeddings:,} embeddings and"
        f" the text of {done.replies:,} replies."
    )
    if done.complete:
        say("No trace of them is left on this computer.")
    else:
        say("The files are being rewritten; everything is gone within minutes.")
    return _tell_receipt(done.receipt) if done.receipt else 0


def _tell_receipt(receipt: control.Receipt) -> int:
    """Say what was searched; 1 if something was found."""
    for sentence in receipt.in_words():
        say(sentence)
    if not receipt.found:
        return 0
    say(f"Found in {', '.join(receipt.found)}. Run the same command again.")
    return 1


def _tell_undone(done: control.ForgetReply) -> None:
    if done.lifted:
        say("You can learn it again: import it, or run /train on Discord.")
    else:
        say("There was nothing to undo.")


async def _forget(home: Home, request: control.Forget) -> control.ForgetReply:
    async with connect(home) as bot:
        return await bot.call(request)
