"""Files and folders that others cannot read, and what is told of those they can."""

import os
from pathlib import Path

import pytest

from app.core.paths import Home
from app.core.system import private


@pytest.fixture
def no_mask():
    """Files are open to all where nobody takes care."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_is_kept_private_is_open_to_nobody_else(
    tmp_path: Path, is_folder: bool, no_mask: None
):
    path = tmp_path / "ours"
    path.mkdir() if is_folder else path.write_bytes(b"")
    assert private.is_open(path) or os.name == "nt"
    private.keep(path)
    assert not private.is_open(path)


def test_a_new_home_is_private_and_one_that_was_there_is_left_as_it_is(
    tmp_path: Path, no_mask: None
):
    (tmp_path / "old").mkdir()
    was_open = private.is_open(tmp_path / "old")
    assert private.is_open(Home(tmp_path / "old").create().root) == was_open
    assert not private.is_open(Home(tmp_path / "deep" / "new").create().root)


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)", False),
        ("D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;S-1-5-21-1-2-3-1001)", False),
        ("D:(A;;FA;;;SY)(A;;0x1200a9;;;WD)", True),
        ("D:AI(A;OICIID;0x1200a9;;;BU)(A;OICIID;FA;;;BA)", True),
        ("D:AI(A;ID;0x1301bf;;;AU)", True),
        ("D:P(D;;FA;;;WD)(A;;FA;;;OW)", False),
        ("D:NO_ACCESS_CONTROL", True),
        ("", True),
    ],
)
def test_lists_of_windows_are_read_as_microsoft_writes_them(text: str, is_open: bool):
    assert private._is_for_many(text) == is_open


def test_a_disk_that_knows_no_owners_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*arguments: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    monkeypatch.setattr(private, "_set_list", refuse, raising=False)
    private.keep(tmp_path)


def test_the_remedy_fits_the_system(tmp_path: Path):
    said = private.remedy(tmp_path)
    assert str(tmp_path) in said
    assert said.startswith("icacls" if os.name == "nt" else "chmod 700")
