"""LoRA adapters over a tiny real model: each guild's own, never mixed, and checked."""

import pytest

from app.core.errors import AppError
from app.modelfiles.checks import check_adapter
from app.modelfiles.gguf_header import GgufError
from app.runner.adapters import Adapters
from tests.runner import tiny
from tests.runner.test_scheduler import LONG, Runner


@pytest.fixture
def tuned(tmp_path):
    return tiny.write_adapter(tmp_path / "tuned.gguf")


def test_the_guild_with_an_adapter_writes_otherwise_and_the_other_as_before(
    load, tuned
):
    plain = Runner(load()).write(LONG).text
    runner = Runner(load())
    adapter = Adapters(runner.loaded.model).get(str(tuned))
    with_it = runner.write(LONG, "a", adapter)
    without = runner.write(LONG, "b")
    again = runner.write(LONG, "a", adapter)
    assert with_it.text != plain
    assert without.text == plain
    assert again.text == with_it.text


def test_what_was_read_with_an_adapter_is_not_reused_without_it(load, tuned):
    runner = Runner(load(context=1024))
    adapter = Adapters(runner.loaded.model).get(str(tuned))
    runner.write(LONG, "a", adapter)
    assert runner.write(LONG, "c").cached_tokens == 0
    assert runner.write(LONG + "on", "b", adapter).cached_tokens > 100


def test_guilds_with_and_without_write_side_by_side_as_they_would_alone(load, tuned):
    plain = Runner(load()).write(LONG, max_tokens=40).text
    runner = Runner(load(context=1024))
    adapter = Adapters(runner.loaded.model).get(str(tuned))
    alone = runner.write(LONG, "x", adapter, max_tokens=40).text
    tuned_one = runner.submit("well, " + LONG, "a", adapter, max_tokens=40)
    plain_one = runner.submit(LONG, "b", max_tokens=40)
    other_one = runner.submit(LONG, "c", adapter, max_tokens=40)
    runner.run()
    assert runner.done[plain_one].text == plain
    assert runner.done[other_one].text == alone
    assert runner.done[tuned_one].completion_tokens == 40


def test_an_adapter_is_loaded_once(load, tuned):
    adapters = Adapters(load().model)
    assert adapters.get(str(tuned)) is adapters.get(str(tuned))
    assert adapters.get(None) is None


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"architecture": "gemma2"}, "made for gemma2, not llama"),
        ({"width": 32}, "blk.0.attn_q.weight has another size"),
    ],
)
def test_an_adapter_of_another_model_is_refused_in_words(
    tiny_files, tmp_path, more, complaint
):
    path = tiny.write_adapter(tmp_path / "other.gguf", **more)
    with pytest.raises(GgufError, match=complaint):
        check_adapter(path, tiny_files["transformer"])


def test_a_model_is_no_adapter(load, tiny_files):
    with pytest.raises(AppError, match="is not a LoRA adapter"):
        Adapters(load().model).get(str(tiny_files["recurrent"]))


def test_half_an_adapter_is_refused(tiny_files, tmp_path):
    facts, shapes = tiny.adapter()
    del shapes["blk.1.attn_q.weight.lora_b"]
    path = tiny.write_file(tmp_path / "half.gguf", facts, shapes)
    with pytest.raises(GgufError, match="one half of blk.1.attn_q.weight is missing"):
        check_adapter(path, tiny_files["transformer"])


def test_what_llama_itself_refuses_is_told_in_its_words(load, tmp_path):
    facts, shapes = tiny.adapter()
    path = tiny.write_file(
        tmp_path / "odd.gguf", facts | {"adapter.type": "other"}, shapes
    )
    with pytest.raises(AppError, match="expect adapter.type to be 'lora'"):
        Adapters(load().model).get(str(path))
