"""Tiny models, really loaded by llama.cpp."""

from pathlib import Path

import pytest

from tests.runner import tiny


@pytest.fixture(scope="session")
def llama_started() -> None:
    # Not at the top: some files here pass without llama.cpp.
    from app.runner import llama

    llama.start()


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A transformer, and three models that cannot roll back."""
    directory = tmp_path_factory.mktemp("tiny")
    return {kind: tiny.write(directory / f"{kind}.gguf", kind) for kind in tiny.KINDS}


@pytest.fixture
def load(llama_started, tiny_files):
    """Loads one of the tiny models, with so much context for each conversation;
    frees all of them afterwards."""
    from app.runner import model_loader

    opened = []

    def open_model(kind="transformer", context=512):
        whole = context * model_loader.SLOTS
        loaded = model_loader.load(
            tiny_files[kind], context=whole, threads=1, gpu_layers=0
        )
        opened.append(loaded)
        return loaded

    yield open_model
    for loaded in opened:
        loaded.context.close()
        loaded.model.close()
