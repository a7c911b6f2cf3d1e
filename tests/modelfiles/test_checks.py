"""A GGUF header is read without llama.cpp, and nothing in it is trusted."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.modelfiles import checks, gguf_header
from app.modelfiles.gguf_header import GgufError
from app.runner import llama, quantisation
from tests.runner import tiny


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tiny.write(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


def test_the_header_of_a_model_is_read(path):
    header = checks.check(path, 512)
    assert header.architecture == "llama"
    assert header.number("block_count") == tiny.LAYERS
    assert header.tensor_bytes < path.stat().st_size < header.memory_bytes(512)


@pytest.mark.parametrize(
    "change",
    [
        {"tokenizer.ggml.pre": "llama-bpe"},
        {"tokenizer.ggml.token_type": [1] * tiny.VOCABULARY},
        {"tokenizer.ggml.add_space_prefix": True},
        {"tokenizer.ggml.tokens": [f"{at}" for at in range(tiny.VOCABULARY)]},
        {"tokenizer.ggml.merges": [f"a {at}" for at in range(2000)]},
    ],
)
def test_what_cuts_text_differently_is_another_vocabulary(path, tmp_path, change):
    facts, shapes = tiny.transformer()
    whole = facts | tiny.vocabulary()
    other = tiny.write_file(tmp_path / "other.gguf", whole | change, shapes)
    same = whole | {"general.name": "x", "tokenizer.chat_template": "y"}
    tiny.write_file(tmp_path / "same.gguf", dict(reversed(same.items())), shapes)
    named = gguf_header.read(path).vocabulary
    assert gguf_header.read(other).vocabulary != named
    assert gguf_header.read(tmp_path / "same.gguf").vocabulary == named


@pytest.mark.model
def test_the_starter_requantised_has_the_same_vocabulary(starter_model, tmp_path):
    llama.start()
    tuned = tmp_path / "tuned.gguf"
    quantisation.requantise(starter_model, tuned, "Q8_0", 2)
    header = gguf_header.read(tuned)
    assert header.tensor_bytes > gguf_header.read(starter_model).tensor_bytes
    assert header.vocabulary == gguf_header.read(starter_model).vocabulary
    assert header.vocabulary != gguf_header.read(tiny.write(tuned)).vocabulary


def test_more_context_needs_more_memory(path):
    header = gguf_header.read(path)
    per_token = tiny.LAYERS * 2 * tiny.EMBEDDING * 2
    grown = header.memory_bytes(5000) - header.memory_bytes(1000)
    assert grown == 4000 * per_token


def test_a_model_that_needs_more_memory_than_there_is_is_refused(path):
    with pytest.raises(GgufError, match=r"needs about .* GB of memory"):
        checks.check(path, 2**34)
    assert checks.check(path, 2**34, gpu_share=1.0)
    with pytest.raises(GgufError, match=r"needs about .* GB of memory"):
        checks.check(path, 2**34, gpu_share=0.5)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(GgufError, match=r"none\.gguf cannot be read"):
        gguf_header.read(tmp_path / "none.gguf")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "is not a GGUF"),
        (b"PK\3\4 a zip", "is not a GGUF"),
        (b"GGUF", "cut short"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version is 1"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "claims"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "claims"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + bytes(8), "architecture"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**40), "claims"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + tiny.text("a") + b"\x63\0\0\0", "99"),
    ],
)
def test_a_file_that_is_no_whole_model_says_what_is_wrong(tmp_path, data, complaint):
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)
    with pytest.raises(GgufError, match=complaint):
        gguf_header.read(path)


def _with_tensor(dimensions: int, sizes: list[int], offset: int = 0) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + tiny.text("a")
    shape = struct.pack(f"<I{len(sizes)}Q", dimensions, *sizes)
    return head + shape + struct.pack("<IQ", 0, offset) + bytes(64)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (_with_tensor(5, [1] * 5), "too many dimensions"),
        (_with_tensor(2, [2**40, 2**40]), "too large"),
        (_with_tensor(1, [1], 2**60), "too large"),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + tiny.text("a")
            + struct.pack("<IIQ", 9, 8, 5000) + struct.pack("<Q", 2**30),
            "claims",
        ),
    ],
    ids=["dimensions", "elements", "offset", "a word of a vocabulary"],
)  # fmt: skip
def test_sizes_that_could_harm_a_reader_in_c_are_refused(tmp_path, data, complaint):
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)
    with pytest.raises(GgufError, match=complaint):
        gguf_header.read(path)


def test_a_list_of_lists_cannot_drive_the_reader_deep(tmp_path):
    nested = struct.pack("<IIQ", 9, 9, 1) * 10_000
    path = tmp_path / "deep.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + tiny.text("a") + nested)
    with pytest.raises(GgufError, match="unknown type 9"):
        gguf_header.read(path)


@given(part=st.floats(0, 0.999))
@settings(max_examples=60)
def test_a_truncated_file_is_always_recognised(path, part):
    data = path.read_bytes()
    short = path.with_name("short.gguf")
    short.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(GgufError):
        gguf_header.read(short)


@given(place=st.integers(0, 20_000), value=st.integers(0, 255))
@settings(max_examples=200)
def test_a_damaged_byte_gives_a_header_or_an_error_for_people(path, place, value):
    data = bytearray(path.read_bytes())
    data[place] = value
    bad = path.with_name("bad.gguf")
    bad.write_bytes(data)
    try:
        gguf_header.read(bad)
    except GgufError as error:
        assert str(error)
