from collections import Counter, defaultdict
from itertools import pairwise, product
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from app.voice import static_index
from app.voice.index import DEPTH, Index, Range, View
from app.voice.static_index import END, build

Messages = dict[int, list[int]]


def index_of(messages: Messages) -> Index:
    flat = [END]
    for symbols in messages.values():
        flat += [*symbols, END]
    return Index.of(build(np.array(flat, np.int32), np.array(list(messages), np.int64)))


def made_up(rng: Random, count: int, alphabet: int) -> Messages:
    return {
        7 + 3 * at + (at > 20): [
            min(int(rng.paretovariate(0.8)), alphabet)
            for _ in range(rng.randrange(1, 9))
        ]
        for at in range(count)
    }


def slow_table(messages: Messages, size: int) -> dict[tuple[int, ...], Counter[int]]:
    """Count what follows each state of `size` symbols, one message after another."""
    table: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for symbols in messages.values():
        line = [END, *symbols, END]
        for at in range(len(line) - size):
            table[tuple(line[at : at + size])][line[at + size]] += 1
    return table


def counts_of(view: View, found: Range) -> dict[int, float]:
    symbols, counts = view.followers(found)
    return dict(zip(symbols.tolist(), counts.tolist(), strict=True))


@pytest.mark.parametrize("alphabet", [3, 40, 100_000])
@pytest.mark.parametrize("size", range(1, 7))
def test_followers_are_the_slow_tables_for_every_state(size: int, alphabet: int):
    messages = made_up(Random(1), 120, alphabet)
    view = index_of(messages).view()
    for state, counts in slow_table(messages, size).items():
        assert counts_of(view, view.find(state)) == dict(counts)


