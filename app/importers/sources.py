"""Finds the files in an owner's paths: folders, archives and compressed files."""

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from app.core.errors import UsageError
from app.importers import leftovers
from app.importers.streams import (
    MAX_RATIO,
    RATIO_ALLOWANCE,
    READ_ERRORS,
    Stream,
    explain_read_error,
)

MAX_FILES = 100_000
MAX_FILE_BYTES = 64 * 1024**3
END_BYTES = 64 * 1024
MAX_BESIDE_BYTES = 32 * 1024**2
"""The largest list beside the messages, such as the members of a workspace."""

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")

COMPRESSIONS = {
    zipfile.ZIP_STORED,
    zipfile.ZIP_DEFLATED,
    zipfile.ZIP_BZIP2,
    zipfile.ZIP_LZMA,
}


class SourceFile(Protocol):
    """One file to import."""

    name: str
    """Its path, as it is shown."""
    size: int
    """Bytes that `Stream.done` counts up to."""
    is_given: bool
    """True if the owner named this very file."""

    def open(self) -> Stream:
        """Start reading at the beginning."""
        ...

    def beside(self, name: str) -> bytes | None:
        """Return a small file in the same folder, or above with `../`, or None."""
        ...

    def on_disk(self) -> Path | None:
        """Return its path, if it is a plain file that other programs could open."""
        ...


class DiskFile:
    """A file in a folder."""

    def __init__(self, path: Path, *, is_given: bool = False) -> None:
        self.path = path
        self.name = shown(path)
        self.size = path.stat().st_size
        self.is_given = is_given

    def open(self) -> Stream:
        return Stream(self.path.open("rb"), self.size)

    def beside(self, name: str) -> bytes | None:
        path = self.path.parent / name
        try:
            with path.open("rb") as file:
                return file.read(MAX_BESIDE_BYTES)
        except OSError:
            return None

    def on_disk(self) -> Path | None:
        return self.path


class ZipMember:
    """A file in a zip archive, read in place, never unpacked to disk."""

    is_given = False

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info
        self.name = f"{shown(archive.filename or '')}/{shown(info.filename)}"
        self.size = info.file_size

    def open(self) -> Stream:
        return Stream(self._archive.open(self._info), self.size)  # type: ignore[arg-type]

    def beside(self, name: str) -> bytes | None:
        folder = PurePosixPath(self._info.filename).parent
        while name.startswith("../"):
            folder, name = folder.parent, name.removeprefix("../")
        try:
            with self._archive.open(str(folder / name)) as file:
                return file.read(MAX_BESIDE_BYTES)
        except (KeyError, *READ_ERRORS):
            return None

    def on_disk(self) -> Path | None:
        return None


def shown(path: object) -> str:
    """Return a path as text that can be sent; what is not Unicode becomes `�`."""
    return os.fsencode(str(path)).decode("utf-8", "replace")


class LeftOutFile(NamedTuple):
    """A file that is not read, and the reason."""

    name: str
    reason: str


@dataclass
class Sources:
    """The files under an owner's paths."""

    files: list[SourceFile] = field(default_factory=list)
    passed_over: list[LeftOutFile] = field(default_factory=list)
    """Files that hold no messages, such as attachments."""
    faults: list[LeftOutFile] = field(default_factory=list)
    """Files that cannot be read, with what to do."""


@contextmanager
def find_sources(paths: Sequence[Path]) -> Iterator[Sources]:
    """Return all files under the paths, sorted by name.

    Raises:
        UsageError: If a path does not exist, or holds far too many files.
    """
    archives: list[zipfile.ZipFile] = []
    try:
        found = Sources()
        for path in paths:
            if path.is_dir():
                _add_folder(found, path, archives)
            elif path.is_file():
                _add(found, path, archives, is_given=True)
            else:
                raise UsageError(f"{shown(path)} does not exist.", "Check the path.")
            if len(found.files) > MAX_FILES:
                raise UsageError(
                    f"An import takes {MAX_FILES:,} files at most.",
                    "Import the folders one by one.",
                )
        yield found
    finally:
        for archive in archives:
            archive.close()


