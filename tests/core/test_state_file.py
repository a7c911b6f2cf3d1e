"""A small file that remembers across restarts."""

from pathlib import Path

from app.core.state_file import StateFile


def test_a_kept_value_is_there_after_a_restart(tmp_path: Path) -> None:
    StateFile(tmp_path / "state.json").put("hash", "abc")
    assert StateFile(tmp_path / "state.json").get("hash") == "abc"


def test_a_broken_file_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{half", encoding="utf-8")
    assert StateFile(tmp_path / "state.json").get("hash") is None


def test_what_is_cleared_is_gone_after_a_restart(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state.json")
    state.put("hash", "abc")
    state.clear()
    assert StateFile(tmp_path / "state.json").get("hash") is None
