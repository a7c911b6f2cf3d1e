"""Room on the disk that is set aside for the day it is full."""

import logging
import os
import shutil
from pathlib import Path

from app.core.system import private

log = logging.getLogger(__name__)

SIZE = 8 << 20
"""Room for some thousand replies and messages."""

LEAST_FREE = 8 * SIZE
"""With less room on the disk nothing is set aside."""


class DiskReserve:
    """A file that gives its room to the database once the disk is full.

    With it the bot goes on replying until its owner has made room.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self) -> None:
        """Set the room aside, if it is not and the disk has enough."""
        if (
            self._path.exists()
            or shutil.disk_usage(self._path.parent).free < LEAST_FREE
        ):
            return
        try:
            # Zeros would take no room on a file system that compresses.
            self._path.write_bytes(os.urandom(SIZE))
            private.keep(self._path)
        except OSError as error:
            log.debug("No room is set aside: %s", error)
            self._path.unlink(missing_ok=True)

    def give_up(self) -> bool:
        """Free the room; False if none was set aside."""
        try:
            self._path.unlink()
        except OSError:
            return False
        log.warning(
            "The disk is full: Mynah goes on with the %d MB that it had set aside."
            " Make room on that disk",
            SIZE >> 20,
        )
        return True
