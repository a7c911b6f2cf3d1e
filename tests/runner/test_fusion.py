import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.runner.fusion import BALANCED, Sides, fuse, next_trust, sample
from app.voice.tokens import Prediction

VOCABULARY = 300
END = 7


def prediction(
    seed: int = 1, depth: int = 3, evidence: tuple[float, ...] = (1, 3, 2, 0.2, 0.5, 1)
) -> Prediction:
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(depth):
        ids = np.sort(rng.choice(VOCABULARY, 12, replace=False))
        parts.append((ids, rng.dirichlet(np.ones(12)).astype(np.float32)))
    base = rng.dirichlet(np.ones(VOCABULARY)).astype(np.float32)
    return Prediction(
        base=base,
        base_root=base**0.25,
        parts=parts,
        kinds=np.arange(depth),
        evidence=np.tile(evidence, (depth, 1)),
        weights=rng.dirichlet(np.ones(depth + 1)),
        depth=depth,
        at=seed % 3,
    )


def logits(seed: int = 1, scale: float = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(0, scale, VOCABULARY).astype(np.float32)


def softmax(values: np.ndarray) -> np.ndarray:
    probs = np.exp(values.astype(np.float64) - values.max())
    shares: np.ndarray = probs / probs.sum()
    return shares


@given(st.integers(0, 99), st.integers(0, 100), st.floats(-4, 4), st.integers(0, 8))
def test_the_fused_distribution_sums_to_one_and_a_message_can_end(
    seed, dial, trust, depth
):
    probs = fuse(logits(seed), prediction(seed, depth), dial, trust).probs
    assert math.isclose(probs.sum(dtype=np.float64), 1, rel_tol=1e-4)
    assert probs.min() >= 0
    assert probs[END] > 0


def test_an_end_the_model_rules_out_stays_possible():
    unlikely = logits()
    unlikely[END] = -1000
    assert fuse(unlikely, prediction(), BALANCED).probs[END] > 0


def test_dial_0_is_the_models_own_distribution():
    fused = fuse(logits(), prediction(), 0)
    assert fused.probs == pytest.approx(softmax(logits()), rel=1e-4)
    assert np.array_equal(fused.probs, fuse(logits(), None, BALANCED).probs)
    assert fused.weight == 0


def test_dial_100_is_the_voices_own_distribution():
    voice = prediction()
    fused = fuse(logits(), voice, 100)
    expected = [voice.probability(token) for token in range(VOCABULARY)]
    assert fused.probs == pytest.approx(np.array(expected), rel=1e-4, abs=1e-9)
    assert fused.weight == 1


def test_between_both_is_a_mixture_of_model_product_and_parts():
    voice = prediction()
    sides = Sides(logits(), voice)
    weights = sides.weights(30, 0.5)
    assert weights.sum() == pytest.approx(1)
    fused = fuse(logits(), voice, 30, 0.5)
    for token in range(VOCABULARY):
        mixed = weights @ sides.shares_of(token)
        assert fused.probs[token] == pytest.approx(mixed, rel=1e-3)
        assert sides.probability(token, 30, 0.5) == pytest.approx(mixed)
    assert fused.weight == pytest.approx(1 - weights[0] - weights[1] / 2)


def test_the_product_prefers_what_both_find_likely():
    voice = prediction()
    sides = Sides(logits(), voice)
    model, said = softmax(logits()), voice.mixed(voice.weights)
    expected = model**0.6 * said**0.5 / voice.base**0.25
    both = [sides.shares_of(token)[1] for token in range(VOCABULARY)]
    assert both == pytest.approx(expected / expected.sum(), rel=1e-3)


def test_the_logits_are_left_as_they_are():
    given_logits = logits()
    fuse(given_logits, prediction(), BALANCED)
    assert np.array_equal(given_logits, logits())


def test_the_dial_moves_the_voices_odds():
    sides = Sides(logits(), prediction())
    shares = [fuse(logits(), prediction(), dial).weight for dial in range(0, 101, 5)]
    assert shares == sorted(shares)
    low, high = sides.weights(50, 0), sides.weights(75, 0)
    assert high[2:] / high[0] == pytest.approx(3 * low[2:] / low[0])


def test_a_state_seen_often_with_few_followers_weighs_more():
    often = Sides(logits(), prediction(1, 3, (1, 6, 2, 0.0, 0.8, 1)))
    rarely = Sides(logits(), prediction(1, 3, (1, 2, 2, 0.8, 0.2, 1)))
    assert often.weights(BALANCED, 0)[3:].sum() > rarely.weights(BALANCED, 0)[3:].sum()


def test_an_unsure_model_leaves_more_to_the_voice():
    unsure = fuse(logits(scale=0.5), prediction(), BALANCED)
    sure = fuse(logits(scale=16), prediction(), BALANCED)
    assert unsure.weight > sure.weight


def test_who_foresaw_the_message_so_far_weighs_more():
    sides = Sides(logits(), prediction())
    assert sides.weights(BALANCED, 2)[0] < sides.weights(BALANCED, -2)[0]


def test_trust_follows_who_foresaw_the_token():
    voice, values = prediction(), logits()
    log_sum = fuse(values, voice, BALANCED).log_sum
    ids, _ = voice.parts[-1]
    unforeseen = min(ids.tolist(), key=lambda token: values[token])
    obvious = int(values.argmax())
    assert next_trust(0, values, log_sum, voice, unforeseen) > 0
    assert next_trust(0, values, log_sum, voice, obvious) < 0
    assert abs(next_trust(4, values, log_sum, voice, obvious)) <= 4


def test_the_same_chance_draws_the_same_token():
    probs = softmax(logits()).astype(np.float32)
    draws = [sample(probs, np.random.default_rng(5)) for _ in range(3)]
    assert len(set(draws)) == 1


def test_draws_follow_the_distribution():
    probs = np.array([0.5, 0.3, 0.2], np.float32)
    rng = np.random.default_rng(1)
    counts = np.bincount([sample(probs, rng) for _ in range(20_000)], minlength=3)
    assert counts / 20_000 == pytest.approx(probs, abs=0.015)


def test_temperature_sharpens_and_flattens():
    probs = np.array([0.6, 0.4], np.float32)

    def share(temperature: float) -> float:
        rng = np.random.default_rng(2)
        drawn = [sample(probs, rng, temperature=temperature) for _ in range(5_000)]
        return drawn.count(0) / 5_000

    assert share(0.5) == pytest.approx(0.36 / 0.52, abs=0.03)
    assert share(2.0) == pytest.approx(0.5505, abs=0.03)
    assert share(0) == 1


def test_top_p_and_min_p_cut_the_unlikely():
    probs = np.array([0.5, 0.3, 0.15, 0.05], np.float32)
    rng = np.random.default_rng(3)
    assert {sample(probs, rng, top_p=0.75) for _ in range(200)} == {0, 1}
    assert {sample(probs, rng, min_p=0.25) for _ in range(200)} == {0, 1, 2}
    assert {sample(probs, rng, top_p=0.0) for _ in range(50)} == {0}


@pytest.mark.parametrize("top_p", [0.1, 0.9, 0.95, 0.999])
def test_the_nucleus_is_what_sorting_everything_gives(top_p):
    logits = np.random.default_rng(4).normal(0, 3, 5000).astype(np.float32)
    probs = np.exp(logits - logits.max())
    probs /= probs.sum()
    order = np.argsort(-probs, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(probs[order]), top_p)) + 1]
    drawn = {
        sample(probs, np.random.default_rng(seed), temperature=9.0, top_p=top_p)
        for seed in range(3000)
    }
    assert drawn <= {*kept.tolist()}
    assert len(drawn) > 0.5 * min(len(kept), 3000)
