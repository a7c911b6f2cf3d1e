"""Keeps the slash commands on Discord as they are here."""

import logging
import re
from collections.abc import Mapping, Sequence

import aiohttp
import discord

from app.core.supervisor import Troubles

log = logging.getLogger(__name__)

Command = Mapping[str, object]

KEPT = (
    "type", "name", "description", "options", "choices", "required", "autocomplete",
    "channel_types", "min_value", "max_value", "min_length", "max_length", "value",
    "contexts", "integration_types", "nsfw", "default_member_permissions",
)  # fmt: skip
"""The fields that the bot decides on; Discord adds ids, versions and more."""

DEFAULTS: dict[str, object] = {
    "type": 1,
    "contexts": [0, 1, 2],
    "integration_types": [0],
}
"""Discord's own values for what nobody set."""

_PLACE = re.compile(r"In (\d+)\b[^:]*: (.*)")
RENAME = (
    "The other commands work. Choose another name with"
    " `mynah config set bot.command NAME`, then reconnect."
)
UPDATE = "The other commands work. Update Mynah; this version is too old for Discord."
LATER = "Mynah tries again when it connects next."


async def sync_commands(bot: discord.Bot, chosen: str, troubles: Troubles) -> None:
    """Send the commands, unless Discord has the same ones.

    Another program with the same token may have replaced them, so what was sent once
    says nothing. A command that Discord refuses is left out, and the owner is told.

    Args:
        chosen: The name that the owner chose for a command.
    """
    application = bot.application_id or 0
    wanted = [one.to_dict() for one in bot.pending_application_commands]
    refused: dict[str, str] = {}
    try:
        there = await bot.http.get_global_commands(application)
        if _plain(there) != _plain(wanted):
            refused = await _send(bot, wanted)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("The slash commands could not be checked: %s", error)
        troubles.begin("commands", f"The slash commands may be old: {error}.", LATER)
        return
    if not refused:
        troubles.end("commands")
        return
    names = ", ".join(f"/{name} ({reason})" for name, reason in refused.items())
    hint = RENAME if chosen in refused else UPDATE
    troubles.begin("commands", f"Discord refused the command {names}.", hint)


async def _send(bot: discord.Bot, wanted: list[dict[str, object]]) -> dict[str, str]:
    """Replace all commands; return those that Discord refused, with its reasons."""
    refused: dict[str, str] = {}
    while True:
        try:
            await bot.http.bulk_upsert_global_commands(bot.application_id or 0, wanted)
        except discord.HTTPException as error:
            number, reason = _fault_of(error)
            if error.status != 400 or number is None or number >= len(wanted):
                raise
            refused[str(wanted.pop(number)["name"])] = reason
        else:
            return refused


def _fault_of(error: discord.HTTPException) -> tuple[int | None, str]:
    """Return the position of the command at fault, and Discord's reason."""
    found = _PLACE.search(error.text)
    return (int(found[1]), found[2]) if found else (None, error.text)


def _plain(commands: Sequence[Command]) -> dict[tuple[object, object], object]:
    """Return commands in a form that is equal when they do the same."""
    return {
        (one.get("type") or 1, one["name"]): _value("", DEFAULTS | _told(one))
        for one in commands
    }


def _told(command: Command) -> dict[str, object]:
    return {key: value for key, value in command.items() if value is not None}


def _value(key: str, value: object) -> object:
    if isinstance(value, Mapping):
        kept = {k: _value(k, one) for k, one in value.items() if k in KEPT}
        return {k: one for k, one in kept.items() if one not in (None, False, [], "")}
    if isinstance(value, list | tuple):
        plain = [_value(key, one) for one in value]
        return plain if key in ("options", "choices") else sorted(plain, key=str)
    return value
