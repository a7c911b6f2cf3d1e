"""The demo: three lines, answered in three modes by the sample server."""

import argparse
import asyncio
from collections.abc import Callable

from app.cli.connect import Bot, connect
from app.cli.output import Bar, bold, dim, print_json, say, size, write_styled
from app.core.paths import SAMPLE_GUILD, Home, find_home, sample_file
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.wire import Params
from app.settings.speech_sections import FIXED_MODES

NAME = "demo"
HELP = "show what Mynah does: three lines, answered in three modes"

LINES = (
    "Good morrow, friends! What news?",
    "Is it love, or only the moon?",
    "Who will come with me to the forest tonight?",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare no words, since the demo takes none."""


def run(arguments: argparse.Namespace) -> int:
    """Fetch missing files, then answer."""
    asyncio.run(_run(find_home(arguments.home), arguments.json))
    return 0


async def _run(home: Home, as_json: bool) -> None:
    bar = Bar()

    def show(progress: Params) -> None:
        if isinstance(progress, control.Progress):
            bar.show(progress.label, progress.done, progress.total)

    tell = (lambda text: None) if as_json else say
    async with connect(home, show) as bot:
        tell("Mynah: a Discord bot at home that talks like your server.")
        tell(f"Mynah keeps all its data in {home.root}\n")
        await _prepare(bot, tell)
        bar.clear()
        for line in LINES:
            await _answer(bot, line, as_json)
    tell("\nStart `mynah` in a terminal to talk to it, or teach it your own server:")
    tell('  mynah import "My server" export.json')


async def _prepare(bot: Bot, tell: Callable[[str], None]) -> None:
    """Learn the sample server, and fetch the starter model, if they are missing."""
    models = (await bot.call(control.Models())).models
    starter = next(model for model in models if model.name == "starter")
    if not any(model.present and model.used for model in models):
        tell(f"Fetching the starter model ({size(starter.bytes)}) …")
        await bot.call(control.ModelPull("starter"))
    guilds = (await bot.call(control.Guilds())).guilds
    if not any(guild.guild == SAMPLE_GUILD for guild in guilds):
        tell(f"Learning the sample server, {SAMPLE_GUILD} …")
        learned = await bot.call(control.Import(SAMPLE_GUILD, [str(sample_file())]))
        tell(f"  {learned.added:,} messages in {learned.seconds:.1f} s")


async def _answer(bot: Bot, line: str, as_json: bool) -> None:
    if not as_json:
        say(f"\nyou      {line}")
    for mode in FIXED_MODES:
        request = control.Say(SAMPLE_GUILD, line, mode=mode, explain=True, is_free=True)
        reply = await bot.call(request)
        if as_json:
            print_json({**vars(reply), "asked": line})
            continue
        time = f"{reply.ms['total']:.0f} ms"
        made = time if reply.provider != "markov" or mode == "markov" else (
            f"{time}, by the chain"
        )  # fmt: skip
        write_styled(f"{bold(mode.ljust(8))} {safe_line(reply.text)}  {dim(made)}")
        if reply.provider == "markov" and mode != "markov":
            for rung in reply.rungs:
                if rung.reason:
                    write_styled(dim(f"         {rung.provider}: {rung.reason}"))
