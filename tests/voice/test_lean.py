"""A voice leans to channels, and keeps every other bound."""

from random import Random

import numpy as np
import pytest

from app.voice.index import END, Index, Lean
from app.voice.static_index import build
from app.voice.tokens import TokenVoice

OURS, THEIRS = 1, 2


def index_of(messages: list[tuple[int, list[int], int]]) -> Index:
    symbols = [END, *(one for _, own, _ in messages for one in [*own, END])]
    ids, channels = [[m[at] for m in messages] for at in (0, 2)]
    arrays = build(
        np.array(symbols, np.int32),
        np.array(ids, np.int64),
        np.array(channels, np.int64),
    )
    return Index.of(arrays)


def mixed(is_learned: bool) -> Index:
    """One message of ours beside three of theirs, a hundred times."""
    rows = [(at, [5, 6 + at % 4], THEIRS if at % 4 else OURS) for at in range(400)]
    if not is_learned:
        return index_of(rows)
    index = Index.empty()
    for row in rows:
        index.learn(*row)
    return index


@pytest.mark.parametrize("is_learned", [False, True])
@pytest.mark.parametrize("times", [1, 4, 10])
def test_messages_of_the_channel_are_drawn_so_many_times_as_often(is_learned, times):
    view = mixed(is_learned).view(lean=Lean(frozenset([OURS]), times))
    rng, found = Random(3), view.find([5])
    drawn = [view.message_at(view.pick(found, rng)) % 4 == 0 for _ in range(4000)]
    wanted = times / (times + 3)
    assert sum(drawn) / 4000 == pytest.approx(wanted, abs=0.04)


@pytest.mark.parametrize("is_learned", [False, True])
def test_followers_count_alike_and_carry_the_lean(is_learned):
    view = mixed(is_learned).view(lean=Lean(frozenset([OURS]), 4))
    symbols, counts, leans = view.leaning_followers(view.find([5]))
    assert (list(symbols), list(counts)) == ([6, 7, 8, 9], [100] * 4)
    assert leans is not None and list(leans) == [4, 1, 1, 1]


def test_the_voice_leans_without_thinking_that_it_knows_more():
    voice = TokenVoice(mixed(False), 20, 19, 400)
    plain = voice.predict([4])
    leaning = voice.predict([4], lean=Lean(frozenset([OURS]), 4))
    assert np.array_equal(plain.evidence, leaning.evidence)
    (ids, shares) = leaning.parts[-1]
    assert list(ids) == [5, 6, 7, 8]
    assert shares == pytest.approx([4 / 7, 1 / 7, 1 / 7, 1 / 7])


def test_a_lean_shows_nothing_that_is_forgotten_or_hidden():
    index, rng = mixed(False), Random(4)
    index.forget(range(0, 400, 8))
    lean = Lean(frozenset([OURS]), 100)
    view = index.view(lean=lean)
    found = view.find([5])
    rows = {view.message_at(view.pick(found, rng)) for _ in range(500)}
    assert rows and not any(row % 8 == 0 for row in rows)
    hidden = index.view(frozenset([THEIRS]), lean=lean)
    found = hidden.find([5])
    rows = {hidden.message_at(hidden.pick(found, rng)) for _ in range(200)}
    assert rows and all(row % 4 for row in rows)


def test_what_the_channel_never_said_comes_from_elsewhere():
    view = mixed(False).view(lean=Lean(frozenset([OURS]), 50))
    place = view.pick(view.find([5, 7]), Random(1))
    assert view.message_at(place) % 4 == 1
    unknown = mixed(False).view(lean=Lean(frozenset([77]), 50))
    assert unknown.leaning_followers(unknown.find([5]))[2] is None
    assert unknown.pick(unknown.find([5]), Random(1)) >= 0
