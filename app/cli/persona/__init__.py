"""A server's persona: shown, taken from a character card, or removed."""

import argparse
import asyncio

from app.cli import add_actions
from app.cli.connect import Bot, connect
from app.cli.output import print_json, say
from app.core.labels import many
from app.core.names import typed_path, wire_name
from app.core.paths import Home, find_home
from app.ipc import control

NAME = "persona"
HELP = "show a server's persona, take one from a character card, or remove it"

ACTIONS = {
    "show": "show the persona",
    "import": "take name, persona and lorebook from a card, PNG or JSON",
    "remove": "remove the persona, and what came with its card",
    "list": "list the characters beside the bot, which are called by name",
    "add": "add the character of a card",
    "dismiss": "remove such a character",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    for name, action in add_actions(parser, ACTIONS):
        if name not in ("list", "dismiss"):
            action.add_argument("--channel", metavar="NAME", help="only this channel")
        if name in ("import", "add"):
            action.add_argument("file", metavar="FILE")
        if name == "add":
            action.add_argument("--dial", metavar="0-100", type=int)
        if name == "dismiss":
            action.add_argument("name", metavar="NAME")


def run(arguments: argparse.Namespace) -> int:
    """Carry out the request."""
    asyncio.run(_run(find_home(arguments.home), arguments))
    return 0


async def _run(home: Home, arguments: argparse.Namespace) -> None:
    found: object
    async with connect(home) as bot:
        if arguments.action in ("list", "add", "dismiss"):
            found, lines = await _cast(bot, arguments)
        else:
            found, lines = await _asked(bot, arguments)
    if arguments.json:
        print_json(found)
    else:
        for line in lines:
            say(line)


async def _asked(
    bot: Bot, arguments: argparse.Namespace
) -> tuple[control.ShownPersona, list[str]]:
    """Return the reply, and its words for people."""
    guild, channel = arguments.guild, arguments.channel
    match arguments.action:
        case "import":
            file = wire_name(typed_path(arguments.file))
            taken = await bot.call(control.PersonaImport(guild, file, channel))
            return taken, [*_words(taken), *_left(taken)]
        case "remove":
            gone = await bot.call(control.PersonaRemove(guild, channel))
            return gone, [f"Removed the persona: {gone.about or 'there was none'}"]
        case _:
            shown = await bot.call(control.PersonaShow(guild, channel))
            return shown, _words(shown)


async def _cast(bot: Bot, arguments: argparse.Namespace) -> tuple[object, list[str]]:
    """Do the same with the characters beside the bot."""
    guild = arguments.guild
    if arguments.action == "add":
        file = wire_name(typed_path(arguments.file))
        add = control.PersonaAdd(guild, file, arguments.channel, arguments.dial)
        taken = await bot.call(add)
        return taken, [*_words(taken), *_left(taken)]
    if arguments.action == "dismiss":
        left = await bot.call(control.PersonaDismiss(guild, arguments.name))
        return left, [f"Removed {arguments.name}."]
    there = await bot.call(control.PersonaCast(guild))
    lines = [_character(one) for one in there.characters]
    return there, lines or ["There is no character yet."]


def _character(one: control.ShownCharacter) -> str:
    where = ", ".join(f"#{name}" for name in one.channels) or "all channels"
    dial = "" if one.dial is None else f", dial {one.dial}"
    return f"{one.name} ({where}{dial}): {one.about}"


def _words(persona: control.ShownPersona) -> list[str]:
    lines = [f"{persona.name}: {persona.about or 'no persona'}"]
    if persona.entries:
        lines.append(f"Its card gave the lorebook {many(persona.entries, 'entry')}.")
    return lines


def _left(taken: control.TakenCard) -> list[str]:
    lines = [f"Not used: {'; '.join(taken.unused)}."] if taken.unused else []
    if taken.before:
        lines.append(f"The persona before: {taken.before}")
    return lines
