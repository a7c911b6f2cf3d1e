"""Evaluates boosted trees of scikit-learn with numpy alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Trees:
    """A sum of decision trees; every array has the shape (trees, nodes).

    A leaf is its own child on both sides, so that every tree takes the same number of
    steps.
    """

    feature: NDArray[np.int32]
    threshold: Floats
    left: NDArray[np.int32]
    """Number of the child in the flattened arrays; the right one follows it."""
    value: Floats
    """The value of a leaf; 0 elsewhere."""
    depth: int

    def score(self, features: Floats) -> Floats:
        """Return the sum over all trees for each row of `features` (rows, features)."""
        trees, nodes = self.feature.shape
        feature, threshold = self.feature.ravel(), self.threshold.ravel()
        left, value = self.left.ravel(), self.value.ravel()
        at = np.broadcast_to(np.arange(trees) * nodes, (len(features), trees))
        flat = np.ascontiguousarray(features).ravel()
        base = (np.arange(len(features)) * features.shape[1])[:, None]
        for _ in range(self.depth):
            goes_right = flat.take(base + feature.take(at)) > threshold.take(at)
            at = left.take(at) + goes_right
        total: Floats = value.take(at).sum(axis=1)
        return total

    def split(self, number: int) -> "tuple[Trees, Trees]":
        """Return the first `number` trees and the rest; their scores add up."""
        width = self.feature.shape[1]
        halves = []
        for part, before in ((slice(number), 0), (slice(number, None), number)):
            halves.append(
                Trees(
                    self.feature[part],
                    self.threshold[part],
                    self.left[part] - np.int32(before * width),
                    self.value[part],
                    self.depth,
                )
            )
        return halves[0], halves[1]

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the input of `from_arrays`, for a file of numpy arrays."""
        return {
            "feature": self.feature.astype(np.uint8),
            "threshold": self.threshold,
            "left": self.left,
            "value": self.value,
            "depth": np.array(self.depth),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> "Trees":
        """Load the trees from a file of numpy arrays."""
        return cls(
            arrays["feature"].astype(np.int32),
            arrays["threshold"].astype(np.float32),
            arrays["left"].astype(np.int32),
            arrays["value"].astype(np.float32),
            int(arrays["depth"]),
        )
