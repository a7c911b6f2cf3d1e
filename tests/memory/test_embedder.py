"""The built-in embedding model, loaded by fastembed without a network."""

import hashlib

import numpy as np
import pytest

from app.core.errors import ConfigError
from app.core.paths import asset
from app.memory.embedder import BATCH_TOKENS, MAX_BATCH, Embedder, batches, is_trivial


@pytest.fixture(scope="module")
def embedder():
    return Embedder.open()


def test_the_shipped_files_are_the_ones_noted():
    for line in asset("embedding/SHA256SUMS").read_text("utf-8").splitlines():
        digest, name = line.split()
        content = asset(f"embedding/{name}").read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest


def test_texts_of_one_meaning_are_nearer_than_others(embedder):
    cat, kitten, tax = embedder.embed(
        ["the cat sits outside", "a kitten waits in the garden", "taxes are due in May"]
    )
    assert cat @ kitten > 0.4
    assert cat @ tax < 0.2


def test_vectors_have_length_one_and_the_order_of_the_texts(embedder):
    texts = [f"{'word ' * n}number {n}" for n in (40, 1, 300, 7, 2)]
    vectors = embedder.embed(texts)
    assert vectors.shape == (5, embedder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    for text, vector in zip(texts, vectors, strict=True):
        assert embedder._run(embedder._encode([text]))[0] @ vector > 0.97


def test_identical_texts_are_embedded_once(embedder, monkeypatch):
    seen = []
    real = embedder._encode

    def encode(texts):
        seen.extend(texts)
        return real(texts)

    monkeypatch.setattr(embedder, "_encode", encode)
    first = embedder.embed(["gallia est omnis", "divisa", "gallia est omnis"])
    again = embedder.embed(["gallia est omnis"])
    assert seen == ["gallia est omnis", "divisa"]
    assert (first[0] == first[2]).all()
    assert (again[0] == first[0]).all()


def test_no_texts_give_no_vectors(embedder):
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_odd_texts_are_embedded(embedder):
    vectors = embedder.embed(["", "\x00", "🎉" * 500, "\ud83d"[:0], "a" * 10_000])
    assert np.isfinite(vectors).all()


def test_a_second_session_can_be_opened(embedder):
    assert Embedder.open().model_id == embedder.model_id


def test_a_model_nobody_knows_is_refused_with_a_hint(tmp_path):
    with pytest.raises(ConfigError, match="built-in"):
        Embedder.open("no/such-model", cache=tmp_path)


def test_batches_hold_every_text_once_within_their_bounds():
    lengths = [3, 256, 9, 9, 200, 1, *([12] * 100)]
    made = list(batches(lengths))
    assert sorted(number for batch in made for number in batch) == list(range(106))
    for batch in made:
        assert len(batch) <= MAX_BATCH
        longest = max(lengths[number] for number in batch)
        assert len(batch) == 1 or longest * len(batch) <= BATCH_TOKENS


def test_batches_run_from_short_texts_to_long_ones():
    made = list(batches([50, 40, 43, 41, 90]))
    assert made == [[1, 3, 2, 0], [4]]


def test_a_glance_reads_the_beginning_of_a_text_and_is_not_kept(embedder):
    text = "the ship sails at dawn " * 10
    glance = embedder.embed([text], most_tokens=8)[0]
    begun = embedder.embed(["the ship sails at dawn the"])[0]
    assert glance @ begun > 0.99
    assert embedder.embed([text])[0] @ glance < 0.999


def test_a_batch_is_not_mostly_padding():
    lengths = [*range(1, 100)] * 3
    for batch in batches(lengths):
        found = [lengths[number] for number in batch]
        assert max(found) <= 1.25 * min(found) + 1


@pytest.mark.parametrize(
    "text",
    ["lol", "", "https://example.org/long", "<:wave:123456>", "😀😀😀", "123 456"],
)
def test_texts_without_words_are_trivial(text):
    assert is_trivial(text)


@pytest.mark.parametrize("text", ["good morning", "danke", "как дела", "日本語です"])
def test_texts_with_words_are_not(text):
    assert not is_trivial(text)
