"""Names the key of a screen where a remedy names a command."""

import re
from collections.abc import Mapping

from app.tui.key_map import with_keys

_HOSTS = "<h models.hosts> on Models (6)"

_KEYS = {
    r"mynah models (pull|list)( [^\s`]+)?": "<f models.pull> on Models (6)",
    r"mynah models use( [^\s`]+)?": "<u models.use> on Models (6)",
    r"mynah config set openai_key": "<k models.key> on Models (6)",
    r"mynah config set server_key": (
        "<K settings.secret('server_key')> on Settings (8)"
    ),
    r"mynah config set [\w{][\w}-]*_key": _HOSTS,
    r"mynah config set bot\.updates on": "bot.updates on Settings (8)",
    r"mynah config set openai\.model( [^\s`]+)?": "<e models.tune> on Models (6)",
    r"mynah config set hosts\.[\w-]+\.model( [^\s`]+)?": _HOSTS,
    r"mynah config set reply\.provider [\w-]+( [^`]+)?": "reply.provider on Server (4)",
    r"mynah hosts use [\w-]+( [^`]+)?": "reply.provider on Server (4)",
    r"mynah hosts [^`]+": _HOSTS,
    r"mynah config set \w+_proxy_login": "<p settings.proxy_login> on Settings (8)",
    r"mynah config set bot_token": "<b settings.secret('bot_token')> on Settings (8)",
    r"mynah config set bot\.command( [^\s`]+)?": "bot.command on Settings (8)",
    r"mynah import( [^\s`]+)*": "<i learn.import> on Learn (5)",
    r"mynah demo": "<w home.app.wizard> on Home (1)",
    r"mynah serve": "<s home.start_or_stop> on Home (1)",
    r"mynah help( [^\s`]+)?": "Help (0)",
}


def in_keys(hint: str, chosen: Mapping[str, str]) -> str:
    """Return a hint with every command that has a key in the screens replaced by it.

    Args:
        chosen: The owner's own keys, by action.
    """
    for command, key in _KEYS.items() if "`mynah " in hint else ():
        # A key may be a backslash, which means more in a replacement.
        named = with_keys(key, chosen).replace("\\", "\\\\")
        hint = re.sub(f"`{command}`", named, hint)
    return hint
