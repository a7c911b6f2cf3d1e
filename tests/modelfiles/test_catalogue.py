from pathlib import Path

import pytest

from app.core.errors import ConfigError, UsageError
from app.core.paths import Home
from app.modelfiles import catalogue
from app.settings.speech_sections import TIMBRES


def test_the_shipped_catalogue_has_a_verified_starter():
    starter = catalogue.find("starter")
    assert starter.is_verified and starter.source.startswith("wheel:")
    assert {entry.kind for entry in catalogue.entries().values()} == {
        "llm",
        "projector",
        "mouth",
        "part",
        "embedding",
    }


def test_a_question_mark_marks_an_entry_as_not_verified():
    line = f"tiny | llm | hub:a/b@c | x.gguf | {'0' * 64}? | 12 | MIT | 0.5 GB | note"
    entry = catalogue.parse(line)["tiny"]
    assert not entry.is_verified and entry.sha256 == "0" * 64


def test_a_question_mark_alone_leaves_the_hash_to_the_hub():
    entry = catalogue.parse("m | part | hub:a/b@c | x | ? | 12 | MIT | 0 GB | n")["m"]
    assert not entry.is_verified and entry.sha256 == ""


def test_a_mouth_is_there_when_all_of_its_files_are(home: Home):
    mouth = catalogue.find("supertonic-3")
    every = [mouth, *catalogue.parts_of(mouth.name)]
    assert {one.source for one in every} == {mouth.source} and len(every) == 16
    files = {one.file for one in every}
    assert files > {*catalogue.MOUTH_FILES} and len(files) == len(every)
    for timbre in TIMBRES[1:]:
        assert f"voice_styles/{timbre}.json" in files
    assert catalogue.mouth_at(home, "") is None
    for one in every:
        assert catalogue.mouth_at(home, mouth.name) is None or one.kind == "part"
        path = catalogue.target_of(home, one)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = catalogue.mouth_at(home, mouth.name)
    assert found == home.models / mouth.name
    assert catalogue.mouth_at(home, str(found)) == found


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


def test_any_file_of_a_hub_can_be_named():
    entry = catalogue.find("hub:Some.One/Tiny-GGUF@main/Q4_K_M/Tiny-1b.gguf")
    assert (entry.name, entry.file) == ("some.one-tiny-1b", "Q4_K_M/Tiny-1b.gguf")
    assert (entry.source, entry.is_verified) == ("hub:Some.One/Tiny-GGUF@main", False)
    assert catalogue.find("hub:a/b/c.gguf").source == "hub:a/b"


@pytest.mark.parametrize(
    "address",
    [
        "hub:a/b", "hub:a/b/c.bin", "hub:a/../c.gguf", "hub:a/b/../../c.gguf",
        "hub:a/b//c.gguf", "hub:a/b/.hidden.gguf", "hub:a/b@../c.gguf",
        "hub:a/b/m-00001-of-00003.gguf",
    ],
)  # fmt: skip
def test_what_is_no_single_model_file_of_a_hub_is_refused(address: str):
    with pytest.raises(UsageError):
        catalogue.find(address)


def test_a_model_of_no_catalogue_is_known_by_its_name(home: Home):
    home.models.mkdir()
    for name in ("someone-tiny.gguf", "someone-tiny.tuned.gguf", "starter.gguf"):
        (home.models / name).touch()
    assert catalogue.own(home) == ["someone-tiny"]
    tuned = home.models / "someone-tiny.tuned.gguf"
    assert catalogue.locate(home, "someone-tiny") == tuned


def test_a_path_is_a_model_of_its_own(home: Home, tmp_path: Path):
    file = tmp_path / "mine.gguf"
    assert catalogue.locate(home, str(file)) is None
    file.touch()
    assert catalogue.locate(home, str(file)) == file


def test_every_projector_of_the_catalogue_has_its_model():
    entries = catalogue.entries()
    eyes = [name for name, entry in entries.items() if entry.kind == "projector"]
    assert sorted(eyes) == ["smolvlm-256m.mmproj", "smolvlm2-500m.mmproj"]
    for name in eyes:
        model = entries[name.removesuffix(".mmproj")]
        assert catalogue.parts_of(model.name) == [entries[name]]
        assert model.source == entries[name].source
    assert not {*eyes} & {*catalogue.names()}


@pytest.mark.parametrize(
    "name, is_taken",
    [
        ("seeing.mmproj.gguf", True),
        ("mmproj-seeing.gguf", True),
        ("mmproj-other.gguf", False),
        ("seeing.projector.gguf", False),
    ],
)
def test_a_projector_is_found_beside_its_model_alone(home: Home, name, is_taken):
    home.models.mkdir()
    for model in ("seeing.gguf", "seeing.tuned.gguf"):
        (home.models / model).touch()
    (home.models / name).touch()
    beside = home.models / name if is_taken else None
    assert catalogue.projector_beside(home.models / "seeing.gguf") == beside
    assert catalogue.projector_beside(home.models / "seeing.tuned.gguf") == beside


def test_a_projector_is_no_model_of_the_owner(home: Home):
    home.models.mkdir()
    for name in ("seeing.gguf", "seeing.mmproj.gguf", "mmproj-seeing.gguf"):
        (home.models / name).touch()
    assert catalogue.own(home) == ["seeing"]
