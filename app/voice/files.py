"""Named arrays on disk: one mapped file per generation, and a manifest that names it.

A generation is complete before the manifest names it, so killing the process at any
moment leaves the previous generation in place.
"""

import json
import mmap
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from app.core.files import UNFINISHED, replacing, write_text
from app.voice.spool import chunks

_FORMAT = 5
_ALIGN = 64
_BLOCK = 1 << 18
"""The number of bytes under one checksum."""

_SAMPLES = 16
"""Blocks checked at opening: 4 MiB, a few milliseconds."""


class VoiceFileError(ValueError):
    """A damaged file of a voice; the voice must be rebuilt from the database."""


@dataclass(frozen=True, slots=True)
class MappedFiles:
    """One generation, mapped."""

    path: Path
    facts: dict[str, Any]
    """The writer's notes beside the arrays."""

    arrays: dict[str, npt.NDArray[np.generic]]
    """Read-only arrays, read from disk on access."""

    bytes: int
    checksums: list[int]

    def verify(self) -> None:
        """Read the whole file and compare every checksum: a second per gigabyte.

        It bypasses the mapping, so the process does not grow, and lets other threads
        run.

        Raises:
            VoiceFileError: When a bit has changed since the file was written.
        """
        _check_blocks(self.path, self.checksums, range(len(self.checksums)))


def write(
    directory: Path,
    name: str,
    arrays: Mapping[str, npt.NDArray[np.generic]],
    facts: Mapping[str, object],
) -> None:
    """Write the next generation of `name` and remove the earlier ones.

    When this returns, the generation is on disk and `read` opens it.

    Args:
        directory: Made when missing.
        name: Letters; several names live in one directory.
        arrays: One-dimensional.
        facts: JSON values.
    """
    directory.mkdir(parents=True, exist_ok=True)
    generation = 1 + max(_generations(directory, name), default=0)
    path = directory / f"{name}-{generation}.bin"
    with replacing(path) as file:
        parts, checksums = _write_parts(file, arrays)
    body = {
        "format": _FORMAT,
        "file": path.name,
        "bytes": path.stat().st_size,
        "facts": dict(facts),
        "parts": parts,
        "checksums": checksums,
    }
    manifest = {"body": body, "checksum": _body_checksum(body)}
    write_text(directory / f"{name}.json", json.dumps(manifest))
    sweep(directory, name)


def read(directory: Path, name: str) -> MappedFiles:
    """Map the newest generation of `name` after a check that takes a few milliseconds.

    This checks size, manifest and a sample of the blocks; `verify` checks the rest.

    Raises:
        FileNotFoundError: When there is none.
        VoiceFileError: When it is damaged, or written by another version.
    """
    body = _read_manifest(directory / f"{name}.json")
    path = directory / body["file"]
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise VoiceFileError(f"{path.name} is missing") from None
    if size != body["bytes"]:
        raise VoiceFileError(f"{path.name} has {size} bytes, not {body['bytes']}")
    checksums: list[int] = body["checksums"]
    step = max(1, len(checksums) // _SAMPLES)
    _check_blocks(
        path, checksums, {*range(0, len(checksums), step), len(checksums) - 1}
    )
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {
        part: np.frombuffer(mapped, dtype, count, offset)
        if count
        else np.empty(0, dtype)
        for part, (dtype, count, offset) in body["parts"].items()
    }
    return MappedFiles(path, body["facts"], arrays, size, checksums)


def facts(directory: Path, name: str) -> dict[str, Any]:
    """Return the writer's notes of the newest generation alone.

    Raises:
        FileNotFoundError: When there is none.
        VoiceFileError: When the manifest is damaged.
    """
    found: dict[str, Any] = _read_manifest(directory / f"{name}.json")["facts"]
    return found


def sweep(directory: Path, name: str) -> bool:
    """Remove every generation of `name` except the newest.

    Returns:
        True when nothing older is left; Windows keeps mapped files.
    """
    try:
        newest = _read_manifest(directory / f"{name}.json")["file"]
    except (FileNotFoundError, VoiceFileError):
        newest = None
    clean = True
    for path in _files(directory, name):
        if path.name != newest:
            try:
                path.unlink(missing_ok=True)
            except PermissionError:
                clean = False
    return clean


def remove(directory: Path, name: str) -> bool:
    """Remove every generation of `name`; return True when nothing is left."""
    (directory / f"{name}.json").unlink(missing_ok=True)
    return sweep(directory, name)


def _files(directory: Path, name: str) -> list[Path]:
    """Files of `name` besides its manifest, also those that a killed process left."""
    name, end = re.escape(name), re.escape(UNFINISHED)
    # Earlier versions left `.tmp`.
    ours = re.compile(
        rf"{name}(-\d+\.(bin|tmp)|\.json\.tmp)|\.{name}(-\d+\.bin|\.json)\.\w+{end}"
    )
    return [path for path in directory.glob("*") if ours.fullmatch(path.name)]


def _generations(directory: Path, name: str) -> list[int]:
    found = (re.search(r"-(\d+)\.", path.name) for path in _files(directory, name))
    return [int(number[1]) for number in found if number]


def _write_parts(
    file: BinaryIO, arrays: Mapping[str, npt.NDArray[np.generic]]
) -> tuple[dict[str, tuple[str, int, int]], list[int]]:
    parts, checksums, offset = {}, [0], 0
    for part, array in arrays.items():
        parts[part] = (array.dtype.str, len(array), offset)
        padding = np.zeros(-array.nbytes % _ALIGN, np.uint8)
        for _, some in chain(chunks(array), chunks(padding)):
            piece = np.ascontiguousarray(some).data.cast("B")
            while piece:
                room = _BLOCK - offset % _BLOCK
                file.write(piece[:room])
                checksums[-1] = zlib.crc32(piece[:room], checksums[-1])
                offset += len(piece[:room])
                if offset % _BLOCK == 0:
                    checksums.append(0)
                piece = piece[room:]
    if offset % _BLOCK == 0:
        checksums.pop()
    return parts, checksums


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_bytes())
        body: dict[str, Any] = manifest["body"]
        intact = manifest["checksum"] == _body_checksum(body)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise VoiceFileError(f"{path.name} cannot be read") from None
    if not intact:
        raise VoiceFileError(f"{path.name} is damaged")
    if body["format"] != _FORMAT:
        raise VoiceFileError(f"{path.name} has format {body['format']}")
    return body


def _body_checksum(body: Mapping[str, object]) -> int:
    return zlib.crc32(json.dumps(body, sort_keys=True).encode())


def _check_blocks(path: Path, checksums: list[int], blocks: Iterable[int]) -> None:
    with path.open("rb", buffering=0) as file:
        for block in sorted(blocks):
            file.seek(block * _BLOCK)
            if zlib.crc32(file.read(_BLOCK)) != checksums[block]:
                raise VoiceFileError(f"{path.name} is damaged at {block * _BLOCK}")
