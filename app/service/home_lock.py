"""The lock of a home: one process at a time may write it."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from app.core.errors import AppError
from app.core.files import sweep
from app.core.paths import Home
from app.core.system.children_end import end_children_with_this


class HomeBusyError(AppError):
    """Another process uses this home."""

    def __init__(self, home: Home) -> None:
        super().__init__(
            f"Another Mynah already uses {home.root}.",
            "Wait until it ends, or stop it.",
        )


@contextmanager
def hold(home: Home) -> Iterator[None]:
    """Hold the home's lock; the system releases it however the process ends.

    The children of this process work in the home, so they end with it.

    Raises:
        HomeBusyError: If another process holds it.
    """
    home.create()
    lock = FileLock(home.lock_file, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise HomeBusyError(home) from error
    try:
        end_children_with_this()
        sweep(home.root)
        yield
    finally:
        lock.release()
