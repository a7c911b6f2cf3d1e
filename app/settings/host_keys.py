"""The key of a host: each has its own, and it goes to no other address."""

import os
import re

from app.core import secrets
from app.core.errors import ConfigError
from app.core.paths import Home
from app.settings.config_file import load
from app.settings.host_names import TAKEN
from app.settings.host_presets import PRESETS
from app.settings.hosts import Host, hosts_of, preset_of


def get(home: Home, host: Host) -> str | None:
    """Return the key of a host, and None if it was entered for another address.

    May block, as `secrets.get` may.
    """
    name, address = host.key_name, host.address
    if name in secrets.ENVIRONMENT:
        return secrets.get(home, name)
    preset = preset_of(address)
    variable = preset.key_variable if preset else ""
    if variable and os.environ.get(variable):
        return os.environ[variable]
    origin, _, key = (secrets.get(home, name) or "").partition(" ")
    return key if key and origin == address.origin else None


def put(home: Home, host: Host, value: str | None) -> str:
    """Store the key of a host, or delete it with None; return the place in words."""
    name = host.key_name
    if value and name not in secrets.ENVIRONMENT:
        value = f"{host.address.origin} {value}"
    return secrets.put(home, name, value)


def names(home: Home) -> list[str]:
    """Return the names of all secrets that a home may have.

    A keyring cannot be listed. Where the settings cannot be read, every word of their
    file may be the name of a host, and so may that of every preset.
    """
    try:
        hosts = [*load(home.config_file).hosts]
    except ConfigError:
        hosts = sorted({*PRESETS, *_words(home)} - TAKEN)
    return [*secrets.ENVIRONMENT, *(f"{host}_key" for host in hosts)]


def _words(home: Home) -> list[str]:
    try:
        text = home.config_file.read_bytes().decode(errors="replace")
    except OSError:
        return []
    return re.findall(r"[a-z0-9][a-z0-9-]*+", text)


def values(home: Home) -> list[str]:
    """Return the keys of the hosts, so that they can be hidden."""
    try:
        hosts = hosts_of(load(home.config_file))
    except ConfigError:
        hosts = []
    in_use = [get(home, host) for host in hosts if host.has_address]
    further = [name for name in names(home) if name not in secrets.ENVIRONMENT]
    kept = [(secrets.get(home, name) or "").partition(" ")[2] for name in further]
    return [key for key in (*in_use, *kept) if key]
