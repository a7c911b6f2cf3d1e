"""Converts the settings of the original bot, claabs/markov-discord, to ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import json5

from app.core.errors import ConfigError
from app.core.names import typed_path

NAMES = {
    "messageCommandPrefix": "bot.prefix",
    "slashCommandName": "bot.command",
    "activity": "bot.activity",
    "ownerIds": "bot.owners",
    "userRoleIds": "bot.allowed_roles",
    "stateSize": "voice.state_size",
    "maxTries": "voice.max_tries",
    "randomResponseChance": "speak.join_in",
    "bannedWords": "learn.words",
}
"""Its settings, with our equivalents."""

LEFT_OUT = {
    "minScore": "it counts on another scale here",
    "timezone": "the computer's own is used",
    "logLevel": "logs need no setting",
    "devGuildId": "commands need no test server",
}
"""Its settings without an equivalent, with the reason."""


@dataclass(frozen=True)
class Original:
    """A config file of the original, with our names."""

    settings: Mapping[str, str]
    """As a person would type them, by our names."""
    bot_token: str | None
    left_out: Mapping[str, str]
    """Settings that are left out, with the reason."""


def read(path: Path) -> Original:
    """Read its `config.json` or `config.json5`.

    Raises:
        ConfigError: If the file cannot be read, or is not such a file.
    """
    try:
        tree = json5.loads(typed_path(path).read_text("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from error
    if not isinstance(tree, dict) or not tree.keys() & {"token", *NAMES}:
        raise ConfigError(
            f"{path} is not a config file of markov-discord.",
            "Give the path of its config.json or config.json5.",
        )
    known = {"token", *NAMES, *LEFT_OUT}
    left_out = {name: why for name, why in LEFT_OUT.items() if name in tree}
    left_out |= {name: "it is not known" for name in tree if name not in known}
    settings = {NAMES[name]: _typed(tree[name]) for name in NAMES if name in tree}
    return Original(settings, tree.get("token") or None, left_out)


def _typed(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
