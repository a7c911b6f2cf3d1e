"""Shows and changes settings, and reads secrets from stdin only."""

import argparse
import asyncio
import getpass
import sys
from dataclasses import replace
from pathlib import Path

from app.cli.connect import Bot, agree, connect
from app.cli.output import dim, print_json, say, write_styled
from app.core import secrets
from app.core.errors import AppError, UsageError
from app.core.labels import ORIGINS
from app.core.paths import Home, find_home
from app.core.safe_text import safe_line
from app.core.secrets import is_secret
from app.importers import markov_discord_config
from app.ipc import control
from app.settings.consent import IS_EVERYWHERE
from app.store.engines.address import PASSWORD

NAME = "config"
HELP = "show or change settings, withdraw a consent; secrets are read from stdin"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument("action", choices=["get", "set", "import", "withdraw"])
    parser.add_argument(
        "key",
        nargs="?",
        metavar="KEY",
        help="such as reply.dial; for import: config.json of markov-discord",
    )
    parser.add_argument(
        "value",
        nargs="?",
        metavar="VALUE",
        help="without a value, the setting returns to its default",
    )
    parser.add_argument("--guild", metavar="SERVER", help="only for this server")
    parser.add_argument("--channel", metavar="NAME", help="only for this channel")
    parser.add_argument(
        "--yes", action="store_true", help="answer every question with yes"
    )


def run(arguments: argparse.Namespace) -> int:
    """Show or change."""
    return asyncio.run(_run(find_home(arguments.home), arguments))


async def _run(home: Home, arguments: argparse.Namespace) -> int:
    if (arguments.action, arguments.key) == ("set", PASSWORD):
        await _set_password(home, arguments)
        return 0
    async with connect(home) as bot:
        if arguments.action == "get":
            await _get(bot, arguments)
        elif arguments.action == "withdraw":
            await _withdraw(bot, arguments)
        elif arguments.key is None:
            raise UsageError("Name a setting.", "See `mynah config get`.")
        elif arguments.action == "import":
            await _import(bot, arguments)
        elif is_secret(arguments.key):
            await _set_secret(bot, arguments)
        else:
            await _set(bot, arguments)
    return 0


async def _get(bot: Bot, arguments: argparse.Namespace) -> None:
    request = control.ConfigGet(arguments.key, arguments.guild, arguments.channel)
    for one in (await bot.call(request)).settings:
        if arguments.json:
            print_json(one)
            continue
        origin = "" if one.origin == "default" else f"  ({ORIGINS[one.origin]})"
        say(f"{one.key:28} {safe_line(_shown(one.value))}{origin}")
        if arguments.key:
            write_styled(dim(one.doc))
        if arguments.key or one.origin != "default":
            _tell_idle(one)


async def _set(bot: Bot, arguments: argparse.Namespace) -> None:
    done = await _change(bot, arguments)
    if arguments.json:
        print_json(done)
    else:
        say(f"{done.key} is {_shown(done.value)} ({ORIGINS[done.origin]}).")
        _tell_idle(done)


def _tell_idle(one: control.ShownSetting) -> None:
    if one.idle:
        write_styled(dim(f"It has no effect now: {safe_line(one.idle)}."))


async def _change(bot: Bot, arguments: argparse.Namespace) -> control.ShownSetting:
    place = (arguments.guild, arguments.channel)
    request = control.ConfigSet(
        arguments.key, arguments.value, *place, agreed=arguments.yes
    )
    try:
        return await bot.call(request)
    except AppError as error:
        await agree(error, arguments)
        return await bot.call(replace(request, agreed=True))


async def _withdraw(bot: Bot, arguments: argparse.Namespace) -> None:
    """Take back the consent that words go to hosts in the cloud."""
    if arguments.key is not None:
        raise UsageError("Only a server can be named here.", "Use --guild SERVER.")
    done = await bot.call(control.WithdrawConsent(arguments.guild))
    if done.is_everywhere:
        raise UsageError(
            IS_EVERYWHERE,
            "Leave out --guild, or lock the server:"
            " `mynah config set reply.local_only on --guild SERVER`.",
        )
    if arguments.json:
        print_json(done)
    elif done.withdrawn:
        say(f"You no longer agree to {safe_line(', '.join(done.withdrawn))}.")
    else:
        say("You had agreed to nothing.")


async def _import(bot: Bot, arguments: argparse.Namespace) -> None:
    """Import the settings of the original bot."""
    found = markov_discord_config.read(Path(arguments.key))
    for name, value in found.settings.items():
        done = await bot.call(control.ConfigSet(name, value))
        if arguments.json:
            print_json(done)
        else:
            say(f"{done.key} is {safe_line(_shown(done.value))}.")
    if found.bot_token:
        kept = await bot.call(control.SecretSet("bot_token", found.bot_token))
        if arguments.json:
            print_json(kept)
        else:
            say(f"The bot token is kept in {kept.place}.")
    if not arguments.json:
        for name, why in found.left_out.items():
            say(f"{safe_line(name)} is left out: {why}.")


async def _set_secret(bot: Bot, arguments: argparse.Namespace) -> None:
    value = await _typed(arguments)
    done = await bot.call(control.SecretSet(arguments.key, value))
    _tell_secret(arguments, value, done)


async def _set_password(home: Home, arguments: argparse.Namespace) -> None:
    """Store the password of the database, which is perhaps closed without it."""
    value = await _typed(arguments)
    place = await asyncio.to_thread(secrets.put, home.create(), PASSWORD, value)
    _tell_secret(arguments, value, control.SecretSetReply(PASSWORD, place))


async def _typed(arguments: argparse.Namespace) -> str | None:
    """Return the secret from stdin; None deletes what is stored."""
    if arguments.value is not None:
        raise UsageError(
            "Other people on this computer can read a secret on the command line.",
            f"Use `mynah config set {arguments.key}` and paste it, or pipe it in.",
        )
    if sys.stdin.isatty():
        value = await asyncio.to_thread(getpass.getpass, f"{arguments.key}: ")
    else:
        value = await asyncio.to_thread(sys.stdin.readline)
    return value.strip() or None


def _tell_secret(
    arguments: argparse.Namespace, value: str | None, done: control.SecretSetReply
) -> None:
    if arguments.json:
        print_json(done)
    elif value:
        say(f"{arguments.key} is kept in {done.place}.")
    else:
        say(f"{arguments.key} is deleted.")


def _shown(value: control.SettingValue) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return str(value) if value != "" else "–"
