"""The catalogue of models."""

import argparse
import asyncio
import shlex
import sys

from app.cli.connect import Bot, connect
from app.cli.output import Bar, bold, dim, print_json, say, size, write_styled
from app.core.errors import AppError, UsageError
from app.core.labels import many, parameters
from app.core.names import typed_path
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc import control
from app.ipc.wire import Params

NAME = "models"
HELP = "list, find, search, fetch, choose, load, tune or remove language models"

OF_ONE = ("pull", "use", "tune", "remove")
"""The actions that take the name of one model."""

OF_MEMORY = ("load", "unload")

START_ONE = "Start it with `mynah serve`, or Mynah's screens with `mynah`."

ACTIONS = ("list", "found", "search", *OF_ONE, *OF_MEMORY)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("action", choices=ACTIONS)
    told = "name, GGUF file, words to search for, or OWNER/REPOSITORY"
    parser.add_argument("name", nargs="*", metavar="NAME", help=told)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the request."""
    if arguments.action in OF_MEMORY and arguments.name:
        hint = "Choose another with `mynah models use NAME`."
        raise UsageError("Only the model in use is loaded or unloaded.", hint)
    if arguments.action in ("search", *OF_ONE) and not arguments.name:
        raise UsageError("Name a model.", "Choose one with `mynah models list`.")
    if arguments.action != "search" and arguments.name[1:]:
        raise UsageError("Name one model.", "Put quotes around a path with spaces.")
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
        if arguments.action == "search":
            await _search(bot, " ".join(arguments.name), as_json=arguments.json)
            return 0
        done, told = await _do(bot, arguments.action, *arguments.name)
        bar.clear()
    if arguments.json:
        print_json(done)
    else:
        say(told)
    return 0


async def _do(bot: Bot, action: str, name: str = "") -> tuple[object, str]:
    """The bot's reply, and the same for people."""
    if action in OF_MEMORY:
        return await _change_memory(bot, load=action == "load")
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


async def _change_memory(bot: Bot, *, load: bool) -> tuple[object, str]:
    """Load or unload the model of a running bot; that of a command goes with it."""
    if not bot.is_running:
        raise AppError("No bot is running, so no model is loaded.", START_ONE)
    reply = await bot.call(control.ModelLoad(load))
    told = "loaded." if reply.loaded else "unloaded; the next reply loads it again."
    return reply, f"{reply.name} is {told}"


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
    elif found.without_best:
        say(found.without_best)
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


async def _search(bot: Bot, words: str, *, as_json: bool) -> None:
    """Search the hub, or list the files of the repository that is named."""
    host = (await bot.call(control.Hub())).host
    # What leaves this computer is told before it does; standard output is for JSON.
    sys.stderr.write(safe_line(f"Asking {host} for “{words}”…") + "\n")
    if "/" in words and " " not in words:
        await _list_files(bot, words, as_json=as_json)
        return
    found = await bot.call(control.HubSearch(words))
    for one in found.repositories:
        if as_json:
            print_json(one)
            continue
        gated = "only for accounts that its owner lets in" if one.is_gated else ""
        fetched = f"fetched {many(one.downloads, 'time')} a month"
        licence = one.licence or "licence unknown"
        known = (parameters(one.parameters), licence, fetched, gated)
        told = ", ".join(part for part in known if part)
        write_styled(f"{bold(safe_line(one.name))}  {dim(safe_line(told))}")
        write_styled(f"  mynah models search {shlex.quote(safe_line(one.name))}")
    if as_json:
        return
    if not found.repositories:
        say(f"{found.host} has no GGUF model of that name. Try fewer words.")
    if found.left_out:
        say(f"{many(found.left_out, 'name')} there cannot be fetched from here.")


async def _list_files(bot: Bot, repository: str, *, as_json: bool) -> None:
    """List what can be fetched of a repository, with the outlook here."""
    reply = await bot.call(control.HubFiles(repository))
    if as_json:
        for file in reply.files:
            print_json(file)
        return
    one = reply.repository
    say(f"Licence: {one.licence or 'unknown'}. Memory is for {reply.context:,} tokens.")
    if one.is_gated:
        say("Only accounts that agreed to its terms get it: set HF_TOKEN.")
    if reply.without_best:
        say(reply.without_best)
    for file in reply.files:
        model = file.model
        need = f"about {model.ram_gigabytes:g} GB of memory"
        fits = "fits" if model.fits else ""
        best = "the best here" if file.address == reply.best else ""
        known = (file.quantisation, need, fits, best, _state(model))
        told = ", ".join(part for part in known if part)
        name = bold(safe_line(model.title))
        write_styled(f"{name}  {size(model.bytes)}  {dim(safe_line(told))}")
        write_styled(f"  mynah models pull {shlex.quote(safe_line(file.address))}")
    if not reply.files:
        say("No file of it can be fetched.")
    left = {"part": reply.parts, "projector": reply.projectors, "file": reply.others}
    if told := ", ".join(many(n, noun) for noun, n in left.items() if n):
        say(f"Left out: {told}.")


def _state(model: control.ModelEntry) -> str:
    """Tell in words whether a model is here, fits and answers soon."""
    here = "in use" if model.used else "here" if model.present else ""
    fits = "too large for this computer's memory" if model.fits is False else ""
    seconds = model.answer_seconds
    soon = f"answers in about {seconds:.1f} s" if seconds and not fits else ""
    aside = "set aside" if model.set_aside else ""
    return ", ".join(word for word in (here, fits, soon, aside) if word)


def _write(model: control.ModelEntry) -> None:
    """Write what is known of a model."""
    mark = "●" if model.used else "○" if model.present else " "
    write_styled(
        f"{mark} {bold(safe_line(model.title or model.name))}  {size(model.bytes)}"
        f"  {safe_line(model.licence)}  {dim(_state(model))}"
    )
    write_styled("  " + dim(safe_line(model.note)))
    if model.set_aside:
        write_styled(f"  {safe_line(model.set_aside)}")
        again = f"`mynah models use {safe_line(model.name)}` tries it again."
        write_styled(f"  {again}")
