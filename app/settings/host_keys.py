"""The key of a host: each has its own, and it goes to no other address."""

import os

from app.core import secrets
from app.core.paths import Home
from app.settings.host_names import OPENAI
from app.settings.hosts import Host, hosts_of, preset_of
from app.settings.schema import Config


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


def names(config: Config) -> list[str]:
    """Return the names of all secrets that a home with these hosts may have."""
    further = [f"{host.name}_key" for host in hosts_of(config) if host.name != OPENAI]
    return [*secrets.ENVIRONMENT, *further]


def values(home: Home, config: Config) -> list[str]:
    """Return the keys of the further hosts, so that they can be hidden."""
    found = [
        secrets.get(home, name) for name in names(config)[len(secrets.ENVIRONMENT) :]
    ]
    return [text.partition(" ")[2] for text in found if text]
