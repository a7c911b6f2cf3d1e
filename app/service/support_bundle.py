"""The support bundle: no secrets, no text or names of people."""

import json
import platform
import re
import sqlite3
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path

import psutil

from app import __version__
from app.core import secrets
from app.core.errors import ConfigError
from app.core.paths import Home
from app.ipc.control import Check, GuildFigures
from app.ipc.wire import Json
from app.service.logs import redact
from app.settings import host_keys
from app.settings.config_file import stored
from app.settings.setting_keys import Key, find_key
from app.store.engines.address import place_of

_RECORD = re.compile(r"\d{4}(?:-\d\d-\d\d[ T]\d\d:\d\d:\d\d[,.\d+:]++)? [A-Z]+ [\w.]+:")
"""The start of a log record, as opposed to a line of a traceback."""

_FRAME = re.compile(r'\A[\s|+-]*+(?:File ["\'][^"\']+["\'], line \d+|Traceback \()')
"""A line of a traceback that says where, and nothing that anyone wrote."""

_ERROR = re.compile(r"\A[\s|+-]*+((?:[A-Za-z_]\w*+\.)*+[A-Z]\w*+)(?::.*)?$")
"""The line that names an error; what it says of it may be chat text."""

_CHANNEL = re.compile(r"(?<![\w&])#[\w-]+")

SAFE_TEXTS = {"model.name", "memory.model", "openai.model"}


def write(
    home: Home, target: Path, checks: Sequence[Check], guilds: Sequence[GuildFigures]
) -> list[str]:
    """Write the bundle; return the names of its files.

    Args:
        checks: The doctor's checks.
        guilds: The learned guilds, as in the reply to `Guilds`.
    """
    hide = _Hide(home, [guild.guild for guild in guilds])
    facts = {
        "about": _about(),
        "doctor": [
            asdict(check) | {"detail": hide(check.detail), "hint": hide(check.hint)}
            for check in checks
        ],
        "settings": _settings(home, hide),
        "home": _home(home),
        "servers": [_guild(guild) for guild in guilds],
    }
    files = {
        f"{name}.json": json.dumps(value, indent=1) for name, value in facts.items()
    }
    for log in sorted(home.log_file.parent.glob(home.log_file.name + "*")):
        text = log.read_text(encoding="utf-8", errors="replace")
        files[f"logs/{log.name}"] = hide(_without_errors_texts(text))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in files.items():
            bundle.writestr(name, text)
    return list(files)


def _without_errors_texts(log: str) -> str:
    """The records of a log, and of tracebacks the places and the errors' names alone.

    An error's text may go on over several lines, and groups of errors indent theirs.
    """
    kept = []
    for line in "\n".join(map(_as_text, log.split("\n"))).split("\n"):
        if _RECORD.match(line) or _FRAME.match(line):
            kept.append(line)
        elif named := _ERROR.match(line):
            kept.append(f"{named[1]}: [left out]")
    return "\n".join(kept)


def _as_text(line: str) -> str:
    """Return a line of a log for programs as one for people; others stay."""
    try:
        told = json.loads(line)
        record = "{time} {level} {logger}: {message}".format(
            **{**told, "level": told["level"].upper()}
        )
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return line
    return f"{record}\n{told.get('error', '')}".rstrip("\n")


class _Hide:
    """Removes secrets, server names and the owner's directory from a text."""

    def __init__(self, home: Home, names: Sequence[str]) -> None:
        found = [secrets.get(home, name) for name in secrets.ENVIRONMENT]
        self._words = {
            **{
                value: "[secret]"
                for value in (*found, *host_keys.values(home))
                if value
            },
            **_database(home),
            str(home.root): "[home]",
            str(Path.home()): "~",
            **{name: "[server]" for name in sorted(names, key=len, reverse=True)},
        }

    def __call__(self, text: str) -> str:
        for word, shown in self._words.items():
            # Of thousands of servers few are named.
            if word in text:
                whole = rf"(?<!\w){re.escape(word)}(?!\w)"
                text = re.sub(whole, shown, text)
        return redact(_CHANNEL.sub("#[channel]", text))


def _database(home: Home) -> dict[str, str]:
    """Return the words that tell where a database on a server is."""
    try:
        place = place_of(home)
    except ConfigError:
        return {}
    if isinstance(place, Path):
        return {}
    # The whole address first, as its parts stand in it.
    return {str(place): "[database]", place.host: "[database's host]"}


def _about() -> Json:
    memory = psutil.virtual_memory()
    return {
        "mynah": __version__,
        "packaged": bool(getattr(sys, "frozen", False)),
        "python": sys.version,
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(logical=False),
        "threads": psutil.cpu_count(),
        "memory_bytes": memory.total,
        "memory_free_bytes": memory.available,
        "sqlite": sqlite3.sqlite_version,
        "libraries": {item.name: item.version for item in distributions()},
    }


def _settings(home: Home, hide: _Hide) -> Json:
    """Return settings that differ from the defaults; of text, only its length."""
    try:
        return {
            name: _shown(find_key(name), value)
            for name, value in stored(home.config_file).items()
        }
    except ConfigError as error:
        return {"error": hide(str(error))}


def _shown(key: Key, value: object) -> object:
    if key.choices or not isinstance(value, str | list):
        return value
    if key.name in SAFE_TEXTS:
        return Path(str(value)).name
    return f"[{len(value)} {'characters' if isinstance(value, str) else 'items'}]"


def _home(home: Home) -> Json:
    """Return the size of every file of Mynah, by its place in the home."""
    return {
        path.relative_to(home.root).as_posix(): path.stat().st_size
        for paths in home.present().values()
        for top in paths
        for path in sorted([top, *top.rglob("*")])
        if path.is_file()
    }


def _guild(guild: GuildFigures) -> Json:
    wanted = ("row", "messages", "words", "voice", "embeddings", "bytes")
    return {name: getattr(guild, name) for name in wanted}
