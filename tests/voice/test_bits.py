from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.voice.bits import Bits, pack

rows_of_bits = st.lists(st.booleans(), max_size=300)


def bits_of(flags: list[bool]) -> Bits:
    return Bits(pack(np.array(flags, np.bool_)))


@given(rows_of_bits, st.integers(0, 300), st.integers(0, 300))
def test_bits_are_counted_and_found_like_a_list_of_flags(
    flags: list[bool], one: int, other: int
):
    bits = bits_of(flags)
    lo, hi = sorted((min(one, len(flags)), min(other, len(flags))))
    places = [at for at in range(lo, hi) if flags[at]]
    assert bits.count(lo, hi) == len(places)
    assert bits.rank(hi) == sum(flags[:hi])
    assert bits.ranks(np.array([lo, hi])).tolist() == [sum(flags[:lo]), sum(flags[:hi])]
    assert [bits.select(bits.rank(lo) + at) for at in range(len(places))] == places
    if places:
        assert bits.outermost(lo, hi) == (places[0], places[-1])
        assert {bits.pick(lo, hi, Random(at)) for at in range(20)} <= set(places)
    elif lo < hi:
        with pytest.raises(LookupError, match="hidden"):
            bits.pick(lo, hi, Random(0))


@given(rows_of_bits, st.integers(1, 40))
def test_set_bits_are_listed_up_to_a_limit_and_then_evenly_spread(
    flags: list[bool], limit: int
):
    places = [at for at, flag in enumerate(flags) if flag]
    found, step = bits_of(flags).places(0, len(flags), limit)
    assert len(found) == min(limit, len(places))
    assert len(found) * step == pytest.approx(len(places))
    if len(places) <= limit:
        assert found.tolist() == places
    else:
        ranks = np.searchsorted(places, found)
        assert set(found.tolist()) <= set(places)
        assert np.abs(ranks - (np.arange(limit) + 0.5) * step).max() <= 1


@pytest.mark.parametrize("share", [0.001, 0.3])
def test_few_bits_of_a_wide_range_are_found_as_well(share: float):
    flags = np.random.default_rng(3).random(50_000) < share
    bits = Bits(pack(flags))
    found, _ = bits.places(7, 49_999, 100)
    wanted = np.flatnonzero(flags[7:49_999]) + 7
    assert set(found.tolist()) <= set(wanted.tolist())
    assert len(found) == min(100, len(wanted))


def test_bits_that_are_cleared_leave_the_others():
    flags = np.random.default_rng(4).random(1000) < 0.5
    gone = np.array([0, 5, 64, 127, 999])
    bits, left = Bits(pack(flags)), flags.copy()
    left[gone] = False
    fewer = bits.without(gone)
    assert [fewer.has(at) for at in range(1000)] == left.tolist()
    assert [bits.has(at) for at in range(1000)] == flags.tolist()
    assert bits.both(fewer).count(0, 1000) == left.sum()
