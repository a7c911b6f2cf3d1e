"""Models of other programs are found where they lie, and nothing else is read."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from app.modelfiles import elsewhere
from app.modelfiles.elsewhere import FoundModel
from tests.runner import tiny


def found_in(program: str, root: Path) -> list[FoundModel]:
    return elsewhere.find([(program, root)]).models


def titles(program: str, root: Path) -> list[str]:
    return [model.title for model in found_in(program, root)]


def manifest(root: Path, name: str, *layers: dict[str, Any]) -> Path:
    """A manifest, in the form of Ollama's `ManifestV2`."""
    path = root / "manifests" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"digest": f"sha256:{'0' * 64}", "size": 9},
        "layers": [
            {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:1"},
            *layers,
        ],
    }
    path.write_text(json.dumps(told))
    return path


def weights(digest: str) -> dict[str, Any]:
    return {
        "mediaType": "application/vnd.ollama.image.model",
        "digest": f"sha256:{digest}",
        "size": 9,
    }


def blob(root: Path) -> str:
    """Store a model as Ollama does; return the digits of its name."""
    (root / "blobs").mkdir(parents=True, exist_ok=True)
    file = tiny.write(root / "blobs" / "new")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.rename(root / "blobs" / f"sha256-{digest}")
    return digest


def test_a_model_of_ollama_is_the_blob_that_its_manifest_names(tmp_path: Path) -> None:
    digest = blob(tmp_path)
    host = "registry.ollama.ai"
    manifest(tmp_path, f"{host}/library/llama3.2/3b", weights(digest))
    (model,) = found_in("Ollama", tmp_path)
    assert model.title == "llama3.2:3b"
    assert model.path == tmp_path / "blobs" / f"sha256-{digest}"
    assert model.bytes == model.path.stat().st_size


@pytest.mark.parametrize(
    ("place", "title"),
    [
        ("registry.ollama.ai/library/qwen3/latest", "qwen3:latest"),
        ("registry.ollama.ai/ada/mine/v1", "ada/mine:v1"),
        ("hf.co/ada/mine-GGUF/Q4_K_M", "hf.co/ada/mine-GGUF:Q4_K_M"),
    ],
)
def test_it_has_the_name_that_ollama_gives_it(
    tmp_path: Path, place: str, title: str
) -> None:
    manifest(tmp_path, place, weights(blob(tmp_path)))
    assert titles("Ollama", tmp_path) == [title]


@pytest.mark.parametrize(
    "digest", ["../../secret", "a" * 63, "A" * 64, f"{'a' * 64}/../../secret", ""]
)
def test_a_manifest_cannot_name_another_file(tmp_path: Path, digest: str) -> None:
    tiny.write(tmp_path / "secret")
    root = tmp_path / "models"
    blob(root)
    manifest(root, "registry.ollama.ai/library/evil/latest", weights(digest))
    assert found_in("Ollama", root) == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"layers": 3}', '{"layers": [3]}', "[" * 100_000, "\0"]
)
def test_a_broken_manifest_is_passed_over(tmp_path: Path, text: str) -> None:
    host = "registry.ollama.ai/library"
    manifest(tmp_path, f"{host}/good/latest", weights(blob(tmp_path)))
    manifest(tmp_path, f"{host}/bad/latest").write_text(text)
    assert titles("Ollama", tmp_path) == ["good:latest"]