@pytest.mark.parametrize("step", [1, 3, 16, 64])
def test_a_search_by_samples_finds_the_same_places(
    step: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(static_index, "_STEP", step)
    messages = made_up(Random(2), 900, 25)
    view = index_of(messages).view()
    lines = [[END, *symbols, END] for symbols in messages.values()]
    pairs = Counter(pair for line in lines for pair in pairwise(line))
    for first, second in product(range(27), range(27)):
        assert view.find([first, second]).places == pairs[first, second]


message_lists = st.lists(
    st.lists(st.integers(1, 4), min_size=1, max_size=6), min_size=1, max_size=12
)


@given(message_lists, st.integers(0, 12), st.sets(st.integers(0, 11)))
def test_built_learned_and_forgotten_messages_count_as_if_listed(
    lists: list[list[int]], built: int, forgotten: set[int]
):
    messages = dict(enumerate(lists))
    index = index_of({at: m for at, m in messages.items() if at < built})
    for at, symbols in messages.items():
        if at >= built:
            index.learn(at, symbols)
    assert index.forget(forgotten) == len(forgotten & messages.keys())
    left = {at: m for at, m in messages.items() if at not in forgotten}
    assert index.messages == len(left)
    view = index.view()
    for size in range(1, 5):
        exact = slow_table(left, size)
        for state in slow_table(messages, size):
            assert counts_of(view, view.find(state)) == dict(exact[state])


@pytest.mark.parametrize("size", range(1, 7))
def test_sampled_followers_fit_the_slow_table(size: int):
    rng = Random(size)
    messages = made_up(rng, 400, 30)
    built = dict(list(messages.items())[:300])
    index = index_of(built)
    for at, symbols in list(messages.items())[300:]:
        index.learn(at, symbols)
    gone = rng.sample(list(messages), 60)
    index.forget(gone)
    left = {at: m for at, m in messages.items() if at not in gone}
    view = index.view()
    table = slow_table(left, size)
    busiest = sorted(table, key=lambda state: -table[state].total())[:8]
    for state in busiest:
        found = view.find(state)
        drawn = Counter(
            view.symbol_at(view.pick(found, rng) + size) for _ in range(4000)
        )
        expected = table[state]
        assert drawn.keys() <= expected.keys()
        if len(expected) > 1:
            share = 4000 / expected.total()
            observed = [drawn[symbol] for symbol in expected]
            ideal = [count * share for count in expected.values()]
            assert chisquare(observed, ideal).pvalue > 1e-6


def test_a_place_names_its_message_and_a_start_belongs_to_what_follows():
    messages = {3: [1, 2], 4: [1], 9: [1, 2, 3]}
    index = index_of(messages)
    index.learn(12, [5, 1, 2])
    view = index.view()
    rng = Random(0)
    ends = {view.message_at(view.pick(view.find([1, END]), rng)) for _ in range(20)}
    starts = {view.message_at(view.pick(view.find([END, 1]), rng)) for _ in range(90)}
    pairs = {view.message_at(view.pick(view.find([1, 2]), rng)) for _ in range(90)}
    assert (ends, starts, pairs) == ({4}, {3, 4, 9}, {3, 9, 12})


def test_a_learned_message_with_a_known_id_takes_its_place():
    index = index_of({1: [1, 2], 2: [3]})
    index.learn(1, [4])
    index.learn(1, [5, 5])
    view = index.view()
    assert counts_of(view, view.find([END])) == {3: 1, 5: 1}
    assert index.messages == 2
    assert index.forget([1]) == 1
    assert index.forget([1]) == 0
    assert index.messages == 1


def test_forgetting_is_felt_by_a_view_that_is_already_there():
    index = index_of({1: [1], 2: [2]})
    view = index.view()
    index.forget([1])
    assert view.symbol_at(view.pick(view.find([END]), Random(0)) + 1) == 2
    index.forget([2])
    with pytest.raises(LookupError, match="forgotten"):
        view.pick(view.find([END]), Random(0))


def test_learning_does_not_move_a_view_that_is_already_there():
    index = index_of({1: [1, 2]})
    index.learn(2, [1, 3])
    view = index.view()
    found = view.find([1])
    index.learn(3, [1, 1, 1])
    assert counts_of(view, found) == {2: 1, 3: 1}


def test_a_lighter_message_is_drawn_less_often():
    index = index_of({1: [1], 2: [2]})
    index.learn(3, [3])
    index.weigh(1, 0.2)
    index.weigh(3, 0.4)
    view = index.view()
    exact = counts_of(view, view.find([END]))
    assert exact == pytest.approx({1: 0.2, 2: 1, 3: 0.4})
    rng = Random(5)
    found = view.find([END])
    drawn = Counter(view.symbol_at(view.pick(found, rng) + 1) for _ in range(3200))
    ideal = [400.0, 2000.0, 800.0]
    assert chisquare([drawn[1], drawn[2], drawn[3]], ideal).pvalue > 1e-6
    with pytest.raises(ValueError, match="weighs"):
        index.weigh(1, 0)


def test_matches_grow_until_the_context_is_new_or_the_message_starts():
    index = index_of({1: [1, 2, 3], 2: [2, 3]})
    view = index.view()
    assert [found.places for found in view.matches([9, 2, 3], 5)] == [7, 2, 2]
    assert [found.places for found in view.matches([1, END, 2, 3], 5)] == [7, 2, 2, 1]
    assert [found.places for found in view.matches([8], 5)] == [7]
    assert [found.places for found in view.matches([], 5)] == [7]


def test_a_wide_range_is_counted_in_evenly_spread_places():
    index = index_of({at: [1 + at % 4] for at in range(8000)})
    view = index.view()
    symbols, counts = view.followers(view.find([END]), 100)
    assert symbols.tolist() == [1, 2, 3, 4]
    assert counts.tolist() == [2000, 2000, 2000, 2000]


def test_branches_tells_one_follower_from_several():
    index = index_of({1: [1, 2], 2: [1, 2], 3: [3, 4]})
    assert not index.view().branches(index.view().find([1]))
    index.learn(4, [1, 5])
    assert index.view().branches(index.view().find([1]))
    assert not index.view().branches(index.view().find([3]))


def test_unknown_symbols_are_nowhere_and_depth_is_bounded():
    view = index_of({1: [1] * 40}).view()
    assert not view.find([7]).places
    assert not view.find([-1]).places
    with pytest.raises(LookupError):
        view.pick(view.find([7]), Random(0))
    with pytest.raises(ValueError, match="deep"):
        view.find([1] * (DEPTH + 1))


def test_an_empty_index_has_nothing_to_say():
    view = Index.empty().view()
    assert not view.find([END]).places
    with pytest.raises(LookupError):
        view.pick(view.everything, Random(0))


def test_build_refuses_ids_that_do_not_ascend_or_fit():
    with pytest.raises(ValueError, match="ascend"):
        build(np.array([0, 1, 0, 1, 0], np.int32), np.array([2, 2], np.int64))
    with pytest.raises(ValueError, match="END"):
        build(np.array([0, 1, 0], np.int32), np.array([1, 2], np.int64))


def test_an_index_without_all_its_parts_is_refused():
    arrays = build(np.array([0, 1, 0], np.int32), np.array([1], np.int64))
    with pytest.raises(ValueError, match="fit"):
        Index.of(arrays | {"suffixes": arrays["suffixes"][:-1]})
    del arrays["marks"]
    with pytest.raises(ValueError, match="marks"):
        Index.of(arrays)
