"""What the settings of the model ask of llama.cpp, and whether it gets it."""

import pytest
from llama_cpp import llama_cpp as api

from app.core.errors import AppError
from app.modelfiles import gguf_header
from app.modelfiles.gguf_header import GgufError
from app.runner import llama, model_loader
from app.settings.model_sections import ModelSettings
from tests.runner import tiny


@pytest.fixture
def load(llama_started, tiny_files):
    """Loads the transformer; frees all of it afterwards."""
    opened = []

    def load(context=512, threads=1, gpu_layers=0):
        loaded = model_loader.load(
            tiny_files["transformer"],
            context=context,
            threads=threads,
            gpu_layers=gpu_layers,
        )
        opened.append(loaded)
        return loaded

    yield load
    for loaded in opened:
        loaded.context.close()
        loaded.model.close()


@pytest.mark.parametrize("size", [512, 1024])
def test_each_conversation_has_an_equal_part_of_the_context(load, size):
    assert load(context=size * model_loader.SLOTS).context.size == size


@pytest.mark.parametrize("threads", [1, 3])
def test_prompt_and_answer_are_computed_with_the_threads_asked_for(load, threads):
    handle = load(threads=threads).context._handle
    assert api.llama_n_threads(handle) == threads
    assert api.llama_n_threads_batch(handle) == threads


@pytest.mark.parametrize("layers", [0, 7, -1])
def test_as_many_layers_are_offloaded_as_asked_for(load, layers, monkeypatch):
    asked = []
    open_model = api.llama_model_load_from_file

    def spy(path, params):
        asked.append(params.n_gpu_layers)
        return open_model(path, params)

    monkeypatch.setattr(api, "llama_model_load_from_file", spy)
    load(gpu_layers=layers)
    assert asked == [layers]


def test_why_a_file_cannot_be_loaded_is_never_that_of_another_file(
    llama_started, tmp_path, monkeypatch
):
    # The file went after it was checked.
    monkeypatch.setattr(gguf_header, "cached", lambda path: None)
    facts, shapes = tiny.transformer()
    facts |= {"general.architecture": "frobnicator"}
    path = tiny.write_file(tmp_path / "bad.gguf", facts | tiny.vocabulary(), shapes)
    for bad, cause in ((path, "frobnicator"), (tmp_path / "gone.gguf", "failed to")):
        with pytest.raises(AppError, match=cause):
            model_loader.load(bad, context=512, threads=1, gpu_layers=0)


def test_the_setting_says_how_many_conversations_share_the_context():
    field = ModelSettings.__dataclass_fields__["context"]
    assert f"by {model_loader.SLOTS} conversations" in str(field.metadata)
    assert ModelSettings().context % (model_loader.SLOTS * 256) == 0


@pytest.mark.parametrize(
    ("native", "read"),
    [
        ("llama_model_load_from_file", lambda model, bad: llama.Model(bad)),
        ("llama_adapter_lora_init", lambda model, bad: model.load_adapter(bad)),
        ("llama_model_quantize", lambda model, bad: llama.quantise(bad, bad, 7, 1)),
    ],
)
def test_native_code_reads_no_file_before_it_was_checked(
    load, tmp_path, monkeypatch, native, read
):
    model = load().model
    given: list[object] = []

    def spy(*args: object) -> int:
        given.append(args)
        return 0

    monkeypatch.setattr(api, native, spy)
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"GGUF" + bytes([3, 0, 0, 0]) + b"\xff" * 16)
    with pytest.raises(GgufError):
        read(model, bad)
    assert not given


@pytest.mark.parametrize(
    ("name", "is_said"),
    [("<start_of_image>", False), ("[multimodal]", False), ("<table>", True)],
)
def test_marks_that_a_maker_added_by_hand_are_not_said(
    llama_started, tmp_path, monkeypatch, name, is_said
):
    # As in Gemma 3's vocabulary, whose types of tokens are read from its file.
    facts = tiny.vocabulary()
    facts["tokenizer.ggml.tokens"][4] = name
    facts["tokenizer.ggml.token_type"][4] = 4
    monkeypatch.setattr(tiny, "vocabulary", lambda: facts)
    loaded = model_loader.load(
        tiny.write(tmp_path / "named.gguf"), context=512, threads=1, gpu_layers=0
    )
    try:
        assert (4 not in loaded.model.control_tokens) == is_said
    finally:
        loaded.context.close()
        loaded.model.close()
