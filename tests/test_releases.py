"""A release is built from locked versions, by scripts that run here too."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app import __version__

ROOT = Path(__file__).parent.parent
ON_POSIX = pytest.mark.posix_only("releases are made by scripts of bash")
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


def own(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    tools = os.environ | {"MYNAH_TOOLS": str(Path(sys.executable).parent)}
    return subprocess.run(command, cwd=cwd, env=tools, capture_output=True, text=True)


def script(*words: str) -> str:
    result = own(sys.executable, ".ci/release.py", *words)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def released(tmp_path: Path) -> Path:
    folder = tmp_path / "release"
    folder.mkdir()
    for kind in ("linux-x86_64", "linux-arm64", "windows-x86_64.exe", "macos-arm64"):
        (folder / f"mynah-1.2.3-{kind}").write_text(kind, encoding="utf-8")
    (folder / "mynah-1.2.3-linux-x86_64.cdx.json").write_text("{}", encoding="utf-8")
    script("sums", str(folder))
    return folder


@ON_POSIX
def test_the_checksums_are_those_that_sha256sum_reads(released: Path):
    check = ("sha256sum", "--check", "--strict", "SHA256SUMS")
    assert own(*check, cwd=released).returncode == 0
    assert (released / "SHA256SUMS").read_text(encoding="utf-8").count("\n") == 5
    (released / "mynah-1.2.3-macos-arm64").write_text("other", encoding="utf-8")
    assert own(*check, cwd=released).returncode == 1


def test_the_manifests_name_version_address_and_checksum_of_each_program(
    released: Path, tmp_path: Path
):
    place = tmp_path / "manifests"
    script("manifests", str(released), str(place), "someone/mynah")
    texts = {
        path.relative_to(place).as_posix(): path.read_text(encoding="utf-8")
        for path in place.rglob("*")
        if path.is_file()
    }
    folders = {name.partition("/")[0] for name in texts}
    assert folders == {"winget", "homebrew", "aur", "flatpak", "scoop"}
    everything = "\n".join(texts.values())
    assert "{{" not in everything
    for kind in ("linux-x86_64", "linux-arm64", "windows-x86_64.exe", "macos-arm64"):
        digest = hashlib.sha256(kind.encode()).hexdigest()
        assert digest in everything
        base = "https://github.com/someone/mynah/releases/download/v1.2.3"
        assert f"{base}/mynah-1.2.3-{kind}" in everything
    scoop = json.loads(texts["scoop/mynah.json"])
    assert scoop["architecture"]["64bit"]["hash"] in everything
    for name, text in texts.items():
        if name.endswith((".yml", ".yaml")):
            assert yaml.safe_load(text)


def test_a_manifest_is_not_made_without_a_program_that_it_names(released: Path):
    sums = released / "SHA256SUMS"
    lines = sums.read_text(encoding="utf-8").splitlines(keepends=True)
    sums.write_text("".join(line for line in lines if "macos" not in line))
    words = ("manifests", str(released), str(released / "out"), "someone/mynah")
    result = own(sys.executable, ".ci/release.py", *words)
    assert result.returncode == 1
    assert "macos_arm64" in result.stderr


def test_the_notes_are_the_changelogs_part_of_the_version():
    told = script("notes", "0.1.0")
    assert told.startswith("### Added\n")
    assert "## [" not in told


def test_a_tag_that_is_not_the_version_is_refused():
    script("version", f"v{__version__}")
    result = own(sys.executable, ".ci/release.py", "version", "v99.0.0")
    assert result.returncode == 1 and __version__ in result.stderr


def test_the_bill_of_materials_names_what_is_no_python_package(tmp_path: Path):
    source, target = tmp_path / "from.json", tmp_path / "to.json"
    package = {"type": "library", "name": "textual", "version": "8"}
    source.write_text(json.dumps({"bomFormat": "CycloneDX", "components": [package]}))
    script("sbom", str(source), str(target))
    parts = json.loads(target.read_text(encoding="utf-8"))["components"]
    names = {part["name"] for part in parts}
    assert {"cpython", "sqlite", "openssl", "textual"} < names
    models = [part for part in parts if part["type"] == "machine-learning-model"]
    assert len(models) == 2 and all(part["hashes"] for part in models)


@ON_POSIX
def test_workflows_and_dockerfile_pass_their_linters():
    result = own("bash", ".ci/lint")
    assert result.returncode == 0, result.stdout + result.stderr


FAULTS = {
    ".github/workflows/check.yml": (
        "persist-credentials: false",
        "x: ${{ nobody.is }}",
    ),
    ".github/Dockerfile": ("USER 1000\n", "USER root\nRUN cd / && sudo ls\n"),
}


@ON_POSIX
@pytest.mark.parametrize("file", FAULTS)
def test_a_planted_fault_in_them_is_seen(file: str, tmp_path: Path):
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "lint", tmp_path / ".ci")
    text = (tmp_path / file).read_text(encoding="utf-8")
    (tmp_path / file).write_text(text.replace(*FAULTS[file]), encoding="utf-8")
    tools = os.environ | {"MYNAH_TOOLS": str(Path(sys.executable).parent)}
    result = subprocess.run(
        ["bash", ".ci/lint"],
        cwd=tmp_path,
        env=tools | {"npm_config_offline": "true"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1, result.stdout + result.stderr


SCRIPTS = [
    path
    for path in (ROOT / ".ci").iterdir()
    if path.is_file() and path.read_bytes().startswith(b"#!/usr/bin/env bash")
]


@ON_POSIX
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_one_that_bash_can_run(path: Path):
    assert os.access(path, os.X_OK)
    assert own("bash", "-n", str(path)).returncode == 0


def test_the_release_workflow_runs_the_scripts_that_are_here():
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"\.ci/([\w.-]+)", text))
    assert {"package", "release", "audit", "in-container"} < named
    assert all((ROOT / ".ci" / name).is_file() for name in named)


def audit_with(report: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Audit with a pip-audit that knows the program's lock, and cannot ask for more."""
    package = folder / "pip_audit"
    package.mkdir()
    (package / "__main__.py").write_text(
        "import sys\n"
        "if sys.argv[-1].endswith('program.lock'):\n"
        f"    print({report!r})\n"
        "else:\n"
        "    sys.exit('ERROR: no way to the data')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return own(sys.executable, ".ci/audit")


@ON_POSIX
@pytest.mark.parametrize(("needs_all", "code"), [("", 0), ("1", 1)])
def test_a_lock_that_was_not_audited_is_named_and_stops_a_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needs_all: str, code: int
):
    monkeypatch.setenv("CI_NEEDS_ALL", needs_all)
    known = {"name": "some", "version": "1", "vulns": []}
    skipped = {"name": "other", "skip_reason": "unknown"}
    report = json.dumps({"dependencies": [known, skipped]})
    told = audit_with(report, tmp_path, monkeypatch)
    assert told.returncode == code
    assert "tools.lock is NOT AUDITED" in told.stdout
    assert "program.lock" not in told.stdout and "1 packages audited" in told.stdout
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    (step,) = [
        one
        for one in yaml.safe_load(text)["jobs"]["audit"]["steps"]
        if ".ci/audit" in one.get("run", "")
    ]
    assert step["env"]["CI_NEEDS_ALL"] == "1"


def test_a_known_vulnerability_stops_a_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fault = {"id": "CVE-1", "fix_versions": []}
    known = {"name": "some", "version": "1", "vulns": [fault]}
    told = audit_with(json.dumps({"dependencies": [known]}), tmp_path, monkeypatch)
    assert told.returncode == 1
    assert "some 1: CVE-1, fixed in no version" in told.stdout
