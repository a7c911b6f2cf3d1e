"""The vocabulary of a host's model: the same tokens as llama.cpp has for it."""

import numpy as np
import pytest

from app.runner.engine.host_tokens import HostTokens
from app.runner.message_tokens import end_token, messages_tokens
from tests.runner import tiny_tokenizer

TEXTS = ["hello there", "naïve 日本 😀", "", "</s> is no end", "  a  b\tc "]


@pytest.fixture
def table() -> HostTokens:
    return HostTokens(tiny_tokenizer.words(), {tiny_tokenizer.END})


def test_its_tokens_and_their_bytes_are_those_of_llama(table, load):
    model = load().model
    assert table.vocabulary == model.vocabulary
    every = range(model.vocabulary)
    assert [table.piece(token) for token in every] == [model.piece(t) for t in every]
    assert messages_tokens(table, TEXTS) == messages_tokens(model, TEXTS)
    assert end_token(table) == end_token(model)
    assert table.line_tokens.tolist() == model.line_tokens.tolist()
    assert table.end_tokens.tolist() == model.end_tokens.tolist()
    for kind, tokens in model.starting.items():
        assert np.array_equal(table.starting[kind], tokens), kind


def test_bytes_in_letters_are_read_too():
    table = HostTokens(tiny_tokenizer.by_bytes(), {257})
    for text in (" hé 日", "<|im_end|>", "\n"):
        tokens = table.tokens(text)
        assert b"".join(map(table.piece, tokens)).decode() == text
        assert 257 not in tokens, "people's words are no mark of the template"
    assert table.piece(257) == b""
    assert table.end_tokens.tolist() == [257]
    assert table.control_tokens.tolist() == []
