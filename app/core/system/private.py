"""Files and folders that their owner alone can read: by mode, or by Windows' lists."""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path


def keep(path: Path) -> None:
    """Let nobody but the owner read a file, or a folder with all that comes into it.

    Windows adds itself and its administrators, who could take it anyway. Some disks,
    such as most USB sticks, know no owners; there it does nothing.
    """
    with suppress(OSError):
        if sys.platform == "win32":
            _set_list(path)
        else:
            path.chmod(0o700 if path.is_dir() else 0o600)


def is_open(path: Path) -> bool:
    """Tell if other people on this computer can read a file or folder.

    Raises:
        OSError: If nobody can tell.
    """
    if sys.platform == "win32":
        return _is_for_many(_list_of(path))
    return bool(path.stat().st_mode & 0o077)


def remedy(path: Path) -> str:
    """Return the command that keeps it private."""
    is_folder = path.is_dir()
    if os.name == "nt":
        right = "(OI)(CI)F" if is_folder else "F"
        return f'icacls "{path}" /inheritance:r /grant:r "%USERNAME%:{right}"'
    return f"chmod {700 if is_folder else 600} {path}"


_MANY = ("WD", "AN", "AU", "BG", "BU", "IU", "LG", "NU")
"""Everyone, guests, and whoever has an account or is logged on."""


def _is_for_many(text: str) -> bool:
    """Tell if a list, in Microsoft's notation, lets others in; no list lets all in.

    https://learn.microsoft.com/windows/win32/secauthz/ace-strings
    """
    entries = re.findall(r"\((\w+);[^;]*;[^;]*;[^;]*;[^;]*;([^;)]*)", text)
    return not entries or any(
        kind == "A" and trustee in _MANY for kind, trustee in entries
    )


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _DACL = 4
    """DACL_SECURITY_INFORMATION."""

    def _check(has_worked: int) -> None:
        if not has_worked:
            raise ctypes.WinError(ctypes.get_last_error())

    def _library() -> ctypes.WinDLL:
        return ctypes.WinDLL("advapi32", use_last_error=True)

    def _set_list(path: Path) -> None:
        """Set a list that inherits nothing, as Python's mkdir does for mode 0o700."""
        library, found = _library(), ctypes.c_void_p()
        flags = "OICI" if path.is_dir() else ""
        text = "D:P" + "".join(f"(A;{flags};FA;;;{one})" for one in ("SY", "BA", "OW"))
        convert = library.ConvertStringSecurityDescriptorToSecurityDescriptorW
        _check(convert(text, 1, ctypes.byref(found), None))
        try:
            _check(library.SetFileSecurityW(str(path), _DACL, found))
        finally:
            ctypes.WinDLL("kernel32").LocalFree(found)

    def _list_of(path: Path) -> str:
        """Return the list in Microsoft's notation."""
        library, size = _library(), wintypes.DWORD()
        get = library.GetFileSecurityW
        get(str(path), _DACL, None, 0, ctypes.byref(size))
        found = ctypes.create_string_buffer(max(1, size.value))
        _check(get(str(path), _DACL, found, len(found), ctypes.byref(size)))
        text = wintypes.LPWSTR()
        convert = library.ConvertSecurityDescriptorToStringSecurityDescriptorW
        _check(convert(found, 1, _DACL, ctypes.byref(text), None))
        try:
            return text.value or ""
        finally:
            ctypes.WinDLL("kernel32").LocalFree(text)
