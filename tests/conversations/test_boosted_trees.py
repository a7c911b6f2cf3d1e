"""Boosted trees in numpy say what LightGBM says."""

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.conversations.boosted_trees import Trees

FIT = Path(__file__).parents[1] / "bench" / "fit_links.py"


def test_a_tree_worked_out_by_hand():
    trees = Trees(
        feature=np.array([[1, 0, 0]], np.int32),
        threshold=np.array([[0.5, np.inf, np.inf]], np.float32),
        left=np.array([[1, 1, 2]], np.int32),
        value=np.array([[0.0, 10.0, 20.0]], np.float32),
        depth=1,
    )
    rows = np.array([[9, 0.5], [9, 0.6]], np.float32)
    assert trees.score(rows).tolist() == [10.0, 20.0]


def test_trees_of_lightgbm_keep_their_scores_through_a_file(tmp_path):
    lightgbm = pytest.importorskip("lightgbm")
    pytest.importorskip("sklearn")
    spec = importlib.util.spec_from_file_location("fit_links", FIT)
    assert spec and spec.loader
    fit_links: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fit_links)
    rng = np.random.default_rng(5)
    rows = (rng.integers(0, 9, size=(400, 6)) / 7).astype(np.float32)
    label = rows[:, 0] * rows[:, 1] + rows[:, 2] > 0.9
    sizes = np.full(40, 10)
    fit_links.TREES = 8
    fit_links.PARAMETERS |= {"min_data_in_leaf": 5, "num_threads": 1}
    trees = fit_links.fit_trees(rows, label, sizes)
    np.savez(tmp_path / "trees.npz", **trees.arrays())
    with np.load(tmp_path / "trees.npz") as arrays:
        loaded = Trees.from_arrays(arrays)
    assert (loaded.score(rows) == trees.score(rows)).all()
    first, others = loaded.split(3)
    both = first.score(rows) + others.score(rows)
    assert np.allclose(both, trees.score(rows), atol=1e-5)
    data = lightgbm.Dataset(rows, label.astype(np.float32))
    model = lightgbm.train(fit_links.PARAMETERS, data, num_boost_round=8)
    expected = model.predict(rows, raw_score=True)
    assert np.allclose(fit_links.trees_of(model).score(rows), expected, atol=1e-4)
