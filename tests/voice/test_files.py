from pathlib import Path

import numpy as np
import pytest

from app.core.files import UNFINISHED
from app.voice import files
from app.voice.files import VoiceFileError
from app.voice.static_index import Arrays
from tests import mapped_files

ARRAYS: Arrays = {
    "small": np.arange(10, dtype=np.int32),
    "none": np.empty(0, np.uint64),
    "large": np.arange(300_000, dtype=np.int64),
    "odd": np.arange(3, dtype=np.uint8),
}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    files.write(tmp_path, "voice", ARRAYS, {"words": 5})
    return tmp_path


def test_what_is_written_is_read_as_arrays_and_facts(written: Path):
    stored = files.read(written, "voice")
    assert stored.facts == {"words": 5}
    assert stored.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert stored.arrays[name].dtype == array.dtype
        assert np.array_equal(stored.arrays[name], array)
    stored.verify()


def test_a_new_generation_replaces_the_earlier_one(written: Path):
    old = files.read(written, "voice")
    files.write(written, "voice", {"one": np.ones(1)}, {})
    files.write(written, "tokens", {"two": np.ones(2)}, {})
    assert list(files.read(written, "voice").arrays) == ["one"]
    assert np.array_equal(old.arrays["large"], ARRAYS["large"])
    del old  # Windows keeps what is mapped
    assert files.sweep(written, "voice")
    assert len(list(written.iterdir())) == 4


@mapped_files.ON_LINUX
def test_where_mapped_files_stay_they_are_removed_once_nobody_maps_them(
    written: Path, monkeypatch: pytest.MonkeyPatch
):
    mapped_files.are_kept(monkeypatch)
    old = files.read(written, "voice")
    files.write(written, "voice", {"one": np.ones(1)}, {})
    assert not files.sweep(written, "voice")
    assert np.array_equal(old.arrays["large"], ARRAYS["large"])
    del old
    assert files.sweep(written, "voice")
    assert {path.name for path in written.iterdir()} == {"voice.json", "voice-2.bin"}


def test_nothing_written_is_not_found(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        files.read(tmp_path, "voice")


def test_removing_leaves_nothing(written: Path):
    assert files.remove(written, "voice")
    assert not list(written.iterdir())


def test_an_unfinished_write_leaves_the_generation_before(written: Path):
    (written / "voice-2.tmp").write_bytes(b"half")
    (written / "voice.json.tmp").write_bytes(b"{")
    (written / f".voice-2.bin.00ff00ff{UNFINISHED}").write_bytes(b"half")
    (written / f".voice.json.00ff00ff{UNFINISHED}").write_bytes(b"{")
    files.read(written, "voice").verify()
    files.write(written, "voice", ARRAYS, {})
    assert {path.name for path in written.iterdir()} == {"voice.json", "voice-3.bin"}


@pytest.mark.parametrize("cut", [0, 1, 1000])
def test_a_truncated_file_is_noticed_at_opening(written: Path, cut: int):
    path = next(written.glob("*.bin"))
    path.write_bytes(path.read_bytes()[:-cut] if cut else b"")
    with pytest.raises(VoiceFileError, match="bytes"):
        files.read(written, "voice")


def test_a_missing_file_is_noticed(written: Path):
    next(written.glob("*.bin")).unlink()
    with pytest.raises(VoiceFileError, match="missing"):
        files.read(written, "voice")


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("at", [0, 41, 900_000, -1])
def test_any_flipped_bit_of_the_file_is_noticed(written: Path, at: int):
    flip(next(written.glob("*.bin")), at)
    with pytest.raises(VoiceFileError, match="damaged"):
        files.read(written, "voice").verify()


def test_every_flipped_bit_of_the_manifest_is_noticed(written: Path):
    manifest = written / "voice.json"
    for at in range(manifest.stat().st_size):
        flip(manifest, at)
        with pytest.raises(VoiceFileError):
            files.read(written, "voice")
        flip(manifest, at)
    files.read(written, "voice").verify()
