"""Settings that name files of this computer, checked against what is there."""

from pathlib import Path

from app.core.errors import UsageError
from app.core.paths import Home
from app.modelfiles import catalogue, checks
from app.modelfiles.gguf_header import GgufError, cached
from app.settings.schema import Config

ADAPTER = "model.adapter"
PROJECTOR = "model.projector"
EARS = "model.ears"
MOUTH = "model.mouth"

WHISPER = b"lmgg"
"""The beginning of a model of whisper.cpp."""


def check(home: Home, config: Config, name: str, value: object) -> None:
    """Refuse a model or an adapter that is not there, or does not fit. Blocking.

    Raises:
        AppError: With what is wrong.
    """
    if name == "model.name":
        _check_model(home, str(value))
    elif name == ADAPTER and value:
        _check_adapter(home, config, Path(str(value)))
    elif name == PROJECTOR and value:
        _check_projector(home, config, Path(str(value)))
    elif name == EARS and value:
        _check_ears(Path(str(value)))
    elif name == MOUTH and value:
        _check_mouth(home, str(value))


def _check_model(home: Home, name: str) -> None:
    if path := catalogue.locate(home, name):
        checks.check_kind(path)
    elif name != catalogue.ECHO and name not in catalogue.names():
        raise not_known(name)


def not_known(name: str) -> UsageError:
    """Return the error that a model is not known."""
    return UsageError(
        f"{name} is neither in the catalogue nor a file.",
        "Choose one with `mynah models list`.",
    )


def _check_projector(home: Home, config: Config, projector: Path) -> None:
    _check_there(projector)
    if model := catalogue.locate(home, config.model.name):
        checks.check_projector(projector, model)


def _check_ears(path: Path) -> None:
    if not path.is_file():
        raise GgufError(f"There is no file {path}.", "Check the path.")
    with path.open("rb") as file:
        if file.read(len(WHISPER)) != WHISPER:
            raise GgufError(
                f"{path.name} is not a model of whisper.cpp.",
                "Choose a file such as ggml-base-q5_1.bin of ggerganov/whisper.cpp.",
            )


def _check_mouth(home: Home, name: str) -> None:
    if catalogue.mouth_at(home, name):
        return
    entry = catalogue.entries().get(name)
    if entry is not None and entry.kind == catalogue.MOUTH:
        raise UsageError(
            f"{name} is not whole on this computer yet.",
            f"Fetch it with `mynah models pull {name}`.",
        )
    raise UsageError(
        f"{name} is not a model that says replies aloud.",
        "Fetch one with `mynah models pull supertonic-3`, or name a folder with one.",
    )


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise GgufError(f"There is no file {path}.", "Check the path.")
    cached(path)


def _check_adapter(home: Home, config: Config, adapter: Path) -> None:
    _check_there(adapter)
    if model := catalogue.locate(home, config.model.name):
        checks.check_adapter(adapter, model)
