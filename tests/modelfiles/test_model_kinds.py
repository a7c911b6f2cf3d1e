"""Files that are no language model are refused by name, before anything is given up."""

import struct
from pathlib import Path
from typing import Any

import pytest

from app.modelfiles import checks
from app.modelfiles.gguf_header import GgufError, cached
from tests.runner import tiny

CONTEXT = 512


def refusal(path: Path) -> str:
    with pytest.raises(GgufError) as caught:
        checks.check(path, CONTEXT)
    return str(caught.value)


def changed(path: Path, gone: str = "", **facts: Any) -> Path:
    """A tiny model with other facts, or without some tensors."""
    known, shapes = tiny.transformer()
    more = {name.replace("__", "."): value for name, value in facts.items()}
    kept = {
        name: shape for name, shape in shapes.items() if not gone or gone not in name
    }
    return tiny.write_file(path, known | tiny.vocabulary() | more, kept)


@pytest.mark.parametrize(
    ("facts", "gone", "why"),
    [
        ({"general__type": "mmproj"}, "", "a projector for pictures"),
        ({"general__architecture": "clip"}, "", "a projector for pictures"),
        ({"general__type": "imatrix"}, "", "an importance matrix"),
        ({"general__type": "adapter"}, "", "a LoRA adapter"),
        ({}, ".", "a vocabulary alone"),
        ({"general__architecture": "flux"}, "", "architecture 'flux'"),
        ({}, "token_embd", "no token_embd.weight"),
        ({}, "blk.1.", "no tensor of layer 1"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(
    tmp_path: Path, facts: dict[str, Any], gone: str, why: str
) -> None:
    path = changed(tmp_path / "a.gguf", gone, **facts)
    assert why in refusal(path)


def test_every_kind_of_model_that_the_runner_is_tested_with_is_known(
    tmp_path: Path,
) -> None:
    for kind in tiny.KINDS:
        checks.check(tiny.write(tmp_path / f"{kind}.gguf", kind), CONTEXT)


def test_a_file_for_big_endian_processors_is_refused(tmp_path: Path) -> None:
    path = tiny.write(tmp_path / "a.gguf")
    data = bytearray(path.read_bytes())
    data[4:8] = struct.pack(">I", 3)
    path.write_bytes(data)
    assert "big-endian" in refusal(path)


@pytest.mark.parametrize("name", ["a.gguf.part", "a.gguf.crdownload", "a.gguf.part0"])
def test_a_part_of_a_download_is_refused(tmp_path: Path, name: str) -> None:
    assert "part of a download" in refusal(tiny.write(tmp_path / name))


@pytest.mark.parametrize(
    "name", ["a.gguf.part1of2", "a.gguf-split-b", "a.gguf.part-aa", "a.gguf.001"]
)
def test_a_piece_of_a_cut_up_model_is_to_be_joined(tmp_path: Path, name: str) -> None:
    assert "Join all pieces" in refusal(tiny.write(tmp_path / name))


def split(folder: Path) -> list[Path]:
    """A tiny model in two files, as llama.cpp splits it."""
    facts, shapes = tiny.transformer()
    whole = facts | tiny.vocabulary() | {"split.count": 2}
    names = sorted(shapes)
    halves = (names[::2], names[1::2])
    return [
        tiny.write_file(
            folder / f"tiny-{number + 1:05}-of-00002.gguf",
            whole | {"split.no": number},
            {name: shapes[name] for name in half},
        )
        for number, half in enumerate(halves)
    ]


def test_a_model_in_several_files_is_whole_only_with_all_of_them(
    tmp_path: Path,
) -> None:
    first, second = split(tmp_path)
    whole = cached(tiny.write(tmp_path / "whole.gguf"))
    header = checks.check(first, CONTEXT)
    assert header.parameters == whole.parameters
    assert header.memory_bytes(CONTEXT) >= whole.memory_bytes(CONTEXT)
    assert "Choose tiny-00001-of-00002.gguf" in refusal(second)
    second.rename(tmp_path / "elsewhere.gguf")
    assert "tiny-00002-of-00002.gguf is missing" in refusal(first)
    lost = first.rename(tmp_path / "renamed.gguf")
    assert "its name does not say which" in refusal(lost)
