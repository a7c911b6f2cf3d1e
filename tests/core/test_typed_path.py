"""Paths that people type."""

from pathlib import Path

import pytest

from app.core.names import typed_path


def test_a_tilde_is_a_home_folder_or_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("USERPROFILE", "/home/ada")
    assert typed_path("~/a.json") == Path("/home/ada/a.json")
    # Where nobody has that name, Python raises an error that no command expects.
    for odd in ("~no-such-person\n/a.json", "~\0x"):
        assert typed_path(odd) == Path(odd)


def test_all_typed_paths_pass_that_function() -> None:
    root = Path(__file__).parents[2] / "app"
    users = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if ".expanduser(" in path.read_text(encoding="utf-8")
    ]
    assert users == ["core/names.py"]
