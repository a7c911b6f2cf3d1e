"""Small state that should survive a restart but may be lost, in one file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.core.files import write_text
from app.core.state_shapes import Shape


class StateFile:
    """A JSON object on disk, rewritten as a whole on every change."""

    def __init__(
        self,
        path: Path,
        shapes: Mapping[str, Shape] | None = None,
        shape: Shape = lambda value: True,
    ) -> None:
        """Read the file.

        Args:
            shapes: The shapes of values by name; a value of another one is not read.
            shape: That of all other values.
        """
        self._path = path
        self._shapes = shapes or {}
        self._shape = shape
        self._values = self._read()

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError, RecursionError):
            # All of this can be found out again, so a broken file does no harm.
            return {}
        if not isinstance(values, dict):
            return {}
        return {
            name: value
            for name, value in values.items()
            if self._shapes.get(name, self._shape)(value)
        }

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
