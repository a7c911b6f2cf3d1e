"""Small state that should survive a restart but may be lost, in one file."""

import json
from pathlib import Path
from typing import Any

from app.core.files import write_text


class StateFile:
    """A JSON object on disk, rewritten as a whole on every change."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = self._read()

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError, RecursionError):
            # All of this can be found out again, so a broken file does no harm.
            return {}
        return values if isinstance(values, dict) else {}

    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(name, default)

    def put(self, name: str, value: object) -> None:
        """Store a value; `None` removes it."""
        if value is None:
            self._values.pop(name, None)
        else:
            self._values[name] = value
        self._write()

    def clear(self) -> None:
        """Remove every value."""
        if self._values:
            self._values.clear()
            self._write()

    def _write(self) -> None:
        write_text(self._path, json.dumps(self._values))
