"""The hosts that may write replies in place of the model here."""

import argparse
import asyncio
import sys
from dataclasses import replace

from app.cli.connect import Bot, agree, connect
from app.cli.output import bold, dim, print_json, say, write_styled
from app.core.errors import AppError, UsageError
from app.core.labels import PLACES
from app.core.names import some_of
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.ipc import control
from app.settings.host_names import section_of

NAME = "hosts"
HELP = "list, add, find, test, use or remove model hosts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    actions = ["list", "find", "add", "test", "use", "remove"]
    parser.add_argument("action", choices=actions)
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="such as ollama, openrouter or big-pc"
    )
    parser.add_argument(
        "address", nargs="?", metavar="ADDRESS", help="such as http://gpu.lan:8000/v1/"
    )
    parser.add_argument("--model", metavar="NAME", default="", help="model to request")
    parser.add_argument(
        "--own", action="store_true", help="it is another computer of yours"
    )
    parser.add_argument("--guild", metavar="SERVER", help="only for this server")
    parser.add_argument(
        "--yes", action="store_true", help="answer every question with yes"
    )


def run(arguments: argparse.Namespace) -> int:
    """Carry out the request."""
    if arguments.action not in ("list", "find") and not arguments.name:
        raise UsageError("Name a host.", "See `mynah hosts list`.")
    return asyncio.run(_run(find_home(arguments.home), arguments))


async def _run(home: Home, arguments: argparse.Namespace) -> int:
    async with connect(home) as bot:
        match arguments.action:
            case "list":
                await _list(bot, arguments)
            case "find":
                await _find(bot, arguments)
            case "add":
                await _add(bot, arguments)
            case "test":
                return await _test(bot, arguments)
            case "use":
                await _use(bot, arguments)
            case _:
                gone = await bot.call(control.HostRemove(arguments.name))
                _tell(arguments, gone, f"{gone.name} is removed, with its key.")
    return 0


async def _list(bot: Bot, arguments: argparse.Namespace) -> None:
    for host in (await bot.call(control.Hosts())).hosts:
        if arguments.json:
            print_json(host)
            continue
        mark = "●" if host.servers else "○"
        place = PLACES.get(host.reach, host.reach)
        write_styled(f"{mark} {bold(host.name)}  {safe_line(host.address)}  {place}")
        write_styled("  " + dim(safe_line("; ".join(_facts(host)))))
        if host.trouble:
            write_styled(f"  {safe_line(host.trouble)}")


def _facts(host: control.HostEntry) -> list[str]:
    facts = [host.model or "no model"]
    if host.has_key:
        facts.append(f"{host.key_name} is stored")
    elif host.needs_key:
        facts.append(f"no {host.key_name} yet")
    facts.append(f"price: {host.price}" if host.price else "")
    servers = ["all servers" if name == "*" else name for name in host.servers]
    facts.append(f"writes for {', '.join(servers)}" if servers else "")
    facts.append(host.fusing)
    return [fact for fact in facts if fact]


async def _find(bot: Bot, arguments: argparse.Namespace) -> None:
    found = (await bot.call(control.HostsFind())).hosts
    if arguments.json:
        for host in found:
            print_json(host)
        return
    if not found:
        say("No host answers at the usual ports of this computer.")
    for host in found:
        models = safe_line(some_of(host.models)) or "no model"
        say(f"{host.title} answers at {host.address} with {models}.")
        if host.is_known:
            say("  Mynah knows it already.")
        elif await asyncio.to_thread(_wants, arguments, host.name):
            model = host.models[0] if host.models else ""
            await bot.call(control.HostAdd(host.name, host.address, model))
            say(f"  Added. `mynah hosts use {host.name}` has it write replies.")


def _wants(arguments: argparse.Namespace, name: str) -> bool:
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        say("  Add --yes to add it.")
        return False
    return input(f"  Add it as {name}? [y/N] ").strip().lower() in ("y", "yes")


async def _add(bot: Bot, arguments: argparse.Namespace) -> None:
    request = control.HostAdd(
        arguments.name,
        arguments.address or "",
        arguments.model,
        is_own=arguments.own,
        agreed=arguments.yes,
    )
    try:
        host = await bot.call(request)
    except AppError as error:
        await agree(error, arguments)
        host = await bot.call(replace(request, agreed=True))
    if arguments.json:
        print_json(host)
        return
    place = PLACES.get(host.reach, host.reach)
    say(f"{host.name} is {safe_line(host.address)} ({place}).")
    if host.needs_key and not host.has_key:
        say(f"Enter its key with `mynah config set {host.key_name}`.")
    if not host.model:
        say(f"Choose a model with `mynah hosts add {host.name} --model NAME`.")
    if host.price == "unknown":
        section = section_of(host.name)
        say(
            f"Its price is unknown: set {section}.input_price and"
            f" {section}.output_price, or {section}.daily_tokens."
        )
    say(f"`mynah hosts test {host.name}` asks it for a word.")


async def _test(bot: Bot, arguments: argparse.Namespace) -> int:
    found = await bot.call(control.HostTest(arguments.name))
    if arguments.json:
        print_json(found)
        return 0 if found.ok else AppError.exit_code
    if not found.ok:
        raise AppError(found.detail, found.hint)
    say(f"✓ {safe_line(found.detail)}")
    return 0


async def _use(bot: Bot, arguments: argparse.Namespace) -> None:
    request = control.HostUse(arguments.name, arguments.guild, arguments.yes)
    try:
        done = await bot.call(request)
    except AppError as error:
        await agree(error, arguments)
        done = await bot.call(replace(request, agreed=True))
    where = f"on {arguments.guild}" if arguments.guild else "everywhere"
    _tell(arguments, done, f"Replies {where} come from {safe_line(done.provider)}.")


def _tell(arguments: argparse.Namespace, done: object, words: str) -> None:
    if arguments.json:
        print_json(done)
    else:
        say(words)
