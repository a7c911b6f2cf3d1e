"""Libraries must not report to their makers."""

from pathlib import Path

from app.core import telemetry
from app.core.paths import Home


def left_behind(cache: Path) -> Path:
    folder = cache / telemetry.LEFT_BEHIND
    folder.mkdir(parents=True)
    (folder / "deviceid").write_text("6d1f")
    return folder


def test_every_switch_is_set_whatever_the_environment_said():
    environ = {"ORT_DISABLE_TELEMETRY": "0", "PATH": "/bin"}
    telemetry.switch_off(environ)
    assert environ == {**telemetry.SWITCHES, "PATH": "/bin"}


def test_what_was_left_in_the_cache_is_deleted_with_its_empty_folders(
    home: Home, tmp_path: Path
):
    left_behind(tmp_path / "cache")
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    assert telemetry.remove_left_behind(home, environ)
    assert list((tmp_path / "cache").iterdir()) == []


def test_it_is_deleted_once_a_home_and_beside_it_nothing(home: Home, tmp_path: Path):
    environ = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    folder = left_behind(tmp_path / "cache")
    other = folder.parent / "vscode"
    other.mkdir()
    assert telemetry.remove_left_behind(home, environ)
    assert other.is_dir()
    folder.mkdir()
    assert not telemetry.remove_left_behind(home, environ)
    assert folder.is_dir()