def _add_folder(found: Sources, path: Path, archives: list[zipfile.ZipFile]) -> None:
    def unreadable(error: OSError) -> None:
        found.faults.append(LeftOutFile(shown(error.filename), str(error.strerror)))

    inside: list[Path] = []
    for top, folders, names in os.walk(path, onerror=unreadable):
        inside += (Path(top) / name for name in names)
        # A link that leaves the folder is not part of the owner's choice.
        links = [one for one in folders if (Path(top) / one).is_symlink()]
        inside += (Path(top) / name for name in links)
    if not inside and not found.faults:
        found.faults.append(LeftOutFile(shown(path), "the folder holds no files"))
    for file in sorted(inside):
        mode = file.lstat().st_mode
        name = shown(file)
        reason = leftovers.reason(shown(file.relative_to(path)))
        if stat.S_ISLNK(mode):
            found.passed_over.append(LeftOutFile(name, leftovers.LINK))
        elif not stat.S_ISREG(mode):
            found.passed_over.append(LeftOutFile(name, leftovers.NO_FILE))
        elif reason:
            found.passed_over.append(LeftOutFile(name, reason))
        else:
            _add(found, file, archives, is_given=False)


def _add(
    found: Sources, path: Path, archives: list[zipfile.ZipFile], *, is_given: bool
) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        if magic not in ZIP_MAGIC:
            found.files.append(DiskFile(path, is_given=is_given))
            return
        archive = zipfile.ZipFile(path)
    except READ_ERRORS as error:
        found.faults.append(LeftOutFile(shown(path), explain_read_error(error)))
        return
    archives.append(archive)
    _add_members(found, archive)


def _add_members(found: Sources, archive: zipfile.ZipFile) -> None:
    name = shown(archive.filename or "")
    infos = sorted(archive.infolist(), key=lambda info: info.filename)
    infos = [info for info in infos if not info.is_dir()]
    if not infos:
        found.faults.append(LeftOutFile(name, "the archive holds no files"))
    if len(infos) > MAX_FILES or sum(one.file_size for one in infos) > MAX_FILE_BYTES:
        reason = "it unpacks to far more than any chat export"
        found.faults.append(LeftOutFile(name, reason))
        return
    if {"[Content_Types].xml", "mimetype"} & {info.filename for info in infos}:
        reason = "it is a file of an office program: save it as CSV or plain text"
        found.faults.append(LeftOutFile(name, reason))
        return
    faults: dict[str, list[str]] = {}
    for info in infos:
        passed = leftovers.reason(shown(info.filename)) or _is_no_file(info)
        if passed:
            member = f"{name}/{shown(info.filename)}"
            found.passed_over.append(LeftOutFile(member, passed))
        elif fault := _fault(archive, info):
            faults.setdefault(fault, []).append(shown(info.filename))
        else:
            found.files.append(ZipMember(archive, info))
    for fault, members in faults.items():
        more = f" and {len(members) - 1} more" if len(members) > 1 else ""
        found.faults.append(LeftOutFile(f"{name}/{members[0]}{more}", fault))


def _is_no_file(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return leftovers.LINK
    return "" if stat.S_IFMT(mode) in (0, stat.S_IFREG) else leftovers.NO_FILE


def _fault(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> str:
    """Return why a member cannot be read, "" if it can."""
    if info.flag_bits & 1:
        return "it is encrypted: unpack the archive, and import the folder"
    if info.compress_type not in COMPRESSIONS:
        return (
            "it is compressed in a way that Mynah cannot read:"
            " unpack the archive, and import the folder"
        )
    if info.file_size > RATIO_ALLOWANCE + MAX_RATIO * info.compress_size:
        return "it unpacks to far more than any chat export"
    try:
        with archive.open(info) as file:
            is_archive = file.read(4) in ZIP_MAGIC
    except READ_ERRORS as error:
        return explain_read_error(error)
    return "it is an archive in an archive: unpack the outer one" if is_archive else ""


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
