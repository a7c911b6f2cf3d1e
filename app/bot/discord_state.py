"""What the connection to Discord must remember across restarts, in one small file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

DAY_SECONDS = 86_400.0


class StateFile:
    """A JSON object on disk, replaced as a whole whenever a value changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = self._read()

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            # Everything in here can be found out again, so a broken file is no loss.
            return {}
        return values if isinstance(values, dict) else {}

    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(name, default)

    def put(self, name: str, value: Any) -> None:
        """Keep a value; `None` takes it out."""
        if value is None:
            self._values.pop(name, None)
        else:
            self._values[name] = value
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps(self._values), encoding="utf-8")
        temporary.replace(self._path)


class IdentifyBudget:
    """How many new sessions may still be started, counted across restarts.

    Discord resets the bot token after 1,000 in a day, so a crash loop must never come
    near that.
    """

    WINDOWS = ((600.0, 5), (DAY_SECONDS, 100))
    """Seconds, and the most identifies within them."""

    def __init__(self, state: StateFile, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock

    def wait_seconds(self) -> float:
        """Seconds until the next identify is allowed; 0 when it is allowed now."""
        now = self._clock()
        times = self._recent(now)
        waits = [0.0]
        for window, most in self.WINDOWS:
            inside = [then for then in times if now - then < window]
            if len(inside) >= most:
                waits.append(inside[-most] + window - now)
        return max(waits)

    def spend(self) -> None:
        """Count one identify."""
        now = self._clock()
        self._state.put("identifies", [*self._recent(now), now])

    def _recent(self, now: float) -> list[float]:
        times = self._state.get("identifies", [])
        return [then for then in times if 0 <= now - then < DAY_SECONDS]
