"""The key of a host: each has its own, and it goes to no other address."""

import os
import re
from collections.abc import Sequence

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

    A host that somebody deleted from the file may have left its key. Where the settings
    cannot be read, every word of their file may be the name of a host, and so may that
    of every preset.
    """
    try:
        hosts = [*load(home.config_file).hosts]
    except ConfigError:
        hosts = sorted({*PRESETS, *_words(home)} - TAKEN)
    of_hosts = (f"{host}_key" for host in hosts)
    return [*dict.fromkeys((*secrets.ENVIRONMENT, *of_hosts, *secrets.further(home)))]


def left_over(home: Home, hosts: Sequence[Host]) -> list[str]:
    """Return the names of stored keys whose hosts are gone."""
    in_use = {host.name for host in hosts}
    kept = secrets.further(home)
    return [name for name in kept if name.removesuffix("_key") not in in_use]


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
