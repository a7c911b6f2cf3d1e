"""Settings by name: their checks, and conversions from and to text."""

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from app.core.errors import ConfigError
from app.settings.schema import Config, Scope, Value


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


@cache
def keys() -> Mapping[str, Key]:
    """Return every setting by name, in the order of the file."""
    return {key.name: key for key in _declared()}


def _declared() -> Iterator[Key]:
    defaults = Config()
    for section in dataclasses.fields(Config):
        values = getattr(defaults, section.name)
        for item in dataclasses.fields(values):
            default = getattr(values, item.name)
            name = f"{section.name}.{item.name}"
            yield Key(name, type(default), default, **item.metadata)


def find_key(name: str) -> Key:
    """Find the setting with that name.

    Raises:
        ConfigError: If there is none; suggests the nearest name.
    """
    if name in keys():
        return keys()[name]
    near = difflib.get_close_matches(name, keys(), n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "See `mynah config get`."
    raise ConfigError(f"There is no setting {name}.", hint)


def check(name: str, value: object) -> Value:
    """Convert `value` to the setting's own type.

    Raises:
        ConfigError: If the setting does not exist, or the value does not fit it.
    """
    key = find_key(name)
    checked = _coerce(key, value)
    if key.choices and checked not in key.choices:
        raise ConfigError(f"{name} takes one of {', '.join(key.choices)}.")
    if isinstance(checked, int | float) and not isinstance(checked, bool):
        if (key.low is not None and checked < key.low) or (
            key.high is not None and checked > key.high
        ):
            bounds = f"from {key.low:g}" if key.low is not None else ""
            bounds += f" up to {key.high:g}" if key.high is not None else ""
            raise ConfigError(f"{name} takes a number {bounds.strip()}.")
    return checked


def _coerce(key: Key, value: object) -> Value:
    if key.type is bool and isinstance(value, bool):
        return value
    if key.type is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if key.type is float and isinstance(value, int | float):
        return float(value)
    if key.type is str and isinstance(value, str):
        return value
    if key.type is list and isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return list(value)
    kind = {bool: "true or false", int: "a whole number", float: "a number"}
    wanted = kind.get(key.type, "text" if key.type is str else "a list")
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
        items = (item.strip() for item in text.split(","))
        return check(name, [item for item in items if item])
    if key.type is str:
        return check(name, text)
    try:
        return check(name, key.type(word))
    except ValueError:
        return check(name, text)


def with_overrides(config: Config, overrides: Mapping[str, object]) -> Config:
    """Return `config` with single settings replaced, by name.

    Raises:
        ConfigError: If a name or value does not fit.
    """
    for name, value in overrides.items():
        section, _, item = find_key(name).name.partition(".")
        changed = replace(getattr(config, section), **{item: check(name, value)})
        config = replace(config, **{section: changed})
    return config


def value_of(config: Config, name: str) -> Value:
    """Return the value of the setting `name`."""
    section, _, item = find_key(name).name.partition(".")
    value: Value = getattr(getattr(config, section), item)
    return value


def reference() -> str:
    """Return all settings as a Markdown table, for the README."""
    rows = ["| setting | default | for | what it does |", "|---|---|---|---|"]
    for key in keys().values():
        default = (
            ", ".join(key.default) if isinstance(key.default, list) else key.default
        )
        shown = f"`{str(default).lower() if key.type is bool else default}`"
        doc = key.doc
        if key.choices:
            doc += " One of " + ", ".join(f"`{choice}`" for choice in key.choices) + "."
        elif key.low is not None and key.high is not None:
            doc += f" From {key.low:g} to {key.high:g}."
        shown = shown if default != "" else "–"
        rows.append(f"| `{key.name}` | {shown} | {key.scope} | {doc} |")
    return "\n".join(rows)
