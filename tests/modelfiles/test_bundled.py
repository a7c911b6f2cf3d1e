"""Reading a carried file out of an archive of PyInstaller's form."""

from pathlib import Path

import pytest

from app.core.paths import asset
from app.modelfiles.bundled import embedding_model, open_carried


@pytest.fixture(params=["/", "\\"], ids=["slash", "as on Windows"])
def program(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """An archive written by PyInstaller itself, behind some bytes of a bootloader."""
    writers = pytest.importorskip("PyInstaller.archive.writers")
    (tmp_path / "model").write_bytes(b"weights" * 1000)
    (tmp_path / "text").write_bytes(b"text" * 1000)
    archive = tmp_path / "archive"
    items = [
        ("text.txt", str(tmp_path / "text"), True, "x"),
        (f"models{request.param}tiny.gguf", str(tmp_path / "model"), False, "a"),
    ]
    writers.CArchiveWriter(str(archive), items, "libpython3.11.so")
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF" * 50 + archive.read_bytes())
    return path


def test_a_carried_file_is_read_whole(program: Path):
    with open_carried("models/tiny.gguf", program) as carried:
        assert carried is not None
        assert carried.read(10) == b"weightswei"
        assert carried.read() == (b"weights" * 1000)[10:]
        assert carried.read(1) == b""


def test_a_name_it_does_not_carry_is_none(program: Path):
    with open_carried("models/other.gguf", program) as carried:
        assert carried is None


def test_a_program_without_an_archive_carries_nothing(tmp_path: Path):
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF" * 50)
    with open_carried("models/tiny.gguf", path) as carried:
        assert carried is None


def test_from_a_checkout_nothing_is_carried():
    with open_carried("models/tiny.gguf") as carried:
        assert carried is None


def test_a_checkout_uses_the_embedding_model_where_it_lies(tmp_path: Path):
    assert embedding_model(tmp_path) == asset("embedding")
    assert not list(tmp_path.iterdir())
