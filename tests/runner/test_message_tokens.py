from pathlib import Path

import pytest

from app.runner import llama
from app.runner.message_tokens import (
    end_token,
    message_tokens,
    messages_tokens,
    said_in,
)

TEXTS = [
    "hello there",
    "",
    ":) ok!!",
    "two\nlines",
    " 123 ",
    "ünï 😀",
    "a: b",
    "...",
    "?",
]


@pytest.fixture(scope="module")
def model(starter_model: Path) -> llama.Model:
    llama.start()
    return llama.Model(starter_model, vocabulary_only=True)


@pytest.mark.model
def test_a_message_has_the_tokens_it_has_in_the_chat_log(model):
    whole = model.tokens("Ann: hello there\n")
    own = [*message_tokens(model, "hello there"), end_token(model)]
    assert whole == [*model.tokens("Ann:"), *own]


@pytest.mark.model
def test_many_messages_have_the_tokens_of_each(model):
    assert messages_tokens(model, TEXTS) == [
        message_tokens(model, text) for text in TEXTS
    ]


@pytest.mark.model
def test_white_space_alone_is_no_message(model):
    assert message_tokens(model, " \n ") == []
    assert messages_tokens(model, []) == []


@pytest.mark.model
def test_what_was_said_is_the_texts_of_the_log_without_the_names(model):
    log = "(earlier)\nAnn: hello there: you\nBo: fine\nCy:"
    hello = message_tokens(model, "hello there: you")
    fine = message_tokens(model, "fine")
    said = said_in(model, model.tokens(log))
    heard = {one.length: [*one.ids] for one in said.followers([])}
    assert heard[0] == sorted({*hello, *fine})
    assert heard[1] == sorted({hello[0], fine[0]})


@pytest.mark.model
def test_what_was_said_before_the_log_counts_as_well(model):
    log = model.tokens("Ann: hello\nCy:")
    before = message_tokens(model, "fine weather")
    assert not said_in(model, log).followers(before[:1])[1:]
    said = said_in(model, log, ["fine weather", " "])
    found = {one.length: [*one.ids] for one in said.followers(before[:1])}
    assert found[2] == [before[1]]


class Joining(llama.Model):
    """A tokenizer whose line breaks stick to what follows them."""

    def __init__(self) -> None:
        """No file is loaded."""

    def tokens(
        self, text: str, *, is_start: bool = False, is_mark: bool = False
    ) -> list[int]:
        return [ord(letter) for letter in text.replace("\n:", "\0")]


def test_a_tokenizer_that_joins_line_breaks_is_asked_for_each_message():
    assert messages_tokens(Joining(), ["ab", "c"]) == [[32, 97, 98], [32, 99]]
