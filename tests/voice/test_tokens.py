import math
from pathlib import Path

import numpy as np
import pytest

from app.voice.conversation_cache import ConversationCache
from app.voice.files import VoiceFileError
from app.voice.tokens import NAME, Prediction, TokenVoice, build

VOCABULARY = 50
END = 7


@pytest.fixture
def voice(tmp_path: Path) -> TokenVoice:
    lines = {1: [10, 11, 12], 2: [10, 11, 13], 5: [20], 6: [10, 11, 12]}
    rows = [(at, line, 3) for at, line in lines.items()]
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
    assert (prediction.depth, prediction.at) == (3, 2)
    assert prediction.kinds.tolist() == [0, 1, 2]
    # START 10 11 was seen 3 times, 12 follows twice, 13 once.
    assert prediction.evidence[-1] == pytest.approx(
        [1, math.log(3), math.log(2), 1 / 3, 2 / 3, 1]
    )


def test_an_unknown_state_says_what_is_written_at_all(voice):
    prediction = voice.predict([49])
    assert (prediction.parts, prediction.weights.tolist()) == ([], [1])
    assert prediction.base.argmax() == END


def test_what_followed_rarely_gets_less_than_its_share(voice):
    ids, shares = voice.predict([10, 11]).parts[-1]
    assert ids.tolist() == [12, 13]
    assert shares == pytest.approx([1.3 / 1.6, 0.3 / 1.6])


def test_base_and_parts_together_are_the_voice(voice):
    prediction = voice.predict([10, 11])
    mixed = prediction.mixed(prediction.weights)
    assert prediction.weights.sum() == pytest.approx(1)
    assert mixed == pytest.approx(dense(prediction))
    for ids, shares in prediction.parts:
        assert shares.sum() == pytest.approx(1)
        assert ids.tolist() == sorted(ids.tolist())


def test_what_was_just_said_is_likelier(voice):
    said = ConversationCache([[30, 31], [30, 31]], END)
    assert dense(voice.predict([30], said))[31] > 10 * dense(voice.predict([30]))[31]
    assert math.isclose(dense(voice.predict([30], said)).sum(), 1, rel_tol=1e-5)


def test_a_message_is_predicted_as_soon_as_it_is_learned(voice):
    voice.learn(9, [30, 31])
    assert dense(voice.predict([30])).argmax() == 31
    assert voice.messages == 5


def test_a_forgotten_message_is_not_predicted(voice):
    assert voice.forget([2, 77]) == 1
    assert len(voice.predict([10, 11]).parts[-1][0]) == 1
    assert dense(voice.predict([10, 11]))[13] < 0.05


def followers(voice: TokenVoice) -> list[int]:
    ids, _ = voice.predict([10]).parts[-1]
    return [int(token) for token in ids]


def test_common_states_change_with_what_is_learned_and_forgotten(tmp_path):
    rows = [(at, [10, 11], 3) for at in range(1000)]
    build(tmp_path, rows, vocabulary=VOCABULARY, end=END)
    voice = TokenVoice.open(tmp_path)
    assert followers(voice) == [11]
    voice.learn(1000, [10, 12])
    assert followers(voice) == [11, 12]
    voice.forget([1000])
    assert followers(voice) == [11]


def test_a_state_of_many_places_is_close_to_its_exact_counts(tmp_path):
    rng = np.random.default_rng(1)
    follow = rng.choice(40, 60_000, p=np.arange(1, 41) / 820)
    rows = [(at, [10, int(token)], 3) for at, token in enumerate(follow)]
    build(tmp_path, rows, vocabulary=VOCABULARY, end=END)
    ids, shares = TokenVoice.open(tmp_path).predict([10]).parts[-1]
    assert ids.tolist() == [*range(40)]
    assert shares == pytest.approx(np.bincount(follow) / 60_000, abs=0.002)


def test_an_empty_voice_predicts_every_token_alike(tmp_path):
    assert build(tmp_path, [], vocabulary=VOCABULARY, end=END) == 0
    probs = dense(TokenVoice.open(tmp_path).predict([]))
    assert probs == pytest.approx(np.full(VOCABULARY, 1 / VOCABULARY))


def test_messages_without_tokens_are_not_learned(tmp_path):
    rows = [(1, [], 3), (2, [3], 3)]
    assert build(tmp_path, rows, vocabulary=VOCABULARY, end=END) == 1


def test_damaged_files_are_named(voice, tmp_path):
    (tmp_path / f"{NAME}.json").write_text("{}")
    with pytest.raises(VoiceFileError):
        TokenVoice.open(tmp_path)


def test_the_newest_messages_with_the_longest_state_and_its_follower_are_found(voice):
    held = voice.predict([10, 11]).held(12, 3)
    assert held.state == 3
    assert [row for row, _ in held.places] == [6, 1]
    assert voice.predict([10, 11]).held(13, 1).places[0][0] == 2
    assert voice.predict([10, 11]).held(49, 3) == (0, ())


def test_messages_that_are_learned_forgotten_or_hidden_are_found_or_not(voice):
    voice.learn(9, [10, 11, 12], 4)
    assert [row for row, _ in voice.predict([10, 11]).held(12, 2).places] == [9, 6]
    only = voice.predict([10, 11], channels=frozenset({3})).held(12, 2)
    assert [row for row, _ in only.places] == [6, 1]
    voice.forget([9, 6])
    assert [row for row, _ in voice.predict([10, 11]).held(12, 2).places] == [1]


def test_a_disliked_message_is_drawn_more_rarely(voice):
    before = voice.predict([10, 11]).probability(13)
    voice.weigh({2: 0.1, 77: 0.5})
    assert 0 < voice.predict([10, 11]).probability(13) < before
