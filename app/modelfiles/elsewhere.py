"""Finds the models that other programs keep on this computer; nothing is copied."""

import json
import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import AppError
from app.modelfiles import checks
from app.modelfiles.gguf_header import Header

MOST_DEPTH = 6
MOST_FILES = 20_000
"""The most files to look at in one folder of models; most people have a few."""

MOST_MANIFEST_BYTES = 1_000_000
_WEIGHTS = "application/vnd.ollama.image.model"
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_DEFAULT_HOST, _DEFAULT_OWNER = "registry.ollama.ai", "library"


@dataclass(frozen=True)
class FoundModel:
    """One language model where another program keeps it."""

    program: str
    title: str
    path: Path
    bytes: int
    header: Header


@dataclass(frozen=True)
class Found:
    """The models of the other programs."""

    models: list[FoundModel]
    left_out: int
    """The number of files that cannot be loaded, such as parts of models."""


def folders(
    environ: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> list[tuple[str, Path]]:
    """Return where each program keeps its models, there or not."""
    user = Path.home()
    cache = _named(environ, "XDG_CACHE_HOME") or user / ".cache"
    kept, own_cache = _of_system(environ, platform, user)
    hub = _named(environ, "HF_HOME") or cache / "huggingface"
    return [
        # https://lmstudio.ai/docs/basics/import-model; older versions used the second.
        ("LM Studio", user / ".lmstudio" / "models"),
        ("LM Studio", user / ".cache" / "lm-studio" / "models"),
        # https://github.com/ollama/ollama/blob/main/docs/faq.md, where models are
        # stored; the service that its installer makes on Linux has a home of its own.
        ("Ollama", _named(environ, "OLLAMA_MODELS") or user / ".ollama" / "models"),
        ("Ollama", Path("/usr/share/ollama/.ollama/models")),
        # `default_data_folder_path` in Jan's src-tauri, and its llamacpp extension.
        ("Jan", kept / "Jan" / "data" / "llamacpp" / "models"),
        # https://huggingface.co/docs/huggingface_hub/guides/manage-cache
        ("Hugging Face", _named(environ, "HF_HUB_CACHE") or hub / "hub"),
        # `fs_get_cache_directory` in llama.cpp's common/common.cpp.
        ("llama.cpp", _named(environ, "LLAMA_CACHE") or own_cache / "llama.cpp"),
    ]


def _named(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(value) if (value := environ.get(name)) else None


def _of_system(
    environ: Mapping[str, str], platform: str, user: Path
) -> tuple[Path, Path]:
    """Return the folders for data and for caches of all programs."""
    if platform == "win32":
        roaming = _named(environ, "APPDATA") or user / "AppData" / "Roaming"
        return roaming, _named(environ, "LOCALAPPDATA") or user / "AppData" / "Local"
    if platform == "darwin":
        return user / "Library" / "Application Support", user / "Library" / "Caches"
    data = _named(environ, "XDG_DATA_HOME") or user / ".local" / "share"
    return data, _named(environ, "XDG_CACHE_HOME") or user / ".cache"


def find(places: list[tuple[str, Path]]) -> Found:
    """Return the language models in these folders. Blocking.

    Nothing outside them is read: a link that leads out of its folder is passed over
    with all that lies beside it, since a model may have several files.
    """
    models: dict[Path, FoundModel] = {}
    left_out = 0
    for program, folder in places:
        try:
            root = folder.resolve(strict=True)
        except (OSError, RuntimeError):
            continue
        # A frame holds no other path.
        if not str(root).isprintable():
            continue
        files = _ollama(root) if program == "Ollama" else _plain(program, root)
        for title, path in files:
            try:
                real, size = path.resolve(strict=True), path.stat().st_size
                if real not in models:
                    header = checks.check_kind(path)
                    models[real] = FoundModel(program, title, path, size, header)
            except (AppError, OSError):
                left_out += 1
    return Found(list(models.values()), left_out)


def _plain(program: str, root: Path) -> Iterator[tuple[str, Path]]:
    """Yield title and path of each GGUF file, the first one of a model in parts."""
    for directory, names in _walk(root):
        paths = [directory / name for name in names if name.endswith(".gguf")]
        if not all(_is_inside(path, root) for path in paths):
            continue
        for path in paths:
            part = re.search(r"-(\d{5})-of-\d{5}\.gguf\Z", path.name)
            if part is None or part[1] == "00001":
                title = path.stem
                if program == "Jan":
                    title = path.parent.relative_to(root).as_posix()
                yield title, path


def _ollama(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield title and weights of each model that a manifest names."""
    manifests = root / "manifests"
    for directory, names in _walk(manifests):
        for name in names:
            manifest = directory / name
            if not _is_inside(manifest, root):
                continue
            if found := _weights(manifest):
                blob = root / "blobs" / f"sha256-{found}"
                if _is_inside(blob, root):
                    yield _title(manifest.relative_to(manifests).parts), blob


def _weights(manifest: Path) -> str:
    """Return the digits of the file of weights; empty when there is none."""
    try:
        if manifest.stat().st_size > MOST_MANIFEST_BYTES:
            return ""
        told = json.loads(manifest.read_bytes())
    except (OSError, ValueError, RecursionError):
        return ""
    layers = told.get("layers") if isinstance(told, dict) else None
    for layer in layers if isinstance(layers, list) else []:
        if isinstance(layer, dict) and layer.get("mediaType") == _WEIGHTS:
            if found := _DIGEST.fullmatch(str(layer.get("digest"))):
                return found[1]
    return ""


def _title(parts: tuple[str, ...]) -> str:
    """Return the name by which Ollama calls a model."""
    *place, tag = parts
    if place[:1] == [_DEFAULT_HOST]:
        place = place[1:]
        place = place[1:] if place[:1] == [_DEFAULT_OWNER] else place
    return f"{'/'.join(place)}:{tag}"


def _walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield each folder below, with the names of its files; follows no links."""
    seen = 0
    for directory, inner, names in os.walk(root):
        path = Path(directory)
        if len(path.relative_to(root).parts) >= MOST_DEPTH:
            inner.clear()
        inner[:] = sorted(name for name in inner if name.isprintable())
        seen += len(names)
        if seen > MOST_FILES:
            return
        yield path, sorted(name for name in names if name.isprintable())


def _is_inside(path: Path, root: Path) -> bool:
    """Tell if a path is a file in that folder, wherever links lead."""
    try:
        real = path.resolve(strict=True)
        is_file = stat.S_ISREG(real.stat().st_mode)
    except (OSError, RuntimeError):
        return False
    return is_file and real.is_relative_to(root)
