"""Settings that name files of this computer, checked against what is there."""

from pathlib import Path

from app.core.paths import Home
from app.modelfiles import catalogue, checks
from app.modelfiles.gguf_header import GgufError, cached
from app.settings.schema import Config

NAMES = frozenset({"model.adapter"})
"""The settings that are checked so."""


def check(home: Home, config: Config, name: str, value: object) -> None:
    """Refuse an adapter that is not there or does not fit the model in use. Blocking.

    Raises:
        AppError: With what is wrong.
    """
    if name not in NAMES or not value:
        return
    adapter = Path(str(value))
    if not adapter.is_file():
        raise GgufError(f"There is no file {adapter}.", "Check the path.")
    cached(adapter)
    if model := catalogue.locate(home, config.model.name):
        checks.check_adapter(adapter, model)
