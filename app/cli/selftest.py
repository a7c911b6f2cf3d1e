"""Runs every part of the program once, with an echo model."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from app.cli.connect import connect
from app.cli.output import print_json, say
from app.core.errors import AppError
from app.core.paths import Home, own_command
from app.ipc import control
from app.ipc.child import Child
from app.ipc.wire import Catalogue

NAME = "selftest"
HELP = "run every part once with an echo model, and report the result"

LINES = "the cat sat on the mat\nthe dog sat on the sofa\na cat ate fish on the mat\n"
START_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""


def run(arguments: argparse.Namespace) -> int:
    """Run every part; raise on the first that fails."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mynah-selftest-") as directory:
        steps = asyncio.run(_run(Home(Path(directory) / "home").create()))
    seconds = time.monotonic() - began
    if arguments.json:
        print_json({"ok": True, "steps": steps, "seconds": seconds})
    else:
        for step in steps:
            say(f"ok   {step}")
        say(f"All is well ({seconds:.1f} s).")
    return 0


async def _run(home: Home) -> list[str]:
    file = home.root / "lines.txt"
    file.write_text(LINES, encoding="utf-8")
    home.config_file.write_text('[model]\nname = "echo"\n', encoding="utf-8")
    command = [*own_command(), "serve", "--stdio", "--home", str(home.root)]
    bot = Child("bot", command, Catalogue(control.REQUESTS, control.NOTIFICATIONS))
    bot.start()
    try:
        await _wait_until_up(home, bot)
        steps = ["the bot starts and opens its door"]
        async with connect(home) as attached:
            if not attached.is_running:
                raise AppError("The bot did not let a second process in.")
            counts = await attached.call(control.Import("selftest", [str(file)]))
            if counts.added != 3:
                raise AppError(f"Of 3 messages {counts.added} were learned.")
            steps.append("a second process attaches and imports")
            chain = await attached.call(
                control.Say("selftest", "cat?", mode="markov", seed="cat")
            )
            if chain.provider != "markov" or not chain.sources:
                raise AppError("The chain did not use the learned messages.")
            steps.append(f"the chain speaks in {chain.ms['total']:.0f} ms")
            # The model echoes; more words would be rejected as a repetition.
            model = await attached.call(
                control.Say("selftest", "hello", mode="llm", max_ms=20_000)
            )
            if model.provider != "local":
                reasons = "; ".join(rung.reason for rung in model.rungs)
                raise AppError(f"The runner did not answer: {reasons}.")
            steps.append(f"the runner answers in {model.ms['total']:.0f} ms")
            gone = await attached.call(control.Forget("selftest", everything=True))
            if not gone.complete:
                raise AppError("Forgetting left something behind.")
            steps.append("everything is forgotten")
    finally:
        await bot.stop()
    if bot.pid is not None or home.endpoint_file.exists():
        raise AppError("The bot left something behind when it stopped.")
    return [*steps, "the bot stops and leaves nothing behind"]


async def _wait_until_up(home: Home, bot: Child) -> None:
    until = time.monotonic() + START_SECONDS
    while not home.endpoint_file.exists():
        if time.monotonic() > until or bot.state.name in ("failed", "waiting"):
            raise AppError(f"The bot did not start: {bot.state.reason}.")
        await asyncio.sleep(0.05)
