"""The demo: three lines, answered in three modes by a sample server."""

import argparse
import asyncio
from collections.abc import Callable

from app.cli.connect import Bot, connect
from app.cli.output import Bar, bold, dim, print_json, say, size, write_styled
from app.core.paths import CHAT_SAMPLE, SAMPLE_GUILD, Home, find_home, sample_file
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.wire import Params
from app.settings.speech_sections import FIXED_MODES

NAME = "demo"
HELP = "show what Mynah does: three lines, answered in three modes"

GUILDS = {"plays": SAMPLE_GUILD, "chat": CHAT_SAMPLE}
LINES = {
    SAMPLE_GUILD: (
        "Good morrow, friends! What news?",
        "Is it love, or only the moon?",
        "Who will come with me to the forest tonight?",
    ),
    CHAT_SAMPLE: (
        "good morning everyone! any news?",
        "my wifi is slow, what can I do?",
        "who is coming to the quiz tonight?",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the choice of the sample server."""
    says = (
        "the sample server: plays of Shakespeare, which is usual, or friends who chat"
    )
    parser.add_argument("sample", nargs="?", choices=GUILDS, default="plays", help=says)


def run(arguments: argparse.Namespace) -> int:
    """Fetch missing files, then answer."""
    guild = GUILDS[arguments.sample]
    asyncio.run(_run(find_home(arguments.home), guild, arguments.json))
    return 0


async def _run(home: Home, guild: str, as_json: bool) -> None:
    bar = Bar()

    def show(progress: Params) -> None:
        if isinstance(progress, control.Progress):
            bar.show(progress.label, progress.done, progress.total)

    tell = (lambda text: None) if as_json else say
    async with connect(home, show) as bot:
        tell("Mynah: a Discord bot at home that talks like your server.")
        tell(f"Mynah keeps all its data in {home.root}\n")
        await _prepare(bot, guild, tell)
        bar.clear()
        for line in LINES[guild]:
            await _answer(bot, guild, line, as_json)
    tell("\nStart `mynah` in a terminal to talk to it, or teach it your own server:")
    tell('  mynah import "My server" export.json')


async def _prepare(bot: Bot, sample: str, tell: Callable[[str], None]) -> None:
    """Learn a sample server, and fetch the starter model, if they are missing."""
    models = (await bot.call(control.Models())).models
    starter = next(model for model in models if model.name == "starter")
    if not any(model.present and model.used for model in models):
        tell(f"Fetching the starter model ({size(starter.bytes)}) …")
        await bot.call(control.ModelPull("starter"))
    guilds = (await bot.call(control.Guilds(sample))).guilds
    if not any(guild.guild == sample for guild in guilds):
        tell(f"Learning the sample server, {sample} …")
        learned = await bot.call(control.Import(sample, [str(sample_file(sample))]))
        tell(f"  {learned.added:,} messages in {learned.seconds:.1f} s")


async def _answer(bot: Bot, guild: str, line: str, as_json: bool) -> None:
    if not as_json:
        say(f"\nyou      {line}")
    for mode in FIXED_MODES:
        request = control.Say(guild, line, mode=mode, explain=True, is_free=True)
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
