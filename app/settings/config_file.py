"""The owner's config.toml: errors name their line, and comments stay."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import tomlkit

from app.core.errors import ConfigError
from app.settings.schema import Config
from app.settings.setting_keys import check, find_key, with_overrides


def load(path: Path) -> Config:
    """Load the settings of a config file; a missing file means all defaults.

    Raises:
        ConfigError: If the file is not TOML, or a setting in it is unknown or does not
            fit; names the line.
    """
    return with_overrides(Config(), stored(path))


def stored(path: Path) -> dict[str, object]:
    """Return only the values in the file, by name; raises as `load` does."""
    text = _read(path)
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{path} cannot be read: {error}.", "Correct that line."
        ) from error
    found: dict[str, object] = {}
    for section, name, value in _items(path, text, tree):
        try:
            found[f"{section}.{name}"] = check(f"{section}.{name}", value)
        except ConfigError as error:
            where = _where(path, text, section, name)
            raise ConfigError(f"{where}: {error.message}", error.hint) from error
    return found


def save(path: Path, name: str, value: object | None) -> None:
    """Set one value in the file, or remove it with None; comments stay.

    Raises:
        ConfigError: If the name or value does not fit, or the file is broken.
    """
    key = find_key(name)
    stored(path)
    document = tomlkit.parse(_read(path))
    section, _, item = key.name.partition(".")
    table = document.setdefault(section, tomlkit.table())
    if value is None:
        table.pop(item, None)
    else:
        table[item] = check(name, value)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(tomlkit.dumps(document), encoding="utf-8")
    temporary.replace(path)


def _read(path: Path) -> str:
    """Read the file's text, without the mark that some Windows editors add."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} cannot be read: it is not UTF-8.", "Save it as UTF-8."
        ) from error


def _items(
    path: Path, text: str, tree: dict[str, object]
) -> Iterator[tuple[str, str, object]]:
    for section, table in tree.items():
        if not isinstance(table, dict):
            where = _where(path, text, "", section)
            raise ConfigError(f"{where}: {section} must be a [section] with settings.")
        for name, value in table.items():
            yield section, name, value


def _where(path: Path, text: str, section: str, name: str) -> str:
    """Return the file and, unless the syntax is unusual, the line of a setting."""
    here = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
            here = header[1]
        elif item := re.match(r"\s*([\w.-]+)\s*=", line):
            written = f"{here}.{item[1]}".lstrip(".")
            if written == f"{section}.{name}".lstrip("."):
                return f"{path}, line {number}"
    return str(path)
