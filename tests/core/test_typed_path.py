"""Paths that people type, and names in a sentence."""

import os
from pathlib import Path

import pytest

from app.core.names import MOST_NAMED, named_path, some_of, typed_path, wire_name
from app.importers.sources import shown


def test_a_tilde_is_a_home_folder_or_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("USERPROFILE", "/home/ada")
    assert typed_path("~/a.json") == Path("/home/ada/a.json")
    # Where nobody has that name, Python raises an error that no command expects.
    for odd in ("~no-such-person\n/a.json", "~\0x"):
        assert typed_path(odd) == Path(odd)


ON_WINDOWS = pytest.mark.skipif(os.name != "nt", reason="elsewhere names are bytes")


@pytest.mark.parametrize(
    "half",
    [
        "\udce9",
        pytest.param("\ud83d", marks=ON_WINDOWS),
    ],
    ids=ascii,
)
def test_a_name_that_is_not_unicode_comes_back_from_a_frame(half: str, tmp_path: Path):
    path = tmp_path / f"caf{half} [1].json"
    wire_name(path).encode()
    assert named_path(wire_name(path)) == path
    assert shown(path).endswith("\N{REPLACEMENT CHARACTER} [1].json")


def test_all_typed_paths_pass_that_function() -> None:
    root = Path(__file__).parents[2] / "app"
    users = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if ".expanduser(" in path.read_text(encoding="utf-8")
    ]
    assert users == ["core/names.py"]


def test_a_sentence_has_the_first_names_and_the_number_of_the_rest() -> None:
    names = [f"Isle {place}" for place in range(MOST_NAMED + 2)]
    first = ", ".join(names[:MOST_NAMED])
    assert some_of(names[:MOST_NAMED]) == first
    assert some_of(names) == f"{first}, 2 more"
    assert (
        some_of(names[:MOST_NAMED], 12_000) == f"{first}, {12_000 - MOST_NAMED:,} more"
    )
    assert some_of([]) == ""
