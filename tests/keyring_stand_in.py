"""A keyring in memory, of which no list can be had, as of those of every system."""

import threading

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class Ring(KeyringBackend):
    """Counts how often it is asked, and notes on which threads."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.asked = 0
        self.threads: set[threading.Thread] = set()
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        self.asked += 1
        self.threads.add(threading.current_thread())
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]

    def _open(self) -> None:
        if self.is_locked:
            raise KeyringLocked("nobody typed the password")
