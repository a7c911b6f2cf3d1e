from collections import Counter
from random import Random

import pytest

from app.meter.style import ASPECTS, aspects, divergence, likeness

CHAT = [
    "lol no way",
    "gg ez",
    "who wants to play tonight",
    "not me lol",
    "the server is down again...",
    "same here",
    "nooo why",
    "brb food",
    "anyone seen the patch notes",
    "yes they nerfed it lol",
] * 8

OFFICE = [
    "Certainly! I would be delighted to help you with that.",
    "It is important to remember that every situation is different.",
] * 8


def test_the_same_counts_are_not_apart_and_disjoint_ones_wholly():
    assert divergence(Counter(a=3, b=1), Counter(a=6, b=2)) == 0
    assert divergence(Counter(a=3), Counter(b=1)) == pytest.approx(1)
    assert divergence(Counter(), Counter(b=1)) == 1


def test_the_divergence_is_that_of_the_formula():
    # Half of 1·log2(1/0.75) + (0.5·log2(0.5/0.75) + 0.5·log2(0.5/0.25)).
    assert divergence(Counter(a=1), Counter(a=1, b=1)) == pytest.approx(0.3112781)


def test_a_sample_of_the_members_is_alike_in_every_aspect():
    rng = Random(1)
    found = likeness(rng.sample(CHAT, 20), CHAT, rng)
    assert list(found) == list(ASPECTS)
    assert min(found.values()) > 0.9


def test_another_way_of_writing_is_unlike_in_words_casing_and_openings():
    found = likeness(OFFICE, CHAT, Random(1))
    assert max(found[name] for name in ("words", "casing", "openings")) < 0.5


def test_a_handful_of_replies_has_no_figure():
    assert likeness(OFFICE[:3], CHAT, Random(1)) == {}


def test_signs_emoji_and_casing_are_counted_by_kind():
    found = aspects(["WHAT?!", "ok <:pog:123> fine", "Fine. 😀"])
    assert found["casing"] == Counter(upper=1, lower=1, sentence=1)
    assert found["emoji"] == Counter({"none": 1, "<:pog:123>": 1, "😀": 1})
    assert found["punctuation"]["?!"] == 1
    assert found["openings"] == Counter(what=1, ok=1, fine=1)
