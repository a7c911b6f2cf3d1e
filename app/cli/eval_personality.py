"""Measures by mode whether replies sound like their server and fit the talk."""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import numpy as np

from app.cli.connect import connect
from app.cli.eval_voice import before_of, hold_out, spread
from app.cli.output import print_json, say
from app.core.errors import UsageError
from app.core.paths import Home, find_home
from app.evaluation.annotated_chat import read_rows
from app.evaluation.attribution import Classifier
from app.evaluation.perplexity import Held
from app.ipc import control
from app.memory.embedder import BUILT_IN, Embedder
from app.memory.recall import TURNS, meaning
from app.memory.vectors import Floats
from app.meter import novelty
from app.meter.relevance import auc
from app.settings.schema import FIXED_MODES
from app.store import guilds, messages
from app.store.database import Database
from app.store.rows import StoredGuild
from app.voice.voice import Voice
from app.voice.word_tokenizer import split

NAME = "personality"
HELP = "attribute replies of each mode to the servers they were made for"

REAL = "real"
ADRIFT = "adrift"
"""The chain without a seed; `markov` starts from words of the conversation."""

SHOWN = (REAL, ADRIFT, *FIXED_MODES)
LEARNED = 15_000
"""The number of a server's newest messages for training the classifier."""

REPORT_SECONDS = 10.0


@dataclass(frozen=True)
class Side:
    """The lines of one server, made by one mode or written by its people."""

    texts: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    providers: Counter[str] = field(default_factory=Counter)


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


def run(arguments: argparse.Namespace) -> int:
    """Make replies, judge them, and print."""
    home = find_home(arguments.home)
    result = measure(home, arguments, arguments.keep)
    if arguments.json:
        print_json(result)
    else:
        show(result)
    return 0


def measure(
    home: Home, arguments: argparse.Namespace, keep: Path | None = None
) -> dict[str, Any]:
    """Measure every guild and mode, with means over the guilds.

    Args:
        home: The home of the guilds.
        arguments: The arguments of `add_guilds`.
        keep: File for all replies.

    Raises:
        UsageError: If guilds and files do not match, or a guild is not learned.
    """
    names, files = arguments.guild, arguments.held_out
    if len(names) != len(files) or len(set(names)) < 2:
        raise UsageError(
            "Name at least two servers, with one file each.",
            "mynah eval personality --guild A --guild B --held-out A.jsonl B.jsonl",
        )
    held = {
        name: _held(home, name, file, arguments)
        for name, file in zip(names, files, strict=True)
    }
    classifier = _classifier(home, names)
    sides = asyncio.run(_reply_to(home, held, arguments))
    if keep:
        _keep(keep, held, sides)
    return judge(home, held, sides, classifier)


def _held(
    home: Home, name: str, file: Path, arguments: argparse.Namespace
) -> list[Held]:
    """Return people's messages that answer something, with the turns before each."""
    rows = list(read_rows(file))
    with Database(home.database, read_only=True) as database:
        guild = _find(database, name)
        before = database.call(before_of, guild.id, rows, arguments.turns)
    held = [one for one in hold_out(rows, before, arguments.turns) if one.turns]
    if not held:
        raise UsageError(f"{file} has no message that follows another.")
    return spread(held, arguments.limit)


def _find(database: Database, name: str) -> StoredGuild:
    guild = database.call(guilds.find, name)
    if guild is None:
        raise UsageError(f"There is no server {name!r}.")
    return guild


def _classifier(home: Home, names: Sequence[str]) -> Classifier:
    texts = {}
    with Database(home.database, read_only=True) as database:
        for name in names:
            guild = _find(database, name)
            newest = database.call(messages.newest_learnable, guild.id, 0, LEARNED)
            texts[name] = [text for _, text in newest if text.strip()]
    return Classifier.train(texts, Random(0))


async def _reply_to(
    home: Home, held: dict[str, list[Held]], arguments: argparse.Namespace
) -> dict[tuple[str, str], Side]:
    """Return every mode's reply to every conversation, as `mynah say` makes them."""
    sides = {(name, mode): Side() for name in held for mode in FIXED_MODES}
    total = sum(map(len, held.values()))
    told, done = time.monotonic(), 0
    async with connect(home) as bot:
        for name, conversations in held.items():
            for one in conversations:
                for mode in FIXED_MODES:
                    request = _request(name, mode, one, arguments)
                    reply = await bot.call(request)
                    side = sides[name, mode]
                    side.texts.append(reply.text)
                    side.milliseconds.append(reply.ms["total"])
                    side.providers[reply.provider] += 1
                done += 1
                if time.monotonic() - told > REPORT_SECONDS:
                    told = time.monotonic()
                    sys.stderr.write(f"answered {done} of {total} conversations\n")
    return sides


