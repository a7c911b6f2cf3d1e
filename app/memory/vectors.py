"""The stored form of a vector: one scale and one signed byte a number."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SCALE = np.dtype("<f4")
NOTHING = b""
"""Stored for a text that means nothing, so that it is not looked at again."""


def pack(vectors: Floats) -> list[bytes]:
    """Vectors of shape (count, dimension) as blobs of 4 + dimension bytes."""
    scales = np.abs(vectors).max(axis=1, keepdims=True) / np.float32(127)
    safe = np.where(scales > 0, scales, 1)
    rounded = np.rint(vectors / safe).astype(np.int8)
    parts = zip(scales[:, 0].astype(_SCALE), rounded, strict=True)
    return [scale.tobytes() + numbers.tobytes() for scale, numbers in parts]


def unpack(blobs: Sequence[bytes], dimension: int) -> Floats:
    """Unit vectors of shape (blobs, dimension).

    Raises:
        ValueError: If a blob is not a vector of that dimension.
    """
    size = _SCALE.itemsize + dimension
    if any(len(blob) != size for blob in blobs):
        raise ValueError(f"a stored vector has not {size} bytes")
    raw = np.frombuffer(b"".join(blobs), np.uint8).reshape(len(blobs), size)
    numbers = raw[:, _SCALE.itemsize :].view(np.int8).astype(np.float32)
    return normalise(numbers)


def normalise(vectors: Floats) -> Floats:
    """The vectors scaled to length one; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def unpack_pairs(
    pairs: Iterable[tuple[int, bytes]], dimension: int
) -> tuple[NDArray[np.int64], Floats]:
    """(rows, unit vectors) of stored pairs; those that mean nothing are left out."""
    kept = [(row, blob) for row, blob in pairs if blob != NOTHING]
    rows = np.array([row for row, _ in kept], np.int64)
    return rows, unpack([blob for _, blob in kept], dimension)
