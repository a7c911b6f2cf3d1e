"""Index files: whole, or noticed before hnswlib sees them."""

import json

import pytest

from app.memory import index_files
from app.memory.index import Graph


@pytest.fixture
def saved(tmp_path, units):
    """A directory with a good index of ten vectors."""
    graph = Graph(64)
    graph.add(range(10), units(10))
    index_files.save(graph, tmp_path / "index", "mini", last=42)
    return tmp_path / "index"


def nothing_left(directory):
    return not any(directory.iterdir())


def test_a_saved_index_comes_back(saved, units):
    loaded = index_files.load(saved, "mini", 64)
    assert loaded is not None
    graph, sidecar = loaded
    assert (sidecar.count, sidecar.last) == (10, 42)
    assert graph.search(units(10)[3], 1)[0].row == 3
    graph.add([10], units(11)[10:])
    assert len(graph) == 11


def test_no_files_means_no_index(tmp_path):
    assert index_files.load(tmp_path, "mini", 64) is None


@pytest.mark.parametrize("size", [0, 1, 50, 1000, -1])
def test_a_truncated_index_is_dropped(saved, size):
    file = saved / "index.bin"
    file.write_bytes(file.read_bytes()[:size])
    assert index_files.load(saved, "mini", 64) is None
    assert nothing_left(saved)


@pytest.mark.parametrize("place", [0, 8, 90, 2000, -3])
def test_one_changed_bit_is_noticed(saved, place):
    file = saved / "index.bin"
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    assert index_files.load(saved, "mini", 64) is None
    assert nothing_left(saved)


def test_another_model_or_dimension_is_dropped(saved, tmp_path, units):
    assert index_files.load(saved, "other", 64) is None
    graph = Graph(64)
    graph.add(range(3), units(3))
    index_files.save(graph, saved, "mini", last=1)
    assert index_files.load(saved, "mini", 65) is None
    assert nothing_left(saved)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"model": "mini"}', "\x00\xff"]
)
def test_a_broken_sidecar_drops_the_index(saved, text):
    (saved / "sidecar.json").write_text(text, encoding="latin-1")
    assert index_files.load(saved, "mini", 64) is None
    assert nothing_left(saved)


@pytest.mark.parametrize("key", ["count", "row_sum", "form", "links", "bytes"])
def test_a_sidecar_that_tells_another_story_drops_the_index(saved, key):
    sidecar = json.loads((saved / "sidecar.json").read_text("utf-8"))
    sidecar[key] += 1
    (saved / "sidecar.json").write_text(json.dumps(sidecar))
    assert index_files.load(saved, "mini", 64) is None


def test_a_crash_between_the_two_renames_leaves_no_index(saved):
    (saved / "sidecar.json").unlink()
    assert index_files.load(saved, "mini", 64) is None
    assert nothing_left(saved)


def test_a_removed_vector_is_in_no_file_and_stays_hidden(tmp_path, units):
    graph, vectors = Graph(64), units(10)
    graph.add(range(10), vectors)
    graph.remove([4])
    index_files.save(graph, tmp_path, "mini", last=1)
    content = (tmp_path / "index.bin").read_bytes()
    assert vectors[4].tobytes() not in content
    assert vectors[5].tobytes() in content
    loaded = index_files.load(tmp_path, "mini", 64)
    assert loaded is not None
    assert sorted(loaded[0].rows().tolist()) == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert 4 not in {near.row for near in loaded[0].search(vectors[4], 9)}
    loaded[0].add([4], vectors[4:5])
    assert loaded[0].search(vectors[4], 1)[0].row == 4


def test_a_sidecar_that_hides_other_rows_drops_the_index(tmp_path, units):
    graph = Graph(64)
    graph.add(range(10), units(10))
    graph.remove([4])
    index_files.save(graph, tmp_path, "mini", last=1)
    sidecar = json.loads((tmp_path / "sidecar.json").read_text("utf-8"))
    sidecar["removed"] = [5]
    (tmp_path / "sidecar.json").write_text(json.dumps(sidecar))
    assert index_files.load(tmp_path, "mini", 64) is None
