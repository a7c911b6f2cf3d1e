"""Prints one reply on the terminal, or one for each line of stdin."""

import argparse
import asyncio
import itertools
import sys

from app.cli.connect import Bot, connect
from app.cli.output import dim, print_json, say, write_styled, xrayed
from app.core.errors import UsageError
from app.core.labels import PLACES
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line, safe_text
from app.core.xray import in_words
from app.ipc import control

NAME = "say"
HELP = "say something to a learned server and print the reply"

REMEMBERED = 12
"""The fewest of a session's turns in its next prompt, and the number that leave it at
once: the model reads again what comes after a change."""

DUET_LINES = 4
"""The lines of a duet."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("text", metavar="TEXT", help="what to say; - reads stdin")
    parser.add_argument("--guild", metavar="SERVER", required=True)
    parser.add_argument("--channel", metavar="NAME")
    parser.add_argument("--author", metavar="NAME", default="you")
    parser.add_argument("--mode", choices=["auto", "markov", "llm", "hybrid"])
    parser.add_argument(
        "--provider", metavar="PLACE", help="local, openai, markov or a host's name"
    )
    parser.add_argument(
        "--voice", metavar="0-100", type=_percent, help="the voice dial"
    )
    parser.add_argument("--seed", metavar="WORDS", help="words to include")
    parser.add_argument(
        "--before", metavar="DAY", default="", help="speak as people did before a day"
    )
    parser.add_argument(
        "--like",
        metavar="NAME",
        action="append",
        default=[],
        help="speak like a member who agreed; twice for a duet of two",
    )
    parser.add_argument("--max-ms", metavar="N", type=int, help="deadline")
    parser.add_argument("--explain", action="store_true", help="explain the reply")


def _percent(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError("the dial goes from 0 to 100")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Answer once, or until stdin ends."""
    return asyncio.run(_talk(find_home(arguments.home), arguments))


async def _talk(home: Home, arguments: argparse.Namespace) -> int:
    async with connect(home) as bot:
        if len(arguments.like) > 1:
            await _duet(bot, arguments)
            return 0
        if arguments.text != "-":
            await _answer(bot, arguments, arguments.text, [])
            return 0
        turns: list[list[str]] = []
        for _ in itertools.count():
            line = await asyncio.to_thread(sys.stdin.readline)
            if not line:
                return 0
            if text := line.strip():
                reply = await _answer(bot, arguments, text, turns[_first(len(turns)) :])
                turns += [[arguments.author, text], [reply.name, reply.text]]
    return 0


async def _duet(bot: Bot, arguments: argparse.Namespace) -> None:
    """Let members talk in turns, about the text."""
    turns, text = [[arguments.author, arguments.text]], arguments.text
    for name in itertools.islice(itertools.cycle(arguments.like), DUET_LINES):
        reply = await _answer(bot, arguments, text, turns[:-1], name)
        arguments.author, text = reply.name, reply.text
        turns.append([reply.name, text])


def _first(turns: int) -> int:
    """Return the first turn to remember."""
    return max(turns - REMEMBERED, 0) // REMEMBERED * REMEMBERED


async def _answer(
    bot: Bot,
    arguments: argparse.Namespace,
    text: str,
    turns: list[list[str]],
    like: str = "",
) -> control.SayReply:
    if not text.strip():
        raise UsageError(
            "There is no text to answer.", "Write a text, or - to read stdin."
        )
    request = control.Say(
        guild=arguments.guild,
        text=text,
        channel=arguments.channel,
        author=arguments.author,
        mode=arguments.mode,
        provider=arguments.provider,
        voice=arguments.voice,
        seed=arguments.seed,
        max_ms=arguments.max_ms,
        before=arguments.before,
        like=like or next(iter(arguments.like), ""),
        explain=arguments.explain,
        turns=turns,
    )
    reply = await bot.call(request)
    if arguments.json:
        print_json(reply)
    else:
        if arguments.explain:
            write_styled(xrayed(reply.text, reply.shares))
            explain(reply)
        else:
            say(f"{reply.name}: {reply.text}" if like else reply.text)
    return reply


def explain(reply: control.SayReply) -> None:
    """Print the explanation of a reply."""
    ms = reply.ms
    made = reply.provider + (f" · {reply.model}" if reply.model else "")
    if reply.host:
        made += f" at {reply.host} ({PLACES[reply.reach]})"
    rows = [
        ("mode", f"{reply.mode} at dial {reply.voice}, by {made}"),
        ("time", f"{ms['total']:.0f} ms  ({_stages(ms)})"),
    ]
    for rung in reply.rungs:
        why = f": {rung.reason}" if rung.reason else ""
        rows.append(("rung", f"{rung.provider} {rung.outcome}{why}"))
    tokens = reply.tokens
    if tokens.prompt:
        cost = f", ${reply.cost:.5f}" if reply.cost else ""
        rows.append(
            (
                "tokens",
                f"{tokens.prompt} read ({tokens.cached} of them cached),"
                f" {tokens.completion} written{cost}",
            )
        )
    if filled := reply.filled:
        spent = ", ".join(f"{part} {count}" for part, count in filled.items())
        rows.append(("filled", f"{spent} tokens"))
    if reply.shares:
        rows.append(("x-ray", in_words(reply.text, reply.shares)))
    left = f", {reply.left_out} left out" if reply.left_out else ""
    rows.append(("turns", f"{reply.turns} in the prompt{left}"))
    rows += [("note", note) for note in reply.notes]
    for moment in reply.moments:
        rows.append(("recalled", " / ".join(": ".join(turn) for turn in moment)))
    for drawn in reply.drawn:
        run = f"“{drawn.run}” of " if drawn.run else ""
        rows.append(("source", f"{run}{drawn.author}: {drawn.text}"))
    for name, text in rows:
        write_styled(f"  {dim(name.rjust(8))}  {safe_text(safe_line(text))}")


def _stages(ms: dict[str, float]) -> str:
    stages = {name: value for name, value in ms.items() if name != "total"}
    return ", ".join(
        f"{name.replace('_', ' ')} {value:.0f}" for name, value in stages.items()
    )
