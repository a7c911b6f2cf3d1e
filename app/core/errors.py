"""The errors an owner can act on; everything else is a bug and keeps its traceback."""

EXIT_BUG = 70
"""Exit code of a process that ended by a bug, by sysexits."""


class AppError(Exception):
    """Something the owner can mend: what happened, and what to do about it."""

    exit_code = 69
    """Of the process, by sysexits: 64 usage, 69 unavailable, 78 configuration."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(AppError):
    """The command's words are off."""

    exit_code = 64


class ConfigError(AppError):
    """A setting or file of the home cannot be used as it is."""

    exit_code = 78


class ProviderError(AppError):
    """A provider could not produce text; the ladder goes on with the next rung."""


class ChildExitError(AppError):
    """A child process ended, or could not be started."""
