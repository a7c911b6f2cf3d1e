"""The owner's config.toml: errors name their line, and comments stay."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import tomlkit
from tomlkit.items import InlineTable

from app.core.errors import ConfigError
from app.core.files import write_text
from app.settings.hosts import check_provider
from app.settings.schema import Config
from app.settings.setting_keys import (
    HOSTS,
    RETIRED,
    check,
    find_key,
    with_overrides,
)


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
            f"{path} cannot be read: {error}.", _hint_for(text, error)
        ) from error
    found: dict[str, object] = {}
    for section, name, value in _items(path, text, tree):
        if f"{section}.{name}" in RETIRED:
            continue
        try:
            found[f"{section}.{name}"] = check(f"{section}.{name}", value)
        except ConfigError as error:
            where = _where(path, text, section, name)
            raise ConfigError(f"{where}: {error.message}", error.hint) from error
    _check_hosts(path, text, found)
    return found


def _check_hosts(path: Path, text: str, found: dict[str, object]) -> None:
    """Refuse replies from a host that the file does not have."""
    wanted = found.get("reply.provider")
    if isinstance(wanted, str):
        try:
            check_provider(with_overrides(Config(), found), wanted)
        except ConfigError as error:
            where = _where(path, text, "reply", "provider")
            hint = "Correct the name, or write a section [hosts.NAME] for it."
            raise ConfigError(f"{where}: {error.message}", hint) from error


def save(path: Path, name: str, value: object | None) -> None:
    """Set one value in the file, or remove it with None; comments stay.

    Raises:
        ConfigError: If the name or value does not fit, or the file is broken.
    """
    key = find_key(name)
    stored(path)
    document = tomlkit.parse(_read(path))
    section, _, item = key.name.rpartition(".")
    outer, _, inner = section.partition(".")
    table = document.setdefault(outer, tomlkit.table(is_super_table=bool(inner)))
    if inner:
        is_inline = isinstance(table, InlineTable)
        new = tomlkit.inline_table() if is_inline else tomlkit.table()
        table = table.setdefault(inner, new)
    if value is None:
        table.pop(item, None)
    else:
        table[item] = check(name, value)
    _write(path, document)


def remove_host(path: Path, host: str) -> None:
    """Remove the table of a host.

    Raises:
        ConfigError: If the file is broken or cannot be written.
    """
    stored(path)
    document = tomlkit.parse(_read(path))
    hosts = document.get(HOSTS, {})
    hosts.pop(host, None)
    if not hosts:
        document.pop(HOSTS, None)
    _write(path, document)


def _write(path: Path, document: tomlkit.TOMLDocument) -> None:
    try:
        write_text(path, tomlkit.dumps(document))
    except OSError as error:
        why = error.strerror or str(error)
        hint = "Check the folder's permissions and the free space on its disk."
        raise ConfigError(f"{path} cannot be written: {why}.", hint) from error


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
    except OSError as error:
        if os.path.isdir(path):
            hint = "Move that folder away; the settings belong in a file."
            raise ConfigError(f"{path} is a folder, not a file.", hint) from error
        hint = "Give yourself permission to read it."
        why = error.strerror or str(error)
        raise ConfigError(f"{path} cannot be read: {why}.", hint) from error


def _hint_for(text: str, error: tomllib.TOMLDecodeError) -> str:
    """Say how to correct a line that is not TOML."""
    found = re.search(r"at line (\d+)", str(error))
    lines = text.splitlines()
    line = lines[int(found[1]) - 1] if found and int(found[1]) <= len(lines) else ""
    if '"' in line and "\\" in line:
        return "Write a path in single quotes, or with / in place of \\."
    return "Correct that line."


def _items(
    path: Path, text: str, tree: dict[str, object]
) -> Iterator[tuple[str, str, object]]:
    for section, table in tree.items():
        if not isinstance(table, dict):
            where = _where(path, text, "", section)
            raise ConfigError(f"{where}: {section} must be a [section] with settings.")
        if section == HOSTS:
            yield from _hosts(path, text, table)
            continue
        for name, value in table.items():
            yield section, name, value


def _hosts(
    path: Path, text: str, hosts: dict[str, object]
) -> Iterator[tuple[str, str, object]]:
    for host, table in hosts.items():
        if not isinstance(table, dict):
            where = _where(path, text, HOSTS, host)
            raise ConfigError(f"{where}: {host} must be a [hosts.NAME] with settings.")
        for name, value in table.items():
            yield f"{HOSTS}.{host}", name, value


def _where(path: Path, text: str, section: str, name: str) -> str:
    """Return the file and, unless the syntax is unusual, the line of a setting."""
    here = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\A\s*\[\s*([\w.-]+)\s*\]", line):
            here = header[1]
        elif item := re.match(r"\A\s*([\w.-]+)\s*=", line):
            written = f"{here}.{item[1]}".lstrip(".")
            if written == f"{section}.{name}".lstrip("."):
                return f"{path}, line {number}"
    outer, dot, inner = section.rpartition(".")
    # The table may stand in one line.
    return _where(path, text, outer, inner) if dot else str(path)
