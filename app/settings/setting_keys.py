"""Settings by name: their checks, and conversions from and to text."""

import dataclasses
import difflib
import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from app.core import patterns
from app.core.errors import ConfigError
from app.settings import validators
from app.settings.consent import AGREE
from app.settings.declaration import AUTO, Number, Scope, Snapshots, Value
from app.settings.host_names import host_name
from app.settings.model_sections import HostSettings
from app.settings.schema import Config
from app.settings.speech_rules import NOWHERE
from app.settings.validators import ListMeaning, TextMeaning

log = logging.getLogger(__name__)

HOSTS = "hosts"
"""The section with a table for each further host."""

RETIRED: Mapping[str, str] = {
    "reply.cloud_consent": f"Consent is asked for each host: `{AGREE['replies']}`.",
}
"""Settings of earlier versions, each with what took its place; files may have them."""


@dataclass(frozen=True)
class Key:
    """The facts about one setting; `name` is `section.field`."""

    name: str
    type: type
    default: Value
    doc: str
    scope: Scope
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    means: TextMeaning
    list_means: ListMeaning | None
    empty: str
    snapshots: Snapshots
    number: Number | None = None
    """The type of number that may take the place of `auto`."""

    @property
    def bounds(self) -> str:
        """Describe a number's bounds in words."""
        found = f"from {self.low:g}" if self.low is not None else ""
        found += f" up to {self.high:,.10g}" if self.high is not None else ""
        found += f", or {AUTO}" if self.number else ""
        return found.strip(" ,")


@cache
def keys() -> Mapping[str, Key]:
    """Return every setting by name, in the order of the file."""
    return {key.name: key for key in _declared()}


def _declared() -> Iterator[Key]:
    defaults = Config()
    for section in dataclasses.fields(Config):
        if section.name == HOSTS:
            continue
        values = getattr(defaults, section.name)
        for item in dataclasses.fields(values):
            default = getattr(values, item.name)
            name = f"{section.name}.{item.name}"
            kind = item.metadata["number"] or type(default)
            yield Key(name, kind, default, **item.metadata)


def find_key(name: str) -> Key:
    """Find the setting with that name.

    Raises:
        ConfigError: If there is none; suggests the nearest name.
    """
    if name in keys():
        return keys()[name]
    if name.startswith(f"{HOSTS}.") and (key := _key_of_host(name)):
        return key
    if name in RETIRED:
        raise ConfigError(f"{name} is not a setting any more.", RETIRED[name])
    known: Iterable[str] = keys()
    section, _, _ = name.rpartition(".")
    if section.startswith(f"{HOSTS}."):
        known = [f"{section}.{one.name}" for one in dataclasses.fields(HostSettings)]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "See `mynah config get`."
    raise ConfigError(f"There is no setting {name}.", hint)


def _key_of_host(name: str) -> Key | None:
    """Return a setting of `[hosts.NAME]`."""
    host, _, item = name.removeprefix(f"{HOSTS}.").rpartition(".")
    fields = {one.name: one for one in dataclasses.fields(HostSettings)}
    if not host or item not in fields:
        return None
    default: Value = getattr(HostSettings(), item)
    full = f"{HOSTS}.{host_name(host)}.{item}"
    return Key(full, type(default), default, **fields[item].metadata)


def every_key(config: Config) -> Mapping[str, Key]:
    """Return the settings by name, with those of the hosts that `config` has."""
    items = [one.name for one in dataclasses.fields(HostSettings)]
    names = [f"{HOSTS}.{host}.{item}" for host in config.hosts for item in items]
    return {**keys(), **{name: find_key(name) for name in names}}


def is_key(name: str) -> bool:
    """Tell if there is such a setting."""
    try:
        find_key(name)
    except ConfigError:
        return False
    return True


def check(name: str, value: object) -> Value:
    """`value` as the setting keeps it.

    Raises:
        ConfigError: If the setting does not exist, or cannot work with the value.
    """
    key = find_key(name)
    checked = _coerce(key, value)
    if isinstance(checked, str):
        checked = key.means(name, validators.plain(name, checked))
        if key.choices and checked not in key.choices:
            raise ConfigError(f"{name} takes one of {', '.join(key.choices)}.")
    elif isinstance(checked, list):
        checked = [key.means(name, one) for one in validators.items(name, checked)]
        if key.list_means is not None:
            checked = key.list_means(name, checked)
    elif not isinstance(checked, bool):
        if not _is_within(key, checked):
            raise ConfigError(f"{name} takes a number {key.bounds}.")
        checked = float(checked) if key.type is float else checked
    return checked


def _is_within(key: Key, number: float) -> bool:
    is_high = key.high is not None and number > key.high
    is_low = key.low is not None and number < key.low
    return not is_high and not is_low and math.isfinite(number)


def _coerce(key: Key, value: object) -> Value:
    if key.number and value == AUTO:
        return AUTO
    if key.type is bool and isinstance(value, bool):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if key.type is int and isinstance(value, int):
            return value
        if key.type is float:
            return value
    if key.type is str and isinstance(value, str):
        return value
    if key.type is list and isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return list(value)
    kind = {bool: "true or false", int: "a whole number", float: "a number"}
    wanted = kind.get(key.type, "text" if key.type is str else "a list")
    wanted += f", or {AUTO}" if key.number else ""
    raise ConfigError(f"{key.name} takes {wanted}.")


def from_text(name: str, text: str) -> Value:
    """Parse the text a person typed for a setting; commas separate list items.

    Raises:
        ConfigError: If the text does not fit the setting.
    """
    key = find_key(name)
    word = text.strip().lower()
    if key.type is bool:
        known = {"true": True, "on": True, "yes": True, "1": True}
        known |= {"false": False, "off": False, "no": False, "0": False}
        return check(name, known.get(word, word))
    if key.type is list:
        if word == key.empty and key.empty != NOWHERE:
            return check(name, [])
        # A comma inside the brackets of a pattern belongs to the pattern.
        is_pattern = key.means is validators.pattern
        return check(name, patterns.split(text) if is_pattern else text.split(","))
    if key.type is str:
        return check(name, text)
    try:
        return check(name, key.type(word))
    except ValueError:
        return check(name, word)


def with_overrides(config: Config, overrides: Mapping[str, object]) -> Config:
    """Return `config` with single settings replaced, by name.

    Raises:
        ConfigError: If a name or value does not fit.
    """
    for name, value in overrides.items():
        section, _, item = find_key(name).name.rpartition(".")
        host = section.removeprefix(f"{HOSTS}.")
        if host == section:
            changed = replace(getattr(config, section), **{item: check(name, value)})
            config = replace(config, **{section: changed})
        else:
            table = getattr(config, HOSTS).get(host, HostSettings())
            changed = replace(table, **{item: check(name, value)})
            config = replace(config, hosts={**config.hosts, host: changed})
    return config


def with_stored(config: Config, stored: Mapping[str, object]) -> Config:
    """`config` with stored settings laid over it, as far as they can work.

    An older version may have kept what this one refuses.
    """
    for name, value in stored.items():
        try:
            config = with_overrides(config, {name: value})
        except ConfigError as error:
            log.warning("A stored setting is left out: %s", error)
    return config


def value_of(config: Config, name: str) -> Value:
    """Return the value of the setting `name`."""
    section, _, item = find_key(name).name.rpartition(".")
    host = config.hosts.get(section.removeprefix(f"{HOSTS}."))
    value: Value = getattr(host or getattr(config, section), item)
    return value
