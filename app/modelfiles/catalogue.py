"""The catalogue of models: models.txt, and the location of each model's file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import ConfigError, UsageError
from app.core.names import typed_path
from app.core.paths import Home, asset, bundle

ECHO = "echo"
"""The model for trials, which says what was said."""

BUILT_IN = "built-in"
"""The embedding model that comes with the program."""

PROJECTOR = "mmproj"
"""In the names of files that let a model see."""

MOUTH, PART = "mouth", "part"
"""The kinds of a model that says replies aloud, and of its other files."""

PARTS = ("projector", PART)
"""The kinds of files that are fetched with others."""

MOUTH_FILES = tuple(
    f"onnx/{name}"
    for name in (
        "tts.json", "unicode_indexer.json", "duration_predictor.onnx",
        "text_encoder.onnx", "vector_estimator.onnx", "vocoder.onnx",
    )
)  # fmt: skip
"""The files without which a mouth says nothing; each of its voices has one more."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")

MOST_NAME = 56
"""The longest name of a model from a hub."""

_DEVICES = {"con", "prn", "aux", "nul"}
_DEVICES |= {f"{port}{number}" for port in ("com", "lpt") for number in range(10)}
"""Names that Windows keeps for devices, whatever follows behind a dot."""

_ON_HUB = re.compile(
    r"hub:(?P<owner>\w[\w.-]*)/(?P<repository>\w[\w.-]*)(@(?P<revision>\w[\w.-]*))?"
    r"/(?P<file>(\w[\w.+-]*/)*(?P<stem>\w[\w.+-]*)\.gguf)",
    re.ASCII,
)
_PART = re.compile(r"-\d{5}-of-\d{5}$")


@dataclass(frozen=True)
class CatalogueEntry:
    """One line of models.txt."""

    name: str
    kind: str
    """llm, projector, mouth, part or embedding."""
    source: str
    file: str
    sha256: str
    """Hex digits, or empty when fastembed or the hub knows them."""
    is_verified: bool
    bytes: int
    licence: str
    ram_gigabytes: float
    note: str

    @property
    def address(self) -> str:
        """The name by which `find` finds a file of a hub again."""
        return f"{self.source}/{self.file}"


def parse(text: str) -> dict[str, CatalogueEntry]:
    """Parse the entries of a catalogue, by name.

    Raises:
        ConfigError: If a line has the wrong format; names the line.
    """
    entries: dict[str, CatalogueEntry] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                entry = _entry(line)
            except ValueError as error:
                raise ConfigError(f"models.txt, line {number}: {error}.") from error
            entries[entry.name] = entry
    return entries


def _entry(line: str) -> CatalogueEntry:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != 9:
        raise ValueError(f"nine columns expected, {len(cells)} found")
    name, kind, source, file, sha256, size, licence, ram, note = cells
    if not _is_name(name):
        raise ValueError(f"{name!r} cannot be the name of a file")
    digest = "" if sha256 in ("-", "?") else sha256.rstrip("?")
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError(f"{sha256!r} is not a sha256")
    return CatalogueEntry(
        name, kind, source, file, digest, not sha256.endswith("?"), int(size), licence,
        float(ram.removesuffix(" GB")), note,
    )  # fmt: skip


def entries() -> Mapping[str, CatalogueEntry]:
    """Return the catalogue shipped with the program."""
    return parse((bundle() / "models.txt").read_text(encoding="utf-8"))


def names() -> list[str]:
    """Return the names of the catalogue's language models."""
    return [one.name for one in entries().values() if one.kind == "llm"]


def find(name: str) -> CatalogueEntry:
    """Find an entry by name, or make one for hub:OWNER/REPOSITORY[@REVISION]/FILE.

    Raises:
        UsageError: If the name fits neither.
    """
    if name.startswith("hub:"):
        return _on_hub(name)
    known = entries()
    if name not in known:
        hint = f"The catalogue has {', '.join(names())}."
        raise UsageError(f"There is no model {name!r}.", hint)
    return known[name]


