"""Chooses the texts that say most of a talk."""

import numpy as np

from app.memory.vectors import Floats

SAMENESS = 0.3
"""The weight of a text's likeness to those chosen before."""


def choose(vectors: Floats, count: int) -> list[int]:
    """Return the places of texts close to the whole talk, and unlike each other.

    Maximal marginal relevance (Carbonell and Goldstein 1998), with the mean as query.

    Args:
        vectors: Unit vectors, shape (texts, dimension).
        count: The most texts to choose.
    """
    if not len(vectors):
        return []
    whole = vectors.mean(axis=0)
    close = vectors @ (whole / max(float(np.linalg.norm(whole)), 1e-9))
    alike = np.full(len(vectors), -1.0, np.float32)
    chosen: list[int] = []
    while len(chosen) < min(count, len(vectors)):
        scores = close - SAMENESS * np.maximum(alike, 0)
        scores[chosen] = -np.inf
        chosen.append(int(scores.argmax()))
        alike = np.maximum(alike, vectors @ vectors[chosen[-1]])
    return sorted(chosen)
