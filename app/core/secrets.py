"""The bot token and API keys: environment, OS keyring, or a file of the owner."""

import json
import logging
import os
from collections.abc import Mapping
from functools import cache
from typing import Literal

from app.core.errors import AppError, ConfigError
from app.core.files import write_text
from app.core.paths import Home

log = logging.getLogger(__name__)

SecretName = Literal["bot_token", "openai_key", "server_key"]

ENVIRONMENT: Mapping[SecretName, str] = {
    "bot_token": "DISCORD_TOKEN",
    "openai_key": "OPENAI_API_KEY",
    "server_key": "MYNAH_SERVER_KEY",
}


def get(home: Home, name: SecretName) -> str | None:
    """The secret, or None when nobody set it.

    The first time may block for long: a locked keyring asks its owner. What it
    answered is remembered until `put`.
    """
    return (
        os.environ.get(ENVIRONMENT[name])
        or _from_keyring(_service(home), name)
        or _from_file(home).get(name)
    )


def kept(home: Home) -> list[SecretName]:
    """Those that `put` keeps for this home; the environment's are not among them."""
    in_file = _from_file(home)
    return [
        name
        for name in ENVIRONMENT
        if name in in_file or _from_keyring(_service(home), name) is not None
    ]


def put(home: Home, name: SecretName, value: str | None) -> str:
    """Keep a secret, or delete it with None; returns the place in words.

    Raises:
        AppError: If the keyring refuses.
    """
    if _has_keyring():
        _put_in_keyring(_service(home), name, value)
        return "the keyring of this computer"
    secrets = _from_file(home) | {name: value}
    _write(home, {key: text for key, text in secrets.items() if text is not None})
    return f"{home.secrets_file}, readable by you alone"


def keyring_name() -> str:
    """What this computer's keyring is called; empty where there is none."""
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
            f"The keyring of this computer refuses: {error}.", "Unlock it, try again."
        ) from error


def _from_file(home: Home) -> dict[str, str]:
    try:
        secrets = json.loads(home.secrets_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ConfigError(
            f"{home.secrets_file} is broken.", "Delete it and enter the keys again."
        ) from error
    return dict(secrets)


def _write(home: Home, secrets: dict[str, str]) -> None:
    """Replace the file; it is never readable by others, not even for a moment."""
    write_text(home.secrets_file, json.dumps(secrets), is_secret=True)
