"""Errors an owner can act on; everything else is a bug and keeps its traceback."""

import errno

EXIT_BUG = 70
"""The exit code after a bug, by sysexits."""


class AppError(Exception):
    """An error the owner can fix: what happened, and what to do about it."""

    exit_code = 69
    """The exit code, by sysexits: 64 usage, 69 unavailable, 78 configuration."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(AppError):
    """Wrong words on the command line."""

    exit_code = 64


STOPPED = "It was stopped."


class StoppedError(AppError):
    """The owner stopped the work; what is done of it is kept."""

    def __init__(self, hint: str) -> None:
        super().__init__(STOPPED, hint)


class ConfigError(AppError):
    """An unusable setting or file of the home."""

    exit_code = 78


class ProviderError(AppError):
    """A provider could not write text; the ladder continues with the next rung."""


class NotAllowedError(ProviderError):
    """A request holds words that may not go to its host; nothing was sent."""


class InputRefusedError(ProviderError):
    """A host refused the words of one request; it takes others."""


class WrongAddressError(ProviderError):
    """No API answers under an address, though something else may."""


class LoadingError(ProviderError):
    """A host is still loading its model; later it answers."""


class DiskFullError(AppError):
    """A disk or database has no room left."""


class ChildExitError(AppError):
    """A child process ended, or could not start."""


_BY_NUMBER = {
    errno.ENOSPC: ("The disk is full", "Make room on that disk, then try again."),
    errno.EDQUOT: ("Your quota on that disk is used up", "Make room, then try again."),
    errno.EROFS: ("The disk is read-only", "Choose another directory, or remount it."),
    errno.EACCES: ("Permission is denied", "Check who owns the file and its folder."),
    errno.EPERM: ("Permission is denied", "Check who owns the file and its folder."),
    errno.EBUSY: ("The file is in use", "Name a copy of it instead."),
    errno.EMFILE: ("Too many files are open", "Restart Mynah, or raise `ulimit -n`."),
    errno.ENOENT: ("The file is not there", "Check the name."),
    errno.EISDIR: ("That is a directory, not a file", "Check the name."),
    errno.EEXIST: ("A file of that name is there already", "Choose another name."),
    errno.ELOOP: ("Links of that path lead back to it", "Correct the links."),
    errno.ENAMETOOLONG: ("That name is too long", "Choose a shorter one."),
    errno.EIO: ("The disk did not answer", "Check the disk, then try again."),
    errno.ENOTDIR: ("A part of that path is a file", "Check the name."),
}


_REFUSED_NAMES = (123, 161, 206)
"""Windows' ERROR_INVALID_NAME, ERROR_BAD_PATHNAME and ERROR_FILENAME_EXCED_RANGE.

https://learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-
"""


def explain_os_error(error: OSError) -> AppError | None:
    """The system's error as the owner can act on it; None for any other."""
    if getattr(error, "winerror", None) in _REFUSED_NAMES:
        what = "Windows takes no such name"
        hint = 'Choose a shorter one, without any of / \\ : * ? " < > |.'
    elif error.errno in _BY_NUMBER:
        what, hint = _BY_NUMBER[error.errno]
    else:
        return None
    name = f": {error.filename}" if error.filename else ""
    kind = DiskFullError if error.errno == errno.ENOSPC else AppError
    return kind(f"{what}{name}.", hint)
