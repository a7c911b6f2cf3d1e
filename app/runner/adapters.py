"""The LoRA adapters loaded in a runner, shared by the guilds that use them."""

from pathlib import Path

from app.core.errors import AppError
from app.modelfiles import checks
from app.runner.llama import Adapter, LlamaError, Model


class Adapters:
    """Loads an adapter on first use, and again when its file has changed."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._loaded: dict[tuple[Path, int], Adapter] = {}

    def get(self, path: str | None) -> Adapter | None:
        """Return the adapter in a file; None means the model without an adapter.

        Raises:
            AppError: If it is not an adapter, or belongs to another model.
        """
        if path is None:
            return None
        file = Path(path)
        checks.check_adapter(file, self._model.path)
        version = (file, file.stat().st_mtime_ns)
        if version not in self._loaded:
            try:
                self._loaded[version] = self._model.load_adapter(file)
            except LlamaError as error:
                raise AppError(
                    f"{str(error).capitalize()}.", "Set another model.adapter."
                ) from error
        return self._loaded[version]
