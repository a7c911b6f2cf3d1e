"""The bot token and API keys: in the environment, the OS keyring or a private file."""

import json
import logging
import os
from collections.abc import Iterable, Mapping
from functools import cache

from app.core.errors import AppError, ConfigError
from app.core.files import write_text
from app.core.paths import Home

log = logging.getLogger(__name__)

SecretName = str
"""`bot_token`, `openai_key`, `store_password`, or a further host's `NAME_key`."""

ENVIRONMENT: Mapping[SecretName, str] = {
    "bot_token": "DISCORD_TOKEN",
    "openai_key": "OPENAI_API_KEY",
    "server_key": "MYNAH_SERVER_KEY",
    "discord_proxy_login": "MYNAH_DISCORD_PROXY_LOGIN",
    "model_proxy_login": "MYNAH_MODEL_PROXY_LOGIN",
    "store_password": "MYNAH_STORE_PASSWORD",
}


_LIST = "further_keys"
"""The entry of a keyring that lists the names of its other entries of a home."""


def get(home: Home, name: SecretName) -> str | None:
    """Return the secret, or None when it is not set.

    The first call may block for long, since a locked keyring asks its owner. The answer
    is kept until `put`.
    """
    return (
        os.environ.get(ENVIRONMENT.get(name, ""))
        or _from_keyring(_service(home), name)
        or _from_file(home).get(name)
    )


def is_secret(name: str) -> bool:
    """Tell a secret's name from that of a setting."""
    return name in ENVIRONMENT or name.endswith("_key")


def kept(home: Home, names: Iterable[SecretName] = ENVIRONMENT) -> list[SecretName]:
    """Return the secrets that `put` stored for this home, without the environment's.

    Args:
        names: Those to look for in the keyring, which cannot be listed.
    """
    in_file = _from_file(home)
    in_ring = [
        name
        for name in names
        if name not in in_file and _from_keyring(_service(home), name) is not None
    ]
    return [*in_file, *in_ring]


def further(home: Home) -> list[SecretName]:
    """Return the names of those stored secrets that are not in `ENVIRONMENT`."""
    listed = (_from_keyring(_service(home), _LIST) or "").split()
    return [*(name for name in _from_file(home) if name not in ENVIRONMENT), *listed]


def put(home: Home, name: SecretName, value: str | None) -> str:
    """Store a secret, or delete it with None; return the place in words.

    Raises:
        AppError: If the keyring refuses.
    """
    if _has_keyring():
        _put_in_keyring(_service(home), name, value)
        if name not in ENVIRONMENT:
            _list(_service(home), name, is_kept=value is not None)
        return "this computer's keyring"
    secrets = _from_file(home) | {name: value}
    _write(home, {key: text for key, text in secrets.items() if text is not None})
    return f"{home.secrets_file}, which only you can read"


def keyring_name() -> str:
    """Return the name of this computer's keyring; empty without one."""
    import keyring

    return str(keyring.get_keyring().name) if _has_keyring() else ""


def _service(home: Home) -> str:
    return f"mynah:{home.root}"


def _has_keyring() -> bool:
    import keyring

    return keyring.get_keyring().priority > 0


@cache
def _from_keyring(service: str, name: SecretName) -> str | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(service, name) if _has_keyring() else None
    except KeyringError as error:
        log.warning("the keyring cannot be read until the next start: %s", error)
        return None


def _put_in_keyring(service: str, name: SecretName, value: str | None) -> None:
    import keyring
    from keyring.errors import KeyringError

    _from_keyring.cache_clear()
    try:
        if value is not None:
            keyring.set_password(service, name, value)
        elif keyring.get_password(service, name) is not None:
            keyring.delete_password(service, name)
    except KeyringError as error:
        raise AppError(
            f"This computer's keyring refused access: {error}.",
            "Unlock it and try again.",
        ) from error


def _list(service: str, name: SecretName, *, is_kept: bool) -> None:
    """Note the name of a secret in the keyring, which cannot be listed."""
    others = [
        one for one in (_from_keyring(service, _LIST) or "").split() if one != name
    ]
    names = [*others, name] if is_kept else others
    _put_in_keyring(service, _LIST, " ".join(names) or None)


def _from_file(home: Home) -> dict[str, str]:
    try:
        secrets = json.loads(home.secrets_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError, OSError) as error:
        raise _broken(home) from error
    if not isinstance(secrets, dict):
        raise _broken(home)
    texts = (*secrets.keys(), *secrets.values())
    if not all(isinstance(text, str) for text in texts):
        raise _broken(home)
    return secrets


def _broken(home: Home) -> ConfigError:
    return ConfigError(
        f"{home.secrets_file} is broken.", "Move it away and enter the keys again."
    )


def _write(home: Home, secrets: dict[str, str]) -> None:
    """Replace the file; it is never readable by others, not even for a moment."""
    write_text(home.secrets_file, json.dumps(secrets), is_secret=True)
