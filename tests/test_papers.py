"""The papers for contributors name what exists, and agree with the checks."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
GITHUB = ROOT / ".github"
ARCHITECTURE = (ROOT / "app" / "README.md").read_text(encoding="utf-8")
PAPERS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (
        ROOT / "app" / "README.md",
        ROOT / "CHANGELOG.md",
        *sorted(GITHUB.rglob("*.md")),
    )
}
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted((GITHUB / "ISSUE_TEMPLATE").glob("*.yml"))

OWN = r"(?:app|tests|assets|\.github|\.ci)/[\w./-]+"
TESTED = r"(tests/[\w/]+\.py)::(test_\w+)"


def rooms() -> list[str]:
    """The layers that import-linter checks, from top to bottom, without `app.`."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    return [name.strip() for layer in layers for name in layer.split("|")]


@pytest.mark.parametrize("paper", PAPERS)
def test_every_path_that_is_named_exists(paper: str):
    for path in re.findall(rf"`({OWN})(?:::\w+)?`", PAPERS[paper]):
        assert (ROOT / path).exists(), path
    for module in re.findall(r"\b(?:app|tests)(?:\.[a-z_]+)+\b", PAPERS[paper]):
        path = ROOT / module.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").is_file(), module


@pytest.mark.parametrize(("file", "test"), re.findall(TESTED, ARCHITECTURE))
def test_every_rule_is_held_by_a_test(file: str, test: str):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^(?:async )?def {test}\(", text, re.MULTILINE)


def test_rules_are_given_with_their_tests():
    assert len(re.findall(TESTED, ARCHITECTURE)) >= 20


def test_every_room_is_explained():
    for room in rooms():
        path = room.replace(".", "/")
        if room != "app.__main__":
            assert f"| `{path}` |" in ARCHITECTURE or f"| `{path}.py` |" in ARCHITECTURE


def test_every_list_that_takes_new_things_exists():
    for name, file in re.findall(r"`([A-Z]\w+)` in `([\w./]+)`", ARCHITECTURE):
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^(?:class )?{name}\b", text, re.MULTILINE), (name, file)


@pytest.mark.parametrize("paper", PAPERS)
def test_links_lead_somewhere(paper: str):
    folder = (ROOT / paper).parent
    for target in re.findall(r"\]\((?!http)([^)#]+)", PAPERS[paper]):
        assert (folder / target).exists(), target


def test_the_workflow_runs_the_test_command_of_the_readme():
    (command,) = re.findall(
        r"^(python3 -m venv .*pytest\b.*)$",
        (ROOT / "README.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    steps = yaml.safe_load(
        (GITHUB / "workflows" / "check.yml").read_text(encoding="utf-8")
    )["jobs"]["check"]["steps"]
    assert command in [step.get("run", "").strip() for step in steps]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_and_names_the_commit_of_each_action(path: Path):
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        # Only the job that makes the release may write one, and runs no built program.
        assert ("permissions" in job) == (name == "publish")
        assert job["timeout-minutes"]
        for step in job["steps"]:
            if action := step.get("uses"):
                assert re.search(rf"{re.escape(action)} # v\d+\.\d+\.\d+\n", text)
                assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_what_github_asks_of_it(path: Path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.stem == "config":
        assert form["blank_issues_enabled"] is False
        return
    assert form["name"] and form["description"]
    ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(ids) == len(set(ids)) > 0
    for part in form["body"]:
        assert part["type"] in {
            "markdown",
            "textarea",
            "input",
            "dropdown",
            "checkboxes",
        }
        assert part["attributes"].get("label") or part["type"] == "markdown"


def test_the_hooks_before_a_commit_are_the_linters_of_the_tests():
    hooks = yaml.safe_load(
        (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    )
    (local,) = hooks["repos"]
    assert local["repo"] == "local"
    assert {hook["language"] for hook in local["hooks"]} == {"system"}
    before = {hook["entry"].removeprefix(".venv/bin/") for hook in local["hooks"]}
    quality = (ROOT / "tests" / "test_quality.py").read_text(encoding="utf-8")
    tested = re.findall(r'^        \("(ruff|mypy|lint-imports)"(.*)\),$', quality, re.M)
    wanted = {
        " ".join([name, *re.findall(r'"([^"]+)"', rest)]) for name, rest in tested
    }
    assert len(wanted) == 4
    assert before == wanted


KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def test_the_changelog_is_in_the_form_of_keep_a_changelog():
    text = PAPERS["CHANGELOG.md"]
    assert text.startswith("# Changelog\n")
    assert "https://keepachangelog.com/" in text
    releases = re.findall(r"^## \[(.+?)\](?: - \d{4}-\d\d-\d\d)?$", text, re.MULTILINE)
    assert releases[0] == "Unreleased"
    for release in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds]
