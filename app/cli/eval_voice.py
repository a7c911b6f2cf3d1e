"""Measures how well model, voice and both predict a server's later messages."""

import argparse
import gzip
import json
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.cli.output import print_json, say
from app.core.errors import AppError, UsageError
from app.core.paths import Home, find_home
from app.evaluation.annotated_chat import Row
from app.evaluation.perplexity import Held, Scorer
from app.importers.intake import DEFAULT_CHANNEL, UNKNOWN_AUTHOR
from app.importers.records import milliseconds
from app.modelfiles import catalogue, gguf_header
from app.runner import llama
from app.runner.adapters import Adapters
from app.runner.model_loader import usable_threads
from app.runner.token_voice_builder import build_from_home
from app.settings import config_file
from app.store import guilds, messages
from app.store.database import Database
from app.voice.files import VoiceFileError
from app.voice.tokens import TokenVoice

NAME = "voice"
HELP = "score model, voice and both on later messages of a server"

_CONTEXT = 4096
_REPORT_SECONDS = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("--guild", required=True, help="a learned server")
    parser.add_argument(
        "--held-out",
        required=True,
        metavar="FILE",
        type=Path,
        help="JSON Lines of its later messages, plain or gzipped",
    )
    parser.add_argument(
        "--turns", type=int, default=8, help="earlier rows of the channel as the prompt"
    )
    parser.add_argument(
        "--limit", type=int, default=400, help="messages at most, spread evenly"
    )
    parser.add_argument("--model", help="a name of models.txt or a GGUF file")
    parser.add_argument(
        "--adapter",
        metavar="FILE",
        help="a LoRA adapter in GGUF; scores with it and without",
    )


def run(arguments: argparse.Namespace) -> int:
    """Score and print."""
    result = measure(
        find_home(arguments.home),
        arguments.guild,
        arguments.held_out,
        turns=arguments.turns,
        limit=arguments.limit,
        model=arguments.model,
        adapter=arguments.adapter,
    )
    if arguments.json:
        print_json(result)
    else:
        _print(result)
    return 0


def measure(
    home: Home,
    name: str,
    file: Path,
    *,
    turns: int,
    limit: int,
    model: str | None = None,
    adapter: str | None = None,
) -> dict[str, Any]:
    """Return the output of `--json` for one guild and its later messages.

    Raises:
        UsageError: If the guild is not learned, or the file has no message to score.
    """
    path = _locate(home, model)
    rows = read_held_out(file)
    with Database(home.database, read_only=True) as database:
        guild = database.call(guilds.find, name)
        if guild is None:
            raise UsageError(f"There is no server {name!r}.")
        before = database.call(before_of, guild.id, rows, turns)
    held = spread(list(hold_out(rows, before, turns)), limit)
    if not held:
        raise UsageError(f"{file} has no message to score.")
    return _score(path, _voice(home, guild.id, path), held, adapter)


def read_held_out(path: Path) -> list[Row]:
    """Return the messages of a JSON Lines file, plain or gzipped.

    Skips lines that are not messages.

    Raises:
        AppError: When the file cannot be read.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    rows: list[Row] = []
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="replace") as file:
            for line in file:
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict) and isinstance(row.get("text"), str):
                    rows.append(row)
    except (OSError, EOFError) as error:
        raise AppError(
            f"{path} cannot be read: {error}.", "It must be JSON Lines of messages."
        ) from error
    return rows


def _locate(home: Home, name: str | None) -> Path:
    name = name or config_file.load(home.config_file).model.name
    path = catalogue.locate(home, name)
    if path is None:
        hint = f"Fetch it with `mynah models pull {name}`."
        raise AppError(f"The model {name} is not on this computer.", hint)
    return path


def _voice(home: Home, guild: int, model: Path) -> TokenVoice:
    """Return the guild's token voice, built now unless it is complete."""
    directory = home.token_voice(guild, gguf_header.read(model).vocabulary)
    try:
        voice = TokenVoice.open(directory)
        with Database(home.database, read_only=True) as database:
            last = voice.last_message
            if not database.call(messages.newest_learnable, guild, last, 1):
                return voice
    except (FileNotFoundError, VoiceFileError):
        pass
    build_from_home(home, guild, model, _tell_progress)
    return TokenVoice.open(directory)


