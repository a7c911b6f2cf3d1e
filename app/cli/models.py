"""The catalogue of models."""

import argparse
import asyncio
import shlex

from app.cli.connect import Bot, connect
from app.cli.output import Bar, bold, dim, print_json, say, size, write_styled
from app.core.errors import UsageError
from app.core.labels import many
from app.core.names import typed_path
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.wire import Params

NAME = "models"
HELP = "list, find, fetch, choose, tune or remove language models"

ACTIONS = ("list", "found", "pull", "use", "tune", "remove")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("name", nargs="?", metavar="NAME", help="name or a GGUF file")


def run(arguments: argparse.Namespace) -> int:
    """Carry out the request."""
    if arguments.action not in ("list", "found") and not arguments.name:
        raise UsageError("Name a model.", "Choose one with `mynah models list`.")
    return asyncio.run(_run(find_home(arguments.home), arguments))


async def _run(home: Home, arguments: argparse.Namespace) -> int:
    bar = Bar()

    def show(progress: Params) -> None:
        if isinstance(progress, control.Progress):
            rate = f"{size(progress.rate)}/s" if progress.unit == "bytes" else ""
            bar.show(progress.label, progress.done, progress.total, rate)

    async with connect(home, show) as bot:
        if arguments.action == "list":
            await _list(bot, arguments.json)
            return 0
        if arguments.action == "found":
            await _list_found(bot, arguments.json)
            return 0
        done, told = await _do(bot, arguments.action, arguments.name)
        bar.clear()
    if arguments.json:
        print_json(done)
    else:
        say(told)
    return 0


async def _do(bot: Bot, action: str, name: str) -> tuple[object, str]:
    """The bot's reply, and the same for people."""
    if action == "pull":
        pulled = await bot.call(control.ModelPull(name))
        return pulled, f"{pulled.name} is here ({size(pulled.bytes)})."
    if action == "tune":
        tuned = await bot.call(control.ModelTune(name))
        return tuned, _table(tuned)
    if action == "remove":
        gone = await bot.call(control.ModelRemove(name))
        return gone, f"{gone.name} is removed; {size(gone.bytes)} are free again."
    used = await bot.call(control.ModelUse(_name_or_path(name)))
    return used, f"{used.name} is used from the next reply on."


def _name_or_path(name: str) -> str:
    """An absolute path where there is such a file, else the name as it is."""
    path = typed_path(name)
    return str(path.absolute()) if path.is_file() else name


def _table(tuned: control.ModelTuneReply) -> str:
    """Return the measured formats as a table, and the one that was kept."""
    lines = ["format      prompt/s   tokens/s   bits/byte   reply"]
    for row in tuned.formats:
        lines.append(
            f"{row.format:10}{row.prompt_tokens_per_second:10.0f}"
            f"{row.tokens_per_second:11.0f}{row.bits_per_byte:12.3f}"
            f"{row.reply_seconds:7.2f}s"
        )
    return "\n".join([*lines, f"\nKept: {tuned.kept}."])


async def _list(bot: Bot, as_json: bool) -> None:
    found = await bot.call(control.Models())
    if as_json:
        for model in found.models:
            print_json(model)
        return
    say(f"This computer has {found.memory_gigabytes:.0f} GB of memory.")
    if found.best:
        say(f"The best model for it is {found.best}.")
    say()
    for model in found.models:
        _write(model)


async def _list_found(bot: Bot, as_json: bool) -> None:
    """List the models of other programs."""
    found = await bot.call(control.ModelsFound())
    if as_json:
        for model in found.models:
            print_json(model)
        return
    for model in found.models:
        _write(model)
        write_styled(f"  mynah models use {shlex.quote(safe_line(model.name))}")
    if not found.models:
        say("No other program keeps a model here that Mynah can load.")
    if found.left_out:
        say(f"{many(found.left_out, 'file')} there cannot be loaded.")


def _write(model: control.ModelEntry) -> None:
    """Write what is known of a model."""
    mark = "●" if model.used else "○" if model.present else " "
    here = "in use" if model.used else "here" if model.present else ""
    fits = "too large for this computer's memory" if model.fits is False else ""
    seconds = model.answer_seconds
    soon = f"answers in about {seconds:.1f} s" if seconds and not fits else ""
    aside = "set aside" if model.set_aside else ""
    state = ", ".join(word for word in (here, fits, soon, aside) if word)
    write_styled(
        f"{mark} {bold(safe_line(model.title or model.name))}  {size(model.bytes)}"
        f"  {safe_line(model.licence)}  {dim(state)}"
    )
    write_styled("  " + dim(safe_line(model.note)))
    if aside:
        write_styled(f"  {safe_line(model.set_aside)}")
        again = f"`mynah models use {safe_line(model.name)}` tries it again."
        write_styled(f"  {again}")