def _on_hub(address: str) -> CatalogueEntry:
    """Make an entry for any file of a hub, with the hub's own size and sha256."""
    found = _ON_HUB.fullmatch(address)
    if not found:
        raise UsageError(
            f"{address!r} does not name a file on a hub.",
            "Write it as hub:OWNER/REPOSITORY/FILE.gguf.",
        )
    if is_part(found["file"]):
        raise UsageError(
            f"{found['file']} is only one part of a model.",
            "Choose a model in a single file.",
        )
    name = re.sub(r"[^a-z0-9.]+", "-", f"{found['owner']}-{found['stem']}".lower())
    if len(name) > MOST_NAME:
        # Files of one model differ at the end, by their quantisation.
        half = MOST_NAME // 2
        name = f"{name[:half]}-{name[-half:]}"
    name = name.strip("-._")
    name = name if _is_name(name) else f"model-{name}".strip("-.")
    source = f"hub:{found['owner']}/{found['repository']}@{found['revision'] or ''}"
    return CatalogueEntry(
        name, "llm", source.rstrip("@"), found["file"], "", False, 0,
        "licence: see the hub", 0.0, f"from {found['owner']}/{found['repository']}",
    )  # fmt: skip


def is_repository(text: str) -> bool:
    """Tell if a text can be OWNER/REPOSITORY in the address of a file on a hub."""
    found = _ON_HUB.fullmatch(f"hub:{text}/any.gguf")
    return found is not None and f"{found['owner']}/{found['repository']}" == text


def is_part(file: str) -> bool:
    """Tell if a file of a hub is one of several that make a model."""
    return _PART.search(file.removesuffix(".gguf")) is not None


def _is_name(text: str) -> bool:
    """Tell if a text can be the name of a model and of its file on any system."""
    is_device = text.split(".")[0] in _DEVICES
    return _NAME.fullmatch(text) is not None and not is_device


def own(home: Home) -> list[str]:
    """Return the names of local language models outside the catalogue."""
    names = {
        path.name.removesuffix(".gguf").removesuffix(".tuned")
        for path in home.models.glob("*.gguf")
    }
    names = {name for name in names - entries().keys() if _is_name(name)}
    return sorted(name for name in names if PROJECTOR not in name)


def parts_of(name: str) -> list[CatalogueEntry]:
    """Return what is fetched with a model: its projector, or the rest of a mouth."""
    parts = (one for one in entries().values() if one.kind in PARTS)
    return [one for one in parts if one.name.rpartition(".")[0] == name]


def projector_beside(model: Path) -> Path | None:
    """Return the projector that lies beside a model; None if it has no eyes.

    It is called NAME.mmproj.gguf, as it is fetched here, or mmproj-NAME.gguf, as people
    publish it.
    """
    name = model.name.removesuffix(".gguf").removesuffix(".tuned")
    beside = (f"{name}.{PROJECTOR}.gguf", f"{PROJECTOR}-{name}.gguf")
    found = (model.with_name(one) for one in beside)
    return next((path for path in found if path.is_file()), None)


def file_of(home: Home, name: str) -> Path:
    """Return the place of a catalogue model's downloaded file, present or not."""
    return home.models / f"{name}.gguf"


def target_of(home: Home, entry: CatalogueEntry) -> Path:
    """Return the place of an entry's file; those of a mouth lie in its folder."""
    if entry.kind not in (MOUTH, PART):
        return file_of(home, entry.name)
    name = entry.name if entry.kind == MOUTH else entry.name.rpartition(".")[0]
    return home.models / name / entry.file


def mouth_at(home: Home, name_or_path: str) -> Path | None:
    """Return the folder of a mouth by name or path; None if files are missing."""
    is_named = _is_name(name_or_path)
    folder = home.models / name_or_path if is_named else typed_path(name_or_path)
    is_whole = all((folder / one).is_file() for one in MOUTH_FILES)
    return folder if name_or_path and is_whole else None


def locate(home: Home, name_or_path: str) -> Path | None:
    """Return the GGUF file for a model's name or a path; None if it is missing.

    A file tuned for this processor comes first, then the downloaded one, then the
    bundled one.
    """
    candidates = [typed_path(name_or_path)]
    if _is_name(name_or_path):
        candidates = [
            home.models / f"{name_or_path}.tuned.gguf",
            file_of(home, name_or_path),
            asset("models") / f"{name_or_path}.gguf",
            *candidates,
        ]
    return next((path for path in candidates if path.is_file()), None)