def before_of(guild: int, rows: Sequence[Row], turns: int) -> dict[str, list[Row]]:
    """Return the guild's last rows of each channel before these."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(_channel(row), row)
    found: dict[str, list[Row]] = {}
    for name, row in first.items():
        channel = guilds.find_channel(guild, name)
        if channel is not None:
            found[name] = [
                {"author": stored.name, "text": stored.text}
                for stored in messages.latest(channel.id, turns, before=_moment(row))
            ]
    return found


def _channel(row: Row) -> str:
    return str(row.get("channel") or DEFAULT_CHANNEL)


def _moment(row: Row) -> int | None:
    """Return the time of writing in milliseconds, or None if it is missing."""
    ts = row.get("ts")
    return milliseconds(ts) if isinstance(ts, str) else None


def hold_out(
    rows: Sequence[Row], before: dict[str, list[Row]], turns: int
) -> Iterator[Held]:
    """Yield each message by a person, with the turns before it.

    Args:
        rows: Interchange rows, in the order of time.
        before: Earlier rows by channel, oldest first.
        turns: The number of earlier rows of the channel in the prompt.
    """
    recent: dict[str, deque[Row]] = {}
    for row in rows:
        name, text = _channel(row), str(row.get("text") or "")
        if not text.strip() or row.get("system"):
            continue
        seen = recent.setdefault(name, deque(before.get(name, ()), maxlen=turns))
        if not row.get("bot"):
            turns_before = [(_author(old), str(old["text"])) for old in seen]
            yield Held(turns_before, _author(row), text)
        seen.append(row)


def _author(row: Row) -> str:
    return str(row.get("author") or UNKNOWN_AUTHOR)


def spread(held: list[Held], limit: int) -> list[Held]:
    """Return at most `limit` of them, spread evenly; 0 means all."""
    if limit <= 0 or len(held) <= limit:
        return held
    return [held[at * len(held) // limit] for at in range(limit)]


def _score(
    path: Path, voice: TokenVoice, held: Sequence[Held], adapter: str | None
) -> dict[str, Any]:
    """Return the report; with an adapter, add that of the model alone."""
    llama.start()
    model = llama.Model(path)
    tuned = Adapters(model).get(adapter)
    context = llama.Context(
        model, size=_CONTEXT, sequences=1, batch=512, threads=usable_threads()
    )
    told = time.monotonic()

    def on_message(count: int) -> None:
        nonlocal told
        if time.monotonic() - told > _REPORT_SECONDS:
            told = time.monotonic()
            _tell(f"scored {count} of {len(held)} messages")

    scorer = Scorer(model, context, voice)
    plain = scorer.score(held, on_message).report()
    if tuned is None:
        return plain
    context.use_adapter(tuned)
    return {**scorer.score(held, on_message).report(), "without_adapter": plain}


def _print(result: dict[str, Any]) -> None:
    say(f"{result['messages']:,} messages, {result['tokens']:,} tokens")
    say(f"{'':16}{'perplexity':>12}{'bits a byte':>14}{'to the model':>14}")
    alone = result["model"]["perplexity"]
    rows = {"model alone": result["model"], "voice alone": result["voice"]}
    rows |= {f"dial {dial}": scores for dial, scores in result["dials"].items()}
    for name, scores in rows.items():
        change = 100 * (scores["perplexity"] / alone - 1)
        figures = f"{scores['perplexity']:12.2f}{scores['bits_per_byte']:14.3f}"
        say(f"{name:16}{figures}{change:+13.1f}%")
    fused = result["fused"]
    say(f"By default the dial is {fused['dial']}; best here: {result['recommended']}.")
    if plain := result.get("without_adapter"):
        say("\nWithout the adapter:")
        _print(plain)


def _tell_progress(read: int, total: int) -> None:
    _tell(f"reading tokens: {read:,} of {total:,}")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
