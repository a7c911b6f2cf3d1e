"""Errors an owner can act on; everything else is a bug and keeps its traceback."""

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


class ConfigError(AppError):
    """An unusable setting or file of the home."""

    exit_code = 78


class ProviderError(AppError):
    """A provider could not write text; the ladder continues with the next rung."""


class ChildExitError(AppError):
    """A child process ended, or could not start."""
