"""The stored form of vectors."""

import numpy as np
import pytest

from app.memory.vectors import NOTHING, normalise, pack, unpack, unpack_pairs


def test_a_stored_vector_takes_388_bytes_and_stays_near_the_floats():
    rng = np.random.default_rng(1)
    floats = normalise(rng.normal(size=(200, 384)).astype(np.float32))
    blobs = pack(floats)
    assert {len(blob) for blob in blobs} == {388}
    assert ((unpack(blobs, 384) * floats).sum(axis=1) > 0.9995).all()


def test_what_is_unpacked_has_length_one():
    vectors = unpack(pack(np.array([[3.0, 4.0], [-1.0, 0.0]], np.float32)), 2)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.allclose(vectors[0], [0.6, 0.8], atol=0.01)


def test_a_zero_vector_survives_packing():
    assert not unpack(pack(np.zeros((1, 8), np.float32)), 8).any()


def test_no_vectors_at_all_are_packed_and_unpacked():
    assert pack(np.empty((0, 8), np.float32)) == []
    assert unpack([], 8).shape == (0, 8)


def test_a_blob_of_another_dimension_is_refused():
    (blob,) = pack(np.ones((1, 8), np.float32))
    with pytest.raises(ValueError, match="bytes"):
        unpack([blob], 9)


def test_texts_that_mean_nothing_are_left_out():
    (blob,) = pack(np.ones((1, 8), np.float32))
    rows, vectors = unpack_pairs([(4, NOTHING), (5, blob)], 8)
    assert rows.tolist() == [5]
    assert vectors.shape == (1, 8)
