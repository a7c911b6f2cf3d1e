"""The catalogue of models: models.txt, and where each model's file is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.errors import ConfigError, UsageError
from app.paths import Home, asset, bundle

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")


@dataclass(frozen=True)
class Entry:
    """One line of models.txt."""

    name: str
    kind: str
    """llm or embedding."""
    source: str
    file: str
    sha256: str
    """Hex digits, or empty when fastembed checks its own files."""
    is_verified: bool
    bytes: int
    licence: str
    ram_gigabytes: float
    note: str


def parse(text: str) -> dict[str, Entry]:
    """The entries of a catalogue, by name.

    Raises:
        ConfigError: If a line is not of the catalogue's form; names the line.
    """
    entries: dict[str, Entry] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                entry = _entry(line)
            except ValueError as error:
                raise ConfigError(f"models.txt, line {number}: {error}.") from error
            entries[entry.name] = entry
    return entries


def _entry(line: str) -> Entry:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != 9:
        raise ValueError(f"nine columns expected, {len(cells)} found")
    name, kind, source, file, sha256, size, licence, ram, note = cells
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a file")
    digest = "" if sha256 == "-" else sha256.rstrip("?")
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError(f"{sha256!r} is not a sha256")
    return Entry(
        name, kind, source, file, digest, not sha256.endswith("?"), int(size), licence,
        float(ram.removesuffix(" GB")), note,
    )  # fmt: skip


def entries() -> Mapping[str, Entry]:
    """The catalogue shipped with the program."""
    return parse((bundle() / "models.txt").read_text(encoding="utf-8"))


def find(name: str) -> Entry:
    """The entry of that name.

    Raises:
        UsageError: If the catalogue has none.
    """
    known = entries()
    if name not in known:
        names = ", ".join(entry for entry in known if known[entry].kind == "llm")
        raise UsageError(f"There is no model {name!r}.", f"The catalogue has {names}.")
    return known[name]


def file_of(home: Home, name: str) -> Path:
    """Where the fetched file of a catalogue model belongs, present or not."""
    return home.models / f"{name}.gguf"


def locate(home: Home, name_or_path: str) -> Path | None:
    """The GGUF file of a catalogue model or a path; None while it is not there.

    A file tuned for this processor comes before the fetched one, and that before the
    one bundled in the program.
    """
    if name_or_path not in entries():
        path = Path(name_or_path).expanduser()
        return path if path.is_file() else None
    candidates = (
        home.models / f"{name_or_path}.tuned.gguf",
        file_of(home, name_or_path),
        asset("models") / f"{name_or_path}.gguf",
    )
    return next((path for path in candidates if path.is_file()), None)
