"""Windows' rule for mapped files, on Linux: nobody removes or replaces them.

https://learn.microsoft.com/en-us/dotnet/api/system.io.fileinfo.delete says so of files
that are "open or memory-mapped".
"""

import os
import sys

import psutil
import pytest

ON_LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="Linux alone tells which files are mapped"
)


def are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to remove what this process maps."""

    def unlink(path: str, *, dir_fd: int | None = None) -> None:
        folder = "" if dir_fd is None else os.readlink(f"/proc/self/fd/{dir_fd}")
        whole = os.path.join(folder, path)
        if any(one.path == whole for one in psutil.Process().memory_maps()):
            raise PermissionError(13, "Access is denied", whole)
        _unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", unlink)


_unlink = os.unlink
