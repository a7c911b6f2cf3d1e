"""The choice between formats, and real requantising of a tiny model."""

import pytest

from app.core.errors import AppError
from app.modelfiles import gguf_header
from app.runner import quantisation
from app.runner.quantisation import Measured, choose


def measured(name, prompt, decode, bits):
    return Measured(name, 1, prompt, decode, bits)


AS_IT_IS = measured("as it is", 200, 107, 1.732)
Q8_0 = measured("Q8_0", 370, 126, 1.733)
IQ4_NL = measured("IQ4_NL", 550, 179, 1.774)


def test_the_quickest_that_loses_next_to_nothing_is_kept():
    assert choose([AS_IT_IS, Q8_0, IQ4_NL]) is Q8_0


def test_a_file_that_is_best_as_it_is_stays():
    assert choose([measured("as it is", 500, 200, 1.7), Q8_0, IQ4_NL]).format == (
        "as it is"
    )


def test_a_loss_that_does_not_count_lets_the_quickest_win():
    assert choose([AS_IT_IS, Q8_0, measured("IQ4_NL", 550, 179, 1.74)]).format == (
        "IQ4_NL"
    )


def test_requantising_writes_a_whole_smaller_model(tiny_files, tmp_path, llama_started):
    source = tiny_files["transformer"]
    target = tmp_path / "tuned.gguf"
    quantisation.requantise(source, target, "Q8_0", 1)
    assert gguf_header.read(target).architecture == "llama"
    assert target.stat().st_size < source.stat().st_size
    assert list(tmp_path.iterdir()) == [target]


def test_tuning_measures_every_format_and_leaves_one_file(
    tiny_files, tmp_path, llama_started
):
    target = tmp_path / "tuned.gguf"
    texts = ["hello there", "how are you"] * 20
    kept, formats = quantisation.tune(tiny_files["transformer"], target, texts, 1)
    assert [one.format for one in formats] == ["as it is", "Q8_0", "IQ4_NL"]
    assert kept in formats
    assert all(one.bits_per_byte > 1 for one in formats)
    assert list(tmp_path.iterdir()) == [target]
    assert gguf_header.read(target).architecture == "llama"


def test_a_model_that_is_best_as_it_is_replaces_what_was_tuned_before(
    tiny_files, tmp_path, llama_started, monkeypatch
):
    source, target = tiny_files["transformer"], tmp_path / "tuned.gguf"
    target.write_bytes(b"tuned before")
    monkeypatch.setattr(quantisation, "choose", lambda measured: measured[0])
    kept, _ = quantisation.tune(source, target, ["hello there"] * 20, 1)
    assert kept.format == "as it is"
    assert target.read_bytes() == source.read_bytes()
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_told_and_nothing_is_written(tiny_files, tmp_path, monkeypatch):
    monkeypatch.setattr(quantisation, "ROOM_BYTES", 1 << 60)
    with pytest.raises(AppError, match="no space on the disk"):
        quantisation.requantise(
            tiny_files["transformer"], tmp_path / "tuned.gguf", "Q8_0", 1
        )
    assert not list(tmp_path.iterdir())
