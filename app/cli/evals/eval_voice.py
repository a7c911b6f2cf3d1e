"""Measures how well model, voice and both predict a server's later messages."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.output import print_json, say
from app.core.paths import find_home

if TYPE_CHECKING:
    from app.evaluation.perplexity import VoiceScores

NAME = "voice"
HELP = "score model, voice and both on later messages of a server"


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
    parser.add_argument(
        "--lean", metavar="N", type=int, help="instead of the setting voice.lean"
    )
    parser.add_argument("--model", help="a name of models.txt or a GGUF file")
    parser.add_argument(
        "--adapter",
        metavar="FILE",
        help="a LoRA adapter in GGUF; scores with it and without",
    )


def run(arguments: argparse.Namespace) -> int:
    """Score and print."""
    from app.evaluation.voice_scores import measure  # It loads llama.cpp.

    result = measure(
        find_home(arguments.home),
        arguments.guild,
        arguments.held_out,
        turns=arguments.turns,
        limit=arguments.limit,
        model=arguments.model,
        adapter=arguments.adapter,
        lean=arguments.lean,
    )
    if arguments.json:
        print_json(result)
    else:
        _show(result)
    return 0


def _show(result: "VoiceScores") -> None:
    say(f"{result.messages:,} messages, {result.tokens:,} tokens")
    say(f"{'':16}{'perplexity':>12}{'bits a byte':>14}{'to the model':>14}")
    alone = result.model.perplexity
    rows = {"model alone": result.model, "voice alone": result.voice}
    rows |= {f"dial {dial}": scores for dial, scores in result.dials.items()}
    for name, scores in rows.items():
        change = 100 * (scores.perplexity / alone - 1)
        figures = f"{scores.perplexity:12.2f}{scores.bits_per_byte:14.3f}"
        say(f"{name:16}{figures}{change:+13.1f}%")
    say(f"By default the dial is {result.fused.dial}; best here: {result.recommended}.")
    if result.without_adapter:
        say("\nWithout the adapter:")
        _show(result.without_adapter)
