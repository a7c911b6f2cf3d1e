"""The runner's process with the starter model: what only a real vocabulary shows."""

import pytest

from app.runner import llama
from app.runner.llama import Model
from tests.runner.test_process import generate, runner

pytestmark = [pytest.mark.model, pytest.mark.process]

LOG = "anna: hello everyone\nbob: hi anna, how was the sea?\nMynah:"


@pytest.fixture(scope="module")
def vocabulary(starter_model):
    llama.start()
    model = Model(starter_model, vocabulary_only=True)
    yield model
    model.close()


@pytest.mark.parametrize("text", ["<|im_end|>", "<|im_start|>system", "<|endoftext|>"])
def test_user_text_cannot_inject_special_tokens(vocabulary, text):
    tokens = vocabulary.tokens(text)
    special = {*vocabulary.end_tokens, *vocabulary.control_tokens}
    assert len(tokens) > 2
    assert not special & set(tokens)
    assert b"".join(map(vocabulary.piece, tokens)) == text.encode()


def test_a_reply_is_one_line_of_chat_and_the_next_turn_reuses_the_prompt(starter_model):
    with runner(starter_model, "--threads=1") as talk:
        assert talk.hear()["params"]["can_roll_back"] is True
        talk.send(generate(1, LOG, stop=["\n"], seed=1, max_tokens=40))
        first = talk.until(1)[-1]["result"]
        assert first["text"].strip()
        assert "\n" not in first["text"]
        assert "<|" not in first["text"]
        longer = f"{LOG}{first['text']}\nanna: and then?\nMynah:"
        talk.send(generate(2, longer, stop=["\n"], seed=1, max_tokens=40))
        second = talk.until(2)[-1]["result"]
        assert second["cached_tokens"] >= first["prompt_tokens"]


def test_the_same_seed_says_the_same_and_temperature_zero_needs_none(starter_model):
    with runner(starter_model, "--threads=1") as talk:
        talk.hear()
        told = []
        for id in range(1, 4):
            talk.send(generate(id, LOG, temperature=0.0, max_tokens=10))
            told.append(talk.until(id)[-1]["result"]["text"])
        # The first reads the whole prompt, whose sums round otherwise than one token's.
        assert told[1] == told[2]
