import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.voice import suffixes
from app.voice.suffixes import sort_suffixes


def slowly(symbols: list[int]) -> list[int]:
    return sorted(range(len(symbols)), key=lambda at: symbols[at:])


@given(st.lists(st.integers(0, 3)) | st.lists(st.integers(0, 400)))
def test_suffixes_are_sorted_as_python_sorts_them(symbols: list[int]):
    assert sort_suffixes(np.array(symbols, np.int32)).tolist() == slowly(symbols)


@pytest.mark.parametrize("alphabet", [2, 256, 257, 70_000, 300_000])
@pytest.mark.parametrize("dtype", [np.int32, np.uint16])
def test_symbols_of_one_two_and_three_bytes_keep_their_order(
    alphabet: int, dtype: type, monkeypatch: pytest.MonkeyPatch
):
    # Pieces end in the middle of everything.
    monkeypatch.setattr(suffixes, "_CHUNK", 7)
    rng = np.random.default_rng(alphabet)
    top = min(alphabet, np.iinfo(dtype).max)
    rare = rng.integers(0, top, 300)
    common = rng.integers(0, min(top, 5), 300)
    symbols = np.concatenate([rng.permutation([*rare, *common]), [top - 1]])
    assert sort_suffixes(symbols.astype(dtype)).tolist() == slowly(symbols.tolist())


def test_frequent_symbols_get_the_short_codes():
    counts = np.ones(100_000, np.int64)
    counts[:50] = 1000
    ones, twos = suffixes._choose_leads(counts)
    assert ones >= 50
    assert ones + twos * 256 + (256 - ones - twos) * 65_536 >= 100_000


def test_more_symbols_than_codes_are_refused():
    with pytest.raises(OverflowError, match="distinct"):
        suffixes._choose_leads(np.ones((1 << 24) + 1, np.int8))


def test_the_suffixes_can_be_looked_into_one_by_one() -> None:
    assert sort_suffixes(np.array([2, 1, 0], np.int32)).data.tolist() == [2, 1, 0]
