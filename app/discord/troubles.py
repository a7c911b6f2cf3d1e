"""Standing troubles of the connection to Discord, for the owner's eyes."""

from collections.abc import Callable
from typing import Literal

from app.ipc.control import Trouble

Kind = Literal["commands", "clock", "account"]


class Troubles:
    """At most one trouble of a kind; each is told once when it begins."""

    def __init__(self, warn: Callable[[str], None] = lambda text: None) -> None:
        self._warn = warn
        self._now: dict[Kind, Trouble] = {}

    def begin(self, kind: Kind, detail: str, hint: str) -> None:
        """Note what is wrong, and what the owner can do."""
        trouble = Trouble(detail, hint)
        if self._now.get(kind) != trouble:
            self._now[kind] = trouble
            self._warn(f"{detail} {hint}")

    def end(self, kind: Kind) -> None:
        """Note that it is well again."""
        self._now.pop(kind, None)

    @property
    def every(self) -> list[Trouble]:
        return list(self._now.values())
