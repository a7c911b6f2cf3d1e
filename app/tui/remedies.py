"""Names the key of a screen where a remedy names a command."""

import re

_KEYS = {
    r"mynah models (pull|list)( [^\s`]+)?": "f on Models (6)",
    r"mynah models use( [^\s`]+)?": "u on Models (6)",
    r"mynah config set openai_key": "k on Models (6)",
    r"mynah config set server_key": "K on Settings (8)",
    r"mynah config set [\w{][\w}-]*_key": "h on Models (6)",
    r"mynah config set bot\.updates on": "bot.updates on Settings (8)",
    r"mynah config set openai\.model( [^\s`]+)?": "e on Models (6)",
    r"mynah config set hosts\.[\w-]+\.model( [^\s`]+)?": "h on Models (6)",
    r"mynah config set reply\.provider [\w-]+( [^`]+)?": "reply.provider on Server (4)",
    r"mynah hosts use [\w-]+( [^`]+)?": "reply.provider on Server (4)",
    r"mynah hosts [^`]+": "h on Models (6)",
    r"mynah config set \w+_proxy_login": "p on Settings (8)",
    r"mynah config set bot_token": "b on Settings (8)",
    r"mynah config set bot\.command( [^\s`]+)?": "bot.command on Settings (8)",
    r"mynah import( [^\s`]+)*": "i on Learn (5)",
    r"mynah demo": "w on Home (1)",
    r"mynah help( [^\s`]+)?": "Help (0)",
}


def in_keys(hint: str) -> str:
    """Return a hint with every command that has a key in the screens replaced by it."""
    for command, key in _KEYS.items():
        hint = re.sub(f"`{command}`", key, hint)
    return hint
