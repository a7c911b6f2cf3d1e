"""Files inside the one-file executable that are not unpacked at every start.

PyInstaller's bootloader unpacks data at every start. The models are in the same archive
under a type that it leaves alone, and this module reads them on demand. A cookie near
the end of the executable gives the archive's length and its table; the table's rows
give the offset and size of each item.
"""

import hashlib
import os
import shutil
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.core.errors import AppError
from app.core.paths import asset

_MAGIC = b"MEI\014\013\012\013\016"
_COOKIE = struct.Struct("!8sIIII64s")
_ROW = struct.Struct("!IIIIBc")
_SEARCHED = 1 << 16
"""The number of bytes at the executable's end to search for the cookie."""


class Slice:
    """A part of an open file, read from its start."""

    def __init__(self, file: BinaryIO, offset: int, size: int) -> None:
        self._file = file
        self._left = size
        file.seek(offset)

    def read(self, size: int = -1) -> bytes:
        """Read at most `size` bytes; empty at the end of the part."""
        wanted = self._left if size < 0 else min(size, self._left)
        block = self._file.read(wanted)
        self._left -= len(block)
        return block


@contextmanager
def open_carried(name: str, program: Path | None = None) -> Iterator[Slice | None]:
    """Open the carried file of that name; None if this program does not carry it."""
    if program is None and not getattr(sys, "frozen", False):
        yield None
        return
    with (program or Path(sys.executable)).open("rb") as file:
        place = _find(file, name)
        yield Slice(file, *place) if place else None


def embedding_model(kept: Path) -> Path:
    """Return the directory of the built-in embedding model.

    A one-file program extracts the model into `kept` once, and again for each new
    model.

    Raises:
        AppError: If the program carries a damaged model.
    """
    shipped = asset("embedding")
    if (shipped / "model.onnx").is_file():
        return shipped
    sums = (shipped / "SHA256SUMS").read_bytes()
    target = kept / "built-in"
    marker = target / "SHA256SUMS"
    if not marker.is_file() or marker.read_bytes() != sums:
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept) as folder:
            made = Path(folder) / "built-in"
            shutil.copytree(shipped, made)
            _take_out("models/embedding.onnx", made / "model.onnx", sums.decode())
            shutil.rmtree(target, ignore_errors=True)
            os.replace(made, target)
    return target


def _take_out(name: str, target: Path, sums: str) -> None:
    """Write a carried file; `sums` has its sha256, in sha256sum's format."""
    digest = hashlib.sha256()
    with open_carried(name) as carried, target.open("wb") as out:
        while carried and (block := carried.read(1 << 20)):
            digest.update(block)
            out.write(block)
    if f"{digest.hexdigest()}  {target.name}" not in sums.splitlines():
        raise AppError("The program file is damaged.", "Download it again.")


def _find(file: BinaryIO, name: str) -> tuple[int, int] | None:
    """Return offset and size of an uncompressed item of the executable's archive."""
    end = file.seek(0, 2)
    tail = max(0, end - _SEARCHED)
    file.seek(tail)
    at = file.read().rfind(_MAGIC)
    if at < 0:
        return None
    file.seek(tail + at)
    _, length, table, table_size, *_ = _COOKIE.unpack(file.read(_COOKIE.size))
    start = tail + at + _COOKIE.size - length
    file.seek(start + table)
    rows = file.read(table_size)
    cursor = 0
    while cursor < table_size:
        size, offset, stored, _, is_packed, _ = _ROW.unpack_from(rows, cursor)
        label = rows[cursor + _ROW.size : cursor + size].rstrip(b"\0")
        # On Windows, PyInstaller writes names with backslashes.
        if label.replace(b"\\", b"/") == name.encode() and not is_packed:
            return start + offset, stored
        cursor += size
    return None
