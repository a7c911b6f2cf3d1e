"""Measures this computer, and shows which models fit it."""

import argparse
import asyncio
from pathlib import Path

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.core.paths import Home, find_home
from app.ipc.control import Bench, BenchReply

NAME = "bench"
HELP = "measure this computer and show which models fit"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    measured = asyncio.run(_bench(find_home(arguments.home)))
    if arguments.json:
        print_json(measured)
    else:
        _tell(measured)
    return 0


def _tell(measured: BenchReply) -> None:
    rows = (
        ("prompt", measured.prompt_tokens_per_second, "tokens/s"),
        ("writing", measured.tokens_per_second, "tokens/s"),
        ("embeddings", measured.embeddings_per_second, "texts/s"),
        ("chain", measured.walk_ms, "ms per line"),
        ("disk", measured.disk_megabytes_per_second, "MB/s"),
    )
    place = f" on {measured.gpu}" if measured.gpu else ""
    say(f"Measured with the model {measured.model}{place}:")
    for label, figure, unit in rows:
        shown = "–" if figure is None else f"{figure:,.2f}"
        say(f"  {label:12} {shown:>8} {unit}")
    say(f"  in {measured.seconds:.0f} s")
    _compare(measured)
    say("\nAn answer would take:")
    for model in measured.models:
        seconds = model.answer_seconds
        time = "not known" if seconds is None else f"{seconds:.1f} s"
        fits = "" if model.fits else "  (too large for this computer's memory)"
        say(f"  {Path(model.name).name:24} {time}{fits}")
    if measured.best:
        say(f"\n{_advice(measured)}")
    elif measured.without_best:
        say(f"\n{measured.without_best}")


def _compare(measured: BenchReply) -> None:
    """Show the speeds without the graphics card, if one does a part of the work."""
    read = measured.processor_prompt_tokens_per_second
    write = measured.processor_tokens_per_second
    if read is None or write is None:
        return
    say("\nOn the processor alone:")
    say(f"  {'prompt':12} {read:>8,.2f} tokens/s")
    say(f"  {'writing':12} {write:>8,.2f} tokens/s")
    if write > (measured.tokens_per_second or 0.0):
        say("It writes faster: `mynah config set model.gpu_layers 0` uses it alone.")


def _advice(measured: BenchReply) -> str:
    """Say which model to use, and how to get it."""
    if measured.best == measured.model:
        return f"{measured.best} is the best of them for this computer."
    seconds = {model.name: model.answer_seconds for model in measured.models}
    about = seconds[measured.best] or 0.0
    return (
        f"Best for this computer: {measured.best}, which answers in about"
        f" {about:.1f} s.\nFetch it with `mynah models pull {measured.best}`, and use"
        f" it with `mynah models use {measured.best}`."
    )


async def _bench(home: Home) -> BenchReply:
    async with connect(home) as bot:
        return await bot.call(Bench())
