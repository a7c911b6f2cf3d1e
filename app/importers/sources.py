"""Finds the files in an owner's paths: folders, archives and compressed files."""

import gzip
import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from app.core.errors import UsageError

MAX_FILES = 100_000
MAX_FILE_BYTES = 64 * 1024**3
MAX_RATIO = 250
"""The highest ratio of compression; text shrinks tenfold, a bomb more."""
RATIO_ALLOWANCE = 16 * 1024**2
"""Bytes that any file may unpack to, however small it is."""
END_BYTES = 64 * 1024

GZIP_MAGIC = b"\x1f\x8b"


class BombError(ValueError):
    """A compressed file that unpacks to an implausible size."""


class SourceFile(Protocol):
    """One file to import."""

    name: str
    size: int
    """Bytes that `tell` counts up to."""

    def open(self) -> "Stream":
        """Start reading at the beginning."""
        ...

    def beside(self, name: str) -> bytes | None:
        """Return a small file in the same folder, or None."""
        ...


class Stream(io.RawIOBase):
    """Reads a file, unpacked, and tracks its position in the packed one."""

    def __init__(self, packed: BinaryIO, size: int) -> None:
        self._packed = packed
        self._size = size
        self._read = 0
        self._is_packed = packed.read(2) == GZIP_MAGIC
        packed.seek(0)
        # gzip reads ahead of its output, so the position comes from the file below it.
        self._plain: BinaryIO = packed
        if self._is_packed:
            self._plain = gzip.GzipFile(fileobj=packed)  # type: ignore[assignment]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = self._plain.read(len(buffer))
        self._read += len(data)
        if self._is_packed and self._read > RATIO_ALLOWANCE + MAX_RATIO * self._size:
            raise BombError("it unpacks to far more than any chat export")
        buffer[: len(data)] = data
        return len(data)

    def done(self) -> int:
        """The number of bytes read from the file on disk."""
        return min(self._packed.tell(), self._size)

    def close(self) -> None:
        self._plain.close()
        self._packed.close()
        super().close()


class DiskFile:
    """A file in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.size = path.stat().st_size

    def open(self) -> Stream:
        return Stream(self.path.open("rb"), self.size)

    def beside(self, name: str) -> bytes | None:
        path = self.path.with_name(name)
        return path.read_bytes()[:END_BYTES] if path.is_file() else None


class ZipMember:
    """A file in a zip archive, read in place, never unpacked to disk."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self.name = f"{archive.filename}/{info.filename}"
        self.size = info.file_size
        if self.size > RATIO_ALLOWANCE + MAX_RATIO * info.compress_size:
            raise UsageError(f"{self.name} unpacks to far more than any chat export.")

    def open(self) -> Stream:
        return Stream(self._archive.open(self._info), self.size)  # type: ignore[arg-type]

    def beside(self, name: str) -> bytes | None:
        sibling = str(PurePosixPath(self._info.filename).with_name(name))
        try:
            with self._archive.open(sibling) as file:
                return file.read(END_BYTES)
        except KeyError:
            return None


@contextmanager
def find_sources(paths: Sequence[Path]) -> Iterator[list[SourceFile]]:
    """Return all files under the paths, sorted by name.

    Raises:
        UsageError: If a path does not exist, or holds far too much.
    """
    archives: list[zipfile.ZipFile] = []
    try:
        found: list[SourceFile] = []
        for path in paths:
            for file in _files(path):
                if zipfile.is_zipfile(file):
                    archive = zipfile.ZipFile(file)
                    archives.append(archive)
                    found += _members(archive)
                else:
                    found.append(DiskFile(file))
        if len(found) > MAX_FILES:
            raise UsageError(f"{len(found):,} files are too many for one import.")
        yield found
    except zipfile.BadZipFile as error:
        raise UsageError(f"A zip archive is damaged: {error}.") from error
    finally:
        for archive in archives:
            archive.close()


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        inside = (Path(top) / name for top, _, names in os.walk(path) for name in names)
        # A link that leaves the folder is not part of the owner's choice.
        return sorted(file for file in inside if stat.S_ISREG(file.lstat().st_mode))
    if not path.is_file():
        raise UsageError(f"{path} does not exist.", "Check the path.")
    return [path]


def _members(archive: zipfile.ZipFile) -> list[SourceFile]:
    infos = sorted(archive.infolist(), key=lambda info: info.filename)
    wanted = [info for info in infos if not info.is_dir() and _is_regular(info)]
    if sum(info.file_size for info in wanted) > MAX_FILE_BYTES:
        raise UsageError(f"{archive.filename} unpacks to more than 64 GiB.")
    names = (".json", ".jsonl", ".csv", ".txt", ".gz")
    return [
        ZipMember(archive, info)
        for info in wanted
        if info.filename.lower().endswith(names)
    ]


def _is_regular(info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16
    return stat.S_IFMT(mode) in (0, stat.S_IFREG)


def fingerprint(source: SourceFile, *more: str) -> str:
    """Hash the file's size, both ends, and the import options."""
    digest = hashlib.blake2b("\0".join((str(source.size), *more)).encode())
    if isinstance(source, DiskFile):
        with source.path.open("rb") as file:
            digest.update(file.read(END_BYTES))
            file.seek(max(0, source.size - END_BYTES))
            digest.update(file.read(END_BYTES))
    else:
        with source.open() as stream:
            digest.update(stream.read(END_BYTES) or b"")
        digest.update(source.name.encode())
    return digest.hexdigest()[:32]
