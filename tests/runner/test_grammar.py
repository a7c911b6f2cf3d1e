"""Text that keeps to a grammar, chosen by llama.cpp's own reader of it."""

import numpy as np
import pytest

from app.chat.fact_question import GRAMMAR
from app.core.errors import UsageError
from app.ipc.inference import Generate
from app.runner.grammar import Grammar
from app.runner.sampler import Chooser


def written(model, wish, rules, steps=60):
    """Return what a model writes under rules that wants the wish's next character."""
    request = Generate(1, "c", "", temperature=0.0, grammar=rules)
    grammar = Grammar(model, rules)
    chooser = Chooser(model, request, None, [], np.random.default_rng(1), grammar)
    line: list[int] = []
    while len(line) < steps:
        logits = np.full(model.vocabulary, -20, np.float32)
        logits[model.tokens(wish[len(line) % len(wish)])[-1]] = 20
        logits[model.tokens("\n")[-1]] = 10
        token = chooser.choose(logits, line, may_end=True)
        if token in model.end_tokens:
            break
        line.append(token)
    return b"".join(map(model.piece, line)).decode()


def test_what_fits_is_written_as_it_is_wanted(load):
    model = load().model
    for answer in ("none\n", "lives=Leeds\n", "pet cat=Tom; is=nurse\n"):
        assert written(model, answer, GRAMMAR) == answer


def test_nothing_else_is_written_whatever_the_model_wants(load):
    model = load().model
    told = written(model, "Sure! Here are the facts = ", GRAMMAR, steps=200)
    kind, _, value = told.partition("=")
    assert kind and value.endswith("\n") and value[:-1].isprintable(), told
    assert "=" not in value.partition("; ")[0]


def test_rules_that_are_none_are_refused(load):
    with pytest.raises(UsageError):
        written(load().model, "none", "root ::= (")
