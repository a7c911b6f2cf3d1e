"""Discord's rules for an application's commands; one fault refuses the whole list."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.discord_stand_in import rules
from tests.discord_stand_in.rules import Rules

Command = dict[str, Any]

CHAT_INPUT, SUB_COMMAND_GROUP = 1, 2
MOST_COMMANDS, MOST_OPTIONS, MOST_CHARACTERS, CREATES_A_DAY = 100, 25, 8000, 200


def check_commands(
    commands: Sequence[Command], known: Sequence[Command], created: int, force: Rules
) -> int:
    """Check a list that shall replace all commands.

    Args:
        created: How many commands were created today.

    Returns:
        How many commands it creates.
    """
    for number, command in enumerate(commands):
        _check_one(number, command, force)
    kinds = Counter((_kind(one), one.get("name")) for one in commands)
    for number, command in enumerate(commands):
        if kinds[_kind(command), command.get("name")] > 1:
            force.refuse(rules.COMMAND_UNIQUE, _at(number, "name", "must be unique"))
    if sum(_kind(one) == CHAT_INPUT for one in commands) > MOST_COMMANDS:
        force.refuse(rules.COMMAND_COUNT)
    names = {(_kind(one), one["name"]) for one in known}
    new = sum((_kind(one), one.get("name")) not in names for one in commands)
    if created + new > CREATES_A_DAY:
        force.refuse(rules.COMMAND_CREATES)
    return new


def _check_one(number: int, command: Command, force: Rules) -> None:
    name, is_slash = str(command.get("name", "")), _kind(command) == CHAT_INPUT
    if not (_is_name(name) if is_slash else 1 <= len(name) <= 32):
        force.refuse(rules.COMMAND_NAME, _at(number, "name", "Command name is invalid"))
    described = len(command.get("description") or "")
    if not (1 <= described <= 100 if is_slash else described == 0):
        wrong = "Must be between 1 and 100 in length."
        force.refuse(rules.COMMAND_DESCRIPTION, _at(number, "description", wrong))
    for options in _option_lists(command):
        required = [bool(one.get("required")) for one in options]
        named = [str(one.get("name", "")) for one in options]
        is_wrong = len(options) > MOST_OPTIONS or required != sorted(required)[::-1]
        if is_wrong or len(set(named)) < len(named):
            force.refuse(rules.COMMAND_OPTIONS, _at(number, "options", "invalid"))
        if not all(map(_is_name, named)):
            force.refuse(rules.COMMAND_NAME, _at(number, "options", "name is invalid"))
    if sum(map(len, _texts(command))) > MOST_CHARACTERS:
        force.refuse(rules.COMMAND_SIZE, _at(number, "options", "too many characters"))


def _kind(command: Command) -> int:
    return int(command.get("type") or CHAT_INPUT)


def _is_name(name: str) -> bool:
    """Whether it matches ^[-_'\\p{L}\\p{N}\\p{sc=Deva}\\p{sc=Thai}]{1,32}$."""
    letters = re.sub(r"[-_'\u0900-\u097f\u0e00-\u0e7f]", "", name)
    fits = all(unicodedata.category(one)[0] in "LN" for one in letters)
    return 1 <= len(name) <= 32 and fits and name == name.lower()


def _option_lists(command: Command) -> Iterator[list[Command]]:
    options = command.get("options") or []
    if options:
        yield options
    for one in options:
        yield from _option_lists(one)


def _texts(command: Command) -> Iterator[str]:
    yield str(command.get("name", ""))
    yield str(command.get("description", ""))
    for choice in command.get("choices") or ():
        yield str(choice["name"]) + str(choice["value"])
    for one in command.get("options") or ():
        yield from _texts(one)


def _at(number: int, field: str, what: str) -> object:
    """The place of a fault, as Discord tells it: reference#error-messages."""
    fault = {"code": "APPLICATION_COMMAND_INVALID", "message": what}
    return {str(number): {field: {"_errors": [fault]}}}


def as_kept(command: Command, command_id: int, application: int) -> Command:
    """A command as Discord answers it: with its own fields, without false ones."""
    kept = {
        "id": str(command_id),
        "application_id": str(application),
        "version": str(command_id),
        "default_member_permissions": None,
        "type": CHAT_INPUT,
        "nsfw": False,
        "contexts": None,
        "integration_types": [0],
    } | {key: value for key, value in command.items() if key != "options"}
    if kept["contexts"]:
        kept["contexts"] = sorted(kept["contexts"])
    if command.get("options"):
        kept["options"] = [_kept_option(one) for one in command["options"]]
    return kept


def _kept_option(option: Command) -> Command:
    """An option without what says nothing: false, empty, and not an option's."""
    kept = {key: value for key, value in option.items() if value and key != "nsfw"}
    if option.get("options"):
        kept["options"] = [_kept_option(one) for one in option["options"]]
    return kept
