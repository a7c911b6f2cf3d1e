"""Finding near vectors, exactly and with hnswlib."""

import numpy as np
import pytest

from app.memory import index
from app.memory.index import Exact, Graph, choose


@pytest.fixture(params=[Exact, Graph])
def made(request):
    return request.param(64)


def test_the_nearest_come_first_with_their_cosine(made, units):
    vectors = units(50)
    made.add(range(100, 150), vectors)
    found = made.search(vectors[7], 5)
    cosines = vectors @ vectors[7]
    order = np.argsort(-cosines)[:5]
    assert [near.row for near in found] == (order + 100).tolist()
    assert np.allclose([near.similarity for near in found], cosines[order], atol=1e-5)


def test_asking_for_more_than_there_is_gives_all(made, units):
    made.add([1, 2, 3], units(3))
    assert {near.row for near in made.search(units(1)[0], 10)} == {1, 2, 3}


def test_an_empty_index_finds_nothing(made, units):
    assert made.search(units(1)[0], 3) == []
    assert len(made) == 0


def test_a_row_added_again_has_only_its_new_vector(made, units):
    vectors = units(6)
    made.add([1, 2, 3], vectors[:3])
    made.add([2], vectors[5:])
    assert len(made) == 3
    assert made.search(vectors[5], 1)[0].row == 2
    assert made.search(vectors[1], 1)[0].similarity < 0.99


def test_removed_rows_are_never_found(made, units):
    vectors = units(40)
    made.add(range(40), vectors)
    made.remove([3, 39, 5, 77])
    assert len(made) == 37
    assert sorted(made.rows().tolist()) == [n for n in range(40) if n not in (3, 5, 39)]
    found = {near.row for near in made.search(vectors[3], 40)}
    assert found == set(range(40)) - {3, 5, 39}


def test_a_removed_row_can_come_back(made, units):
    vectors = units(5)
    made.add(range(4), vectors[:4])
    made.remove([2])
    made.add([2], vectors[4:])
    assert made.search(vectors[4], 1)[0].row == 2
    assert len(made) == 4


def test_an_exact_index_keeps_no_trace_of_a_removed_vector(units):
    made = Exact(64)
    vectors = units(9)
    made.add(range(9), vectors)
    made.remove([4])
    assert not (made._matrix[:9] == vectors[4]).all(axis=1).any()


def test_the_graph_finds_what_exact_search_finds(units):
    rng = np.random.default_rng(3)
    centers = rng.normal(size=(60, 64))
    vectors = centers[rng.integers(60, size=3000)] + rng.normal(size=(3000, 64)) * 0.6
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    exact, graph = Exact(64), Graph(64)
    exact.add(range(3000), vectors.astype(np.float32))
    graph.add(range(3000), vectors.astype(np.float32))
    hits = 0
    for query in vectors[::60]:
        wanted = {near.row for near in exact.search(query, 10)}
        hits += len(wanted & {near.row for near in graph.search(query, 10)})
    assert hits / (50 * 10) >= 0.95


def test_the_graph_grows_past_its_room(units, monkeypatch):
    monkeypatch.setattr(index, "EXACT_BELOW", 8)
    graph = Graph(64)
    vectors = units(100)
    for start in range(0, 100, 7):
        part = slice(start, min(start + 7, 100))
        graph.add(range(part.start, part.stop), vectors[part])
    assert len(graph) == 100


def test_a_small_index_stays_exact_and_a_large_one_becomes_a_graph(units, monkeypatch):
    monkeypatch.setattr(index, "EXACT_BELOW", 20)
    made = Exact(64)
    vectors = units(19)
    made.add(range(19), vectors)
    assert choose(made) is made
    graph = choose(made, coming=1)
    assert isinstance(graph, Graph)
    assert sorted(graph.rows().tolist()) == list(range(19))
    assert graph.search(vectors[4], 1)[0].row == 4
