"""One text has the licences of everything that the program holds."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from app.cli import main
from app.modelfiles import licence_texts

ROOT = Path(__file__).parents[2]


def asked_for() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [Requirement(one).name for one in project["project"]["dependencies"]]


@pytest.mark.llama
def test_every_package_that_the_program_asks_for_is_listed_with_its_terms(
    capsys: pytest.CaptureFixture[str],
):
    assert main(["licences"]) == 0
    told = capsys.readouterr().out.lower().replace("_", "-")
    for name in asked_for():
        assert f"\n{name.lower()} " in told, name
    assert "\nyarl " in told, "what packages ask for themselves is listed too"
    assert "permission is hereby granted" in told


def test_parts_that_are_no_python_packages_are_listed():
    told = licence_texts.gather(licence_texts.roots())
    for words in ("Mynah", "Python 3", "assets/font", "assets/embedding", "llama.cpp"):
        assert f"\n{words}" in told
    assert "Copyright (c) 2003 by Bitstream" in told
    assert "\npytest " not in told


def test_the_packaged_program_prints_the_list_it_was_built_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "licences.txt").write_text("as built", encoding="utf-8")
    monkeypatch.setattr(licence_texts, "asset", lambda name: tmp_path / name)
    assert licence_texts.text() == "as built"
