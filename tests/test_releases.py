"""A release is built from locked versions, by scripts that run here too."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = {
    name: (ROOT / ".ci" / f"{name}.lock").read_text(encoding="utf-8")
    for name in ("program", "tools")
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


def locked(text: str) -> dict[str, list[str]]:
    """The locked versions of each package; one may have several for several Pythons."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def tools() -> list[str]:
    lines = (ROOT / ".ci" / "tools.in").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize(
    ("lock", "line"),
    [
        *(("program", line) for line in PROJECT["dependencies"]),
        *(("tools", line) for line in PROJECT["optional-dependencies"]["build"]),
        *(("tools", line) for line in tools()),
    ],
)
def test_what_is_asked_for_is_locked_at_a_version_that_is_asked_for(
    lock: str, line: str
):
    wanted = Requirement(line)
    versions = locked(LOCKS[lock]).get(canonicalize_name(wanted.name))
    assert versions, "run `.ci/lock`"
    assert all(wanted.specifier.contains(version) for version in versions)


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_that_is_locked_has_its_hashes_and_no_registry(lock: str):
    text = LOCKS[lock]
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 40
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.split()[0]
    assert "://" not in text and "index-url" not in text


def test_both_locks_agree_where_they_meet():
    program, tools = (locked(LOCKS[name]) for name in ("program", "tools"))
    for name in program.keys() & tools.keys():
        assert program[name] == tools[name], name
