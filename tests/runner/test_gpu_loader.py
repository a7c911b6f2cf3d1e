"""A model goes to the graphics card as far as that works, else to the processor.

The cards are invented; `test_gpu_offload.py` has a real library of one.
"""

import pytest

from app.core.errors import AppError
from app.modelfiles import checks
from app.runner import backends, gpu_loader, model_loader
from app.runner.backends import Gpu

NEVER = pytest.fail


@pytest.fixture
def card(monkeypatch):
    """Puts a card in, and says with how many layers a model was loaded on it."""
    loads = []
    real = model_loader.load

    def load(path, *, gpu, gpu_layers, **options):
        loads.append((gpu.name if gpu else "", gpu_layers))
        if gpu and gpu.free_bytes == 13 << 30:
            raise AppError("llama.cpp cannot make a context of 512 tokens.")
        return real(path, gpu=None, gpu_layers=0, **options)

    def put_in(free_bytes, *, is_shared=False):
        gpu = Gpu("Voodoo 2", free_bytes, is_shared, handle=1)
        monkeypatch.setattr(backends, "has_gpu_support", lambda: True)
        monkeypatch.setattr(backends, "load_gpu", lambda: gpu)
        monkeypatch.setattr(model_loader, "load", load)
        return loads

    return put_in


@pytest.fixture
def opened(llama_started, tiny_files):
    """Opens the transformer; frees all of it afterwards."""
    every = []

    def open_model(layers=None, on_try=lambda: None, context=512):
        loaded, use = gpu_loader.open_model(
            tiny_files["transformer"],
            context=context,
            threads=1,
            layers=layers,
            on_try=on_try,
        )
        every.append(loaded)
        return use

    yield open_model
    for loaded in every:
        loaded.context.close()
        loaded.model.close()


def test_without_support_for_cards_no_library_is_touched(opened, monkeypatch):
    monkeypatch.setattr(backends, "has_gpu_support", lambda: False)
    use = opened(on_try=lambda: NEVER("a library was loaded"))
    assert use.trouble == gpu_loader.NOT_BUILT


def test_with_no_layers_no_card_is_looked_for(opened, monkeypatch):
    monkeypatch.setattr(backends, "has_gpu_support", lambda: NEVER("it was"))
    assert opened(layers=0).trouble == ""


def test_all_layers_go_to_a_card_with_room_and_the_bot_is_told_before(opened, card):
    loads, told = card(8 << 30), []
    use = opened(on_try=lambda: told.append(len(loads)))
    assert told == [0]
    assert (use.name, use.layers, use.all_layers) == ("Voodoo 2", 3, 3)
    assert use.free_bytes == 8 << 30
    assert loads == [("Voodoo 2", 3)]


def test_the_layers_of_the_settings_count_before_the_measured_ones(opened, card):
    loads = card(8 << 30)
    assert opened(layers=2).layers == 2
    assert opened(layers=-1).layers == 3
    assert [layers for _, layers in loads] == [2, -1]


def test_a_card_without_room_leaves_the_work_to_the_processor(opened, card):
    loads = card(1 << 20)
    use = opened()
    assert use.name == "" and "free memory of Voodoo 2 is too small" in use.trouble
    assert loads == [("", 0)]


def test_a_card_that_fails_leaves_the_work_to_the_processor(opened, card):
    loads = card(13 << 30)
    use = opened()
    assert use.trouble == (
        "Voodoo 2 failed: llama.cpp cannot make a context of 512 tokens"
    )
    assert loads == [("Voodoo 2", 3), ("", 0)]


def test_the_memory_of_the_computer_is_checked_for_what_it_must_hold(
    opened, card, monkeypatch
):
    seen = []
    real = checks.check

    def check(path, context, share=0.0, spare=0):
        seen.append(share)
        return real(path, context, share, spare)

    monkeypatch.setattr(checks, "check", check)
    card(8 << 30)
    opened()
    opened(layers=1)
    card(8 << 30, is_shared=True)
    opened()
    assert seen == [1.0, 1 / 3, 0.0]


def test_a_library_that_cannot_be_loaded_is_named(llama_started, tmp_path, monkeypatch):
    library = tmp_path / "libggml-vulkan.so"
    library.write_text("no library")
    monkeypatch.setenv(backends.OWN_LIBRARY, str(library))
    if backends.gpu_libraries() != [library]:
        pytest.skip("SKIPPED: this llama.cpp has a library for a graphics card")
    use = gpu_loader.look(lambda: None)
    assert use.name == "" and "libggml-vulkan.so" in use.trouble
