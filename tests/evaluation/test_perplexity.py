import math

import numpy as np
import pytest

from app.evaluation.held_out import Held
from app.evaluation.perplexity import DIALS, Scores, Threads, add_token, prompt_of
from app.runner.fusion import fuse
from app.voice.tokens import Prediction


def test_the_prompt_is_a_chat_log_of_cut_lines_that_ends_with_the_name():
    held = Held([("Ann", "two\nlines"), ("Bo", "x" * 250)], "Cy", "hello")
    assert prompt_of(held) == f"Ann: two lines\nBo: {'x' * 200}\nCy:"


def scored() -> tuple[Scores, np.ndarray, Prediction, int, float]:
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 3, 100).astype(np.float32)
    shares = np.array([0.7, 0.3], np.float32)
    base = np.full(100, 0.01, np.float32)
    prediction = Prediction(
        base=base,
        base_root=base**0.25,
        parts=[(np.array([3, 9]), shares)],
        kinds=np.array([1]),
        evidence=np.array([[1, 2, 1, 0, 0.7, 1.0]]),
        weights=np.array([0.3, 0.7]),
        depth=2,
        at=1,
    )
    scores = Scores(messages=1, bytes=4)
    trust = add_token(scores, logits, prediction, 9, 0.4)
    return scores, logits, prediction, 9, trust


def test_every_dial_is_scored_as_the_decoding_loop_would_mix():
    scores, logits, prediction, token, _ = scored()
    for dial in DIALS:
        probs = fuse(logits, prediction, dial, 0.4).probs
        nats = scores.nats[str(dial)]
        assert nats == pytest.approx(-math.log(probs[token]), rel=1e-4)


def test_the_ends_of_the_dial_are_model_and_voice_alone():
    scores, *_ = scored()
    assert scores.nats["0"] == scores.nats["model"]
    assert scores.nats["100"] == scores.nats["voice"]


def test_the_report_has_perplexity_a_token_and_bits_a_byte():
    scores = Scores(2, 10, 40, {str(dial): 20.0 + dial for dial in DIALS})
    scores.nats |= {"model": 30.0, "voice": 40.0, "20": 15.0}
    report = scores.report()
    assert report.model.perplexity == pytest.approx(math.exp(3))
    assert report.voice.bits_per_byte == pytest.approx(1 / math.log(2))
    assert report.fused.dial == 50
    assert report.fused.perplexity == pytest.approx(math.exp(7))
    assert report.recommended == 20
    assert list(report.dials) == [str(dial) for dial in DIALS]


def test_the_number_of_threads_follows_what_is_fastest_now():
    threads = Threads([1, 2])
    speeds = {1: 100, 2: 180}
    taken = []
    for message in range(100):
        if message == 50:
            speeds = {1: 90, 2: 10}
        taken.append(threads.take())
        threads.note(taken[-1], speeds[taken[-1]], 1.0)
    assert set(taken) == {1, 2}
    assert taken[10:50].count(2) >= 36
    assert taken[60:].count(1) >= 35