def test_models_of_lm_studio_jan_and_llama_cpp_are_found(tmp_path: Path) -> None:
    for path in ("owner/some-GGUF/some-Q4_K_M.gguf", "owner/other/model.gguf"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        tiny.write(tmp_path / path)
    assert titles("LM Studio", tmp_path) == ["model", "some-Q4_K_M"]
    # In Jan every file is called model.gguf, and its folder is its name.
    assert titles("Jan", tmp_path) == ["owner/other", "owner/some-GGUF"]


@pytest.mark.posix_only("its links need a right on Windows")
def test_the_hubs_cache_is_links_into_its_own_folder(tmp_path: Path) -> None:
    repository = tmp_path / "models--ada--mine-GGUF"
    snapshot = repository / "snapshots" / ("c" * 40)
    for folder in (repository / "blobs", snapshot):
        folder.mkdir(parents=True)
    tiny.write(repository / "blobs" / ("d" * 64))
    (snapshot / "mine-Q8_0.gguf").symlink_to(Path("../../blobs") / ("d" * 64))
    (model,) = found_in("Hugging Face", tmp_path)
    assert model.title == "mine-Q8_0"
    # Two revisions of one file are one model.
    other = repository / "snapshots" / ("e" * 40)
    other.mkdir()
    (other / "mine-Q8_0.gguf").symlink_to(Path("../../blobs") / ("d" * 64))
    assert len(found_in("Hugging Face", tmp_path)) == 1


@pytest.mark.posix_only("its links need a right on Windows")
def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "a").mkdir(parents=True)
    outside.mkdir()
    tiny.write(outside / "secret.gguf")
    (root / "a" / "link.gguf").symlink_to(outside / "secret.gguf")
    (root / "folder").symlink_to(outside)
    digest = "b" * 64
    (root / "blobs").mkdir()
    (root / "blobs" / f"sha256-{digest}").symlink_to(outside / "secret.gguf")
    manifest(root, "registry.ollama.ai/library/evil/latest", weights(digest))
    assert found_in("LM Studio", root) == []
    assert found_in("Ollama", root) == []


@pytest.mark.posix_only("Windows has no such files")
def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "waits.gguf")
    (tmp_path / "loop.gguf").symlink_to("loop.gguf")
    assert found_in("LM Studio", tmp_path) == []


@pytest.mark.posix_only("Windows refuses such names")
def test_names_that_command_the_terminal_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "\x1b]0;x\x07").mkdir()
    tiny.write(tmp_path / "good" / "\x1b[2J.gguf")
    tiny.write(tmp_path / "\x1b]0;x\x07" / "mine.gguf")
    tiny.write(tmp_path / "good" / "mine.gguf")
    assert titles("LM Studio", tmp_path) == ["mine"]


def test_files_that_are_no_whole_model_are_counted_alone(tmp_path: Path) -> None:
    (tmp_path / "cut.gguf").write_bytes(tiny.write(tmp_path / "a").read_bytes()[:-9])
    (tmp_path / "junk.gguf").write_bytes(b"GGUF")
    found = elsewhere.find([("LM Studio", tmp_path)])
    assert (found.models, found.left_out) == ([], 2)


@pytest.mark.parametrize(
    ("platform", "environ", "program", "ends"),
    [
        ("linux", {}, "LM Studio", ".lmstudio/models"),
        ("linux", {}, "Jan", ".local/share/Jan/data/llamacpp/models"),
        ("linux", {"XDG_DATA_HOME": "/d"}, "Jan", "/d/Jan/data/llamacpp/models"),
        ("darwin", {}, "Jan", "Application Support/Jan/data/llamacpp/models"),
        ("win32", {"APPDATA": "/r"}, "Jan", "/r/Jan/data/llamacpp/models"),
        ("linux", {}, "llama.cpp", ".cache/llama.cpp"),
        ("darwin", {}, "llama.cpp", "Library/Caches/llama.cpp"),
        ("win32", {"LOCALAPPDATA": "/l"}, "llama.cpp", "/l/llama.cpp"),
        ("linux", {"LLAMA_CACHE": "/c"}, "llama.cpp", "/c"),
        ("linux", {"OLLAMA_MODELS": "/o"}, "Ollama", "/o"),
        ("win32", {}, "Ollama", ".ollama/models"),
        ("linux", {"HF_HOME": "/h"}, "Hugging Face", "/h/hub"),
        ("linux", {"HF_HUB_CACHE": "/b"}, "Hugging Face", "/b"),
        ("win32", {}, "Hugging Face", ".cache/huggingface/hub"),
    ],
)
def test_each_system_has_its_folders(
    platform: str, environ: dict[str, str], program: str, ends: str
) -> None:
    places = elsewhere.folders(environ, platform)
    assert any(
        name == program and place.as_posix().endswith(ends) for name, place in places
    )
