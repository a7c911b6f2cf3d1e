import math
from pathlib import Path

import numpy as np
import pytest

from app.voice.files import VoiceFileError
from app.voice.tokens import NAME, Prediction, TokenVoice, build

VOCABULARY = 50
END = 7


@pytest.fixture
def voice(tmp_path: Path) -> TokenVoice:
    rows = [(1, [10, 11, 12]), (2, [10, 11, 13]), (5, [20]), (6, [10, 11, 12])]
    assert build(tmp_path, rows, vocabulary=VOCABULARY, end=END) == 4
    return TokenVoice.open(tmp_path)


def dense(prediction: Prediction) -> np.ndarray:
    return np.array([prediction.probability(token) for token in range(VOCABULARY)])


@pytest.mark.parametrize("written", [[], [10], [10, 11], [10, 11, 12], [20], [49], [0]])
def test_a_prediction_is_a_distribution_without_zeros(voice, written):
    probs = dense(voice.predict(written))
    assert math.isclose(probs.sum(), 1, rel_tol=1e-5)
    assert probs.min() > 0


def test_what_followed_most_often_is_likeliest(voice):
    assert dense(voice.predict([])).argmax() == 10
    assert dense(voice.predict([10, 11])).argmax() == 12


def test_a_message_ends_with_the_models_line_break(voice):
    assert dense(voice.predict([20])).argmax() == END


def test_the_longest_known_state_is_described(voice):
    prediction = voice.predict([10, 11])
    assert (prediction.depth, prediction.count, prediction.distinct) == (3, 3, 2)


def test_an_unknown_state_says_what_is_written_at_all(voice):
    prediction = voice.predict([49])
    assert (prediction.parts, prediction.rest) == ([], 1)
    assert prediction.base.argmax() == END


def test_the_discount_is_what_shorter_states_get(voice):
    # START 10 11 was seen 3 times, 12 follows twice, 13 once.
    ids, shares = voice.predict([10, 11]).parts[0]
    assert ids.tolist() == [12, 13]
    assert shares == pytest.approx([(2 - 0.8) / 3, (1 - 0.8) / 3])


def test_a_message_is_predicted_as_soon_as_it_is_learned(voice):
    voice.learn(9, [30, 31])
    assert dense(voice.predict([30])).argmax() == 31
    assert voice.messages == 5


def test_a_forgotten_message_is_not_predicted(voice):
    assert voice.forget([2, 77]) == 1
    assert voice.predict([10, 11]).distinct == 1
    assert dense(voice.predict([10, 11]))[13] < 0.05


def test_common_states_change_with_what_is_learned_and_forgotten(tmp_path):
    rows = [(at, [10, 11]) for at in range(1000)]
    build(tmp_path, rows, vocabulary=VOCABULARY, end=END)
    voice = TokenVoice.open(tmp_path)
    assert voice.predict([10]).distinct == 1
    voice.learn(1000, [10, 12])
    assert voice.predict([10]).distinct == 2
    voice.forget([1000])
    assert voice.predict([10]).distinct == 1


def test_a_state_of_many_places_is_close_to_its_exact_counts(tmp_path):
    rng = np.random.default_rng(1)
    follow = rng.choice(40, 60_000, p=np.arange(1, 41) / 820)
    rows = [(at, [10, int(token)]) for at, token in enumerate(follow)]
    build(tmp_path, rows, vocabulary=VOCABULARY, end=END)
    probs = dense(TokenVoice.open(tmp_path).predict([10]))[:40]
    assert probs == pytest.approx(np.bincount(follow) / 60_000, abs=0.002)


def test_an_empty_voice_predicts_every_token_alike(tmp_path):
    assert build(tmp_path, [], vocabulary=VOCABULARY, end=END) == 0
    probs = dense(TokenVoice.open(tmp_path).predict([]))
    assert probs == pytest.approx(np.full(VOCABULARY, 1 / VOCABULARY))


def test_messages_without_tokens_are_not_learned(tmp_path):
    assert build(tmp_path, [(1, []), (2, [3])], vocabulary=VOCABULARY, end=END) == 1


def test_damaged_files_are_named(voice, tmp_path):
    (tmp_path / f"{NAME}.json").write_text("{}")
    with pytest.raises(VoiceFileError):
        TokenVoice.open(tmp_path)
