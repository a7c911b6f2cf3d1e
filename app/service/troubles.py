"""Standing troubles, for the owner's eyes until they are over."""

from collections.abc import Callable

from app.ipc.control import StandingTrouble


class Troubles:
    """At most one trouble of a name; each is told once when it begins."""

    def __init__(self, warn: Callable[[str], None] = lambda text: None) -> None:
        self._warn = warn
        self._now: dict[str, StandingTrouble] = {}

    def begin(self, name: str, detail: str, hint: str) -> None:
        """Note what is wrong, and what the owner can do."""
        trouble = StandingTrouble(detail, hint)
        if self._now.get(name) != trouble:
            self._now[name] = trouble
            self._warn(f"{detail} {hint}")

    def end(self, name: str) -> None:
        """Note that it is well again."""
        self._now.pop(name, None)

    @property
    def every(self) -> list[StandingTrouble]:
        return list(self._now.values())
