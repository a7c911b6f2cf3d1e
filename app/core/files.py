"""Files that are replaced in one step, and sizes of directories."""

import glob
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from app.core.errors import UsageError
from app.core.system import private

UNFINISHED = ".unfinished"
"""The end of a temporary's name; a process that is killed leaves such files."""

ABANDONED_SECONDS = 60.0
"""A temporary that nobody wrote to for so long belongs to a process that is gone."""

PAUSES = (0.05,) * 20 if os.name == "nt" else ()
"""Seconds between tries to replace a file that somebody reads.

Windows refuses that until a reader, such as a virus scanner, is done (FILE_SHARE_DELETE
in https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew).
"""


def ensure_free(target: Path, *, overwrite: bool) -> None:
    """Check that no file is replaced unasked.

    Raises:
        UsageError: If there is one.
    """
    if target.is_dir():
        raise UsageError(f"{target} is a folder.", "Name a file in it.")
    if target.exists() and not overwrite:
        raise UsageError(
            f"{target} already exists.",
            "Choose another name, or add --overwrite to replace it.",
        )


@contextmanager
def replacing(path: Path, *, is_secret: bool = False) -> Iterator[BinaryIO]:
    """Write a file that takes the place of `path` once it is whole and on the disk.

    The temporary lies beside it and is removed when anything fails, so that the
    earlier file stays as it was. A secret is never readable by others.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with unfinished(path) as temporary:
        handle = os.open(temporary, flags, 0o600 if is_secret else 0o666)
        with os.fdopen(handle, "w+b") as file:
            if is_secret:
                private.keep(temporary)
            yield file
            file.flush()
            to_disk(file.fileno())
        put(temporary, path, is_synced=True)


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Yield a name beside `path` for a library that writes the file by itself.

    Whatever has that name at the end of the block is removed, unless it was `put`.
    """
    _sweep(path.parent.glob(f".{glob.escape(path.name)}.*{UNFINISHED}"))
    temporary = path.with_name(f".{path.name}.{token_hex(4)}{UNFINISHED}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def put(temporary: Path, path: Path, *, is_synced: bool = False) -> None:
    """Give a whole file its place in one step, once it is on the disk."""
    if not is_synced:
        # Windows flushes only what may be written to.
        with temporary.open("rb+" if os.name == "nt" else "rb") as file:
            to_disk(file.fileno())
    _replace(temporary, path)
    sync_directory(path.parent)


def _replace(temporary: Path, path: Path) -> None:
    for pause in PAUSES:
        try:
            os.replace(temporary, path)
            return
        except PermissionError:
            time.sleep(pause)
    os.replace(temporary, path)


def write_text(path: Path, text: str, *, is_secret: bool = False) -> None:
    """Replace a file by one with this text in UTF-8, in one step."""
    with replacing(path, is_secret=is_secret) as file:
        file.write(text.encode("utf-8"))


def to_disk(handle: int) -> None:
    """Wait until what was written is on the disk, not only in the disk's own memory.

    macOS needs a call of its own for that, which some disks of other computers refuse:
    https://developer.apple.com/library/archive/documentation/System/Conceptual/ManPages_iPhoneOS/man2/fsync.2.html
    """
    if sys.platform == "darwin":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
    os.fsync(handle)


def sync_directory(directory: Path) -> None:
    """Put a directory's names on the disk, where the system can do that."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        to_disk(handle)
    finally:
        os.close(handle)


def sweep(directory: Path) -> None:
    """Remove the temporaries that killed processes left anywhere in a directory."""
    _sweep(directory.rglob(f".*{UNFINISHED}"))


def _sweep(paths: Iterator[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a directory that may be in use."""
    total = 0
    for file in (path,) if path.is_file() else path.rglob("*"):
        with suppress(FileNotFoundError):
            total += file.stat().st_size if file.is_file() else 0
    return total
