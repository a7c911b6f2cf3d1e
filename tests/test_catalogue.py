from pathlib import Path

import pytest

from app import catalogue
from app.errors import ConfigError, UsageError
from app.paths import Home


def test_the_shipped_catalogue_has_a_verified_starter():
    starter = catalogue.find("starter")
    assert starter.is_verified and starter.source.startswith("wheel:")
    assert {entry.kind for entry in catalogue.entries().values()} == {
        "llm",
        "embedding",
    }


def test_a_question_mark_marks_an_entry_as_not_verified():
    line = f"tiny | llm | hub:a/b@c | x.gguf | {'0' * 64}? | 12 | MIT | 0.5 GB | note"
    entry = catalogue.parse(line)["tiny"]
    assert not entry.is_verified and entry.sha256 == "0" * 64


@pytest.mark.parametrize(
    "line",
    [
        "tiny | llm",
        f"../up | llm | hub:a/b@c | x | {'0' * 64} | 1 | MIT | 1 GB | n",
        "tiny | llm | hub:a/b@c | x | abc | 1 | MIT | 1 GB | n",
        f"tiny | llm | hub:a/b@c | x | {'0' * 64} | many | MIT | 1 GB | n",
    ],
)
def test_a_broken_line_is_named(line: str):
    with pytest.raises(ConfigError, match="line 2"):
        catalogue.parse("# head\n" + line)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UsageError, match="starter"):
        catalogue.find("gpt-9")


def test_a_tuned_file_comes_before_the_fetched_one(home: Home):
    assert catalogue.locate(home, "starter") is None
    home.models.mkdir()
    catalogue.file_of(home, "starter").touch()
    assert catalogue.locate(home, "starter") == catalogue.file_of(home, "starter")
    tuned = home.models / "starter.tuned.gguf"
    tuned.touch()
    assert catalogue.locate(home, "starter") == tuned


def test_a_path_is_a_model_of_its_own(home: Home, tmp_path: Path):
    file = tmp_path / "mine.gguf"
    assert catalogue.locate(home, str(file)) is None
    file.touch()
    assert catalogue.locate(home, str(file)) == file
