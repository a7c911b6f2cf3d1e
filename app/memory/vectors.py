"""The stored form of a vector: one scale, and one signed byte per number."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SCALE = np.dtype("<f4")
NOTHING = b""
"""The vector of a text without meaning, so that it is not embedded again."""


def pack(vectors: Floats) -> list[bytes]:
    """Pack vectors of shape (count, dimension) as blobs of 4 + dimension bytes."""
    scales = np.abs(vectors).max(axis=1, keepdims=True) / np.float32(127)
    safe = np.where(scales > 0, scales, 1)
    rounded = np.rint(vectors / safe).astype(np.int8)
    parts = zip(scales[:, 0].astype(_SCALE), rounded, strict=True)
    return [scale.tobytes() + numbers.tobytes() for scale, numbers in parts]


def unpack(blobs: Sequence[bytes], dimension: int) -> Floats:
    """Unpack blobs into unit vectors of shape (blobs, dimension).

    Raises:
        ValueError: If a blob has another dimension.
    """
    size = _SCALE.itemsize + dimension
    if any(len(blob) != size for blob in blobs):
        raise ValueError(f"a stored vector has not {size} bytes")
    raw = np.frombuffer(b"".join(blobs), np.uint8).reshape(len(blobs), size)
    numbers = raw[:, _SCALE.itemsize :].view(np.int8).astype(np.float32)
    return normalise(numbers)


def signed_bytes(blob: bytes) -> list[int]:
    """Return the numbers of a blob without their scale; their direction is its own."""
    return [*map(int, np.frombuffer(blob, np.int8, offset=_SCALE.itemsize))]


def normalise(vectors: Floats) -> Floats:
    """Scale the vectors to length one; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def unpack_pairs(
    pairs: Iterable[tuple[int, bytes]], dimension: int
) -> tuple[NDArray[np.int64], Floats]:
    """Unpack stored pairs into rows and unit vectors, without the meaningless ones."""
    kept = [(row, blob) for row, blob in pairs if blob != NOTHING]
    rows = np.array([row for row, _ in kept], np.int64)
    return rows, unpack([blob for _, blob in kept], dimension)