def _request(
    guild: str, mode: str, held: Held, arguments: argparse.Namespace
) -> control.Say:
    *earlier, (speaker, text) = held.turns
    return control.Say(
        guild,
        text or "…",
        author=speaker,
        mode=mode,
        voice=arguments.voice,
        max_ms=arguments.max_ms,
        turns=[list(turn) for turn in earlier],
        is_free=True,
    )


def judge(
    home: Home,
    held: dict[str, list[Held]],
    sides: dict[tuple[str, str], Side],
    classifier: Classifier,
) -> dict[str, Any]:
    """Return figures by guild and mode; `all` has the means over the guilds."""
    embedder = Embedder.open(BUILT_IN, cache=home.embedding_models, threads=2)
    by_guild: dict[str, dict[str, dict[str, Any]]] = {}
    rng = Random(0)
    for name, conversations in held.items():
        context = _meanings(conversations, embedder)
        voice = Voice.open(_voice_directory(home, name))
        own = {mode: sides[name, mode] for mode in FIXED_MODES}
        real = Side([one.text for one in conversations])
        adrift = Side([voice.speak(rng).text for _ in conversations])
        by_guild[name] = {
            mode: _figures(name, side, context, embedder, classifier, voice)
            for mode, side in {REAL: real, ADRIFT: adrift, **own}.items()
        }
    every = {mode: _mean(by_guild, mode) for mode in SHOWN}
    for modes in (*by_guild.values(), every):
        for figures in modes.values():
            figures["of_real"] = figures["attributed"] / modes[REAL]["attributed"]
    count = sum(map(len, held.values()))
    return {"conversations": count, "guilds": by_guild, "all": every}


def _voice_directory(home: Home, name: str) -> Path:
    with Database(home.database, read_only=True) as database:
        return home.voice(_find(database, name).id)


def _meanings(held: Iterable[Held], embedder: Embedder) -> Floats:
    """Return a unit vector per conversation."""
    return np.stack(
        [
            meaning(embedder.embed([text for _, text in one.turns[-TURNS:]]))
            for one in held
        ]
    )


def _figures(
    name: str,
    side: Side,
    context: Floats,
    embedder: Embedder,
    classifier: Classifier,
    voice: Voice,
) -> dict[str, Any]:
    given = classifier.attribute(side.texts)
    new = novelty.novelty(side.texts, split, voice.holds, voice.repeats)
    return {
        "attributed": sum(one == name for one in given) / len(given),
        "relevance": auc(embedder.embed(side.texts), context),
        "copied": new.copied,
        "whole": new.whole,
        "run": new.run,
        "repeated": new.repeated,
        "words": sum(len(text.split()) for text in side.texts) / len(side.texts),
        "ms": median(side.milliseconds) if side.milliseconds else None,
        "providers": dict(side.providers),
    }


def _mean(by_guild: dict[str, dict[str, dict[str, Any]]], mode: str) -> dict[str, Any]:
    rows = [modes[mode] for modes in by_guild.values()]
    mean: dict[str, Any] = {
        key: sum(row[key] for row in rows) / len(rows)
        for key in ("attributed", "relevance", "copied", "whole", "run", "repeated",
                    "words")
    }  # fmt: skip
    mean["ms"] = (
        None if mode not in FIXED_MODES else sum(row["ms"] for row in rows) / len(rows)
    )
    mean["providers"] = dict(sum((Counter(r["providers"]) for r in rows), Counter()))
    return mean


def _keep(
    path: Path, held: dict[str, list[Held]], sides: dict[tuple[str, str], Side]
) -> None:
    import json

    with path.open("w", encoding="utf-8") as file:
        for name, conversations in held.items():
            for number, one in enumerate(conversations):
                made = {mode: sides[name, mode].texts[number] for mode in FIXED_MODES}
                row = {"guild": name, "turns": one.turns, REAL: one.text, **made}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def show(result: dict[str, Any]) -> None:
    """Print the tables for people."""
    say(f"{result['conversations']:,} conversations")
    titles = ("attributed", "of real", "relevance", "copied", "run", "words", "ms")
    for name, modes in {**result["guilds"], "all": result["all"]}.items():
        say(f"\n{name[:16]:16}" + "".join(f"{title:>11}" for title in titles))
        for mode, row in modes.items():
            ms = f"{row['ms']:11.0f}" if row["ms"] is not None else ""
            say(
                f"{mode:16}{row['attributed']:11.1%}{row['of_real']:11.1%}"
                f"{row['relevance']:11.3f}{row['copied']:11.1%}{row['run']:11.1f}"
                f"{row['words']:11.1f}{ms}"
            )
