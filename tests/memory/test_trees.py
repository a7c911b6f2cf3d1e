"""Boosted trees in numpy say what scikit-learn says."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from app.memory.trees import Trees

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


def test_trees_of_scikit_learn_keep_their_scores_through_a_file(tmp_path):
    ensemble = pytest.importorskip("sklearn.ensemble")
    spec = importlib.util.spec_from_file_location("fit_links", FIT)
    assert spec and spec.loader
    fit_links = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fit_links)
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(400, 6)).astype(np.float32)
    label = (rows[:, 0] * rows[:, 1] + rows[:, 2] > 0.3).astype(int)
    model = ensemble.HistGradientBoostingClassifier(max_iter=8, max_depth=5)
    model.fit(rows, label)
    np.savez(tmp_path / "trees.npz", **fit_links.trees_of(model).arrays())
    with np.load(tmp_path / "trees.npz") as arrays:
        trees = Trees.from_arrays(arrays)
    scores = trees.score(rows) + float(model._baseline_prediction.ravel()[0])
    assert np.allclose(scores, model.decision_function(rows), atol=1e-4)
