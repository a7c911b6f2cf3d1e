import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.voice import spool, suffixes
from app.voice.suffixes import sort_suffixes

DEPTH = 5


def slowly(symbols: list[int]) -> list[int]:
    def suffix(at: int) -> list[int]:
        rest = symbols[at : at + DEPTH]
        end = rest.index(0, 1) if 0 in rest[1:] else len(rest)
        return [*rest[:end], 0]

    return sorted(range(len(symbols)), key=suffix)


def quickly(symbols: list[int], dtype: type = np.int32) -> list[int]:
    found = np.empty(len(symbols), np.int32)
    sort_suffixes(np.array(symbols, dtype), DEPTH, found)
    return found.tolist()


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pieces end in the middle of everything."""
    monkeypatch.setattr(spool, "_BLOCK", 7)
    monkeypatch.setattr(suffixes, "_PART", 5)


texts = st.lists(st.integers(0, 3)) | st.lists(st.integers(0, 400))


@given(texts)
def test_suffixes_are_sorted_as_python_sorts_them(symbols: list[int]):
    assert quickly([*symbols, 0]) == slowly([*symbols, 0])


@pytest.mark.usefixtures("small_pieces")
@given(texts)
def test_so_they_are_part_after_part(symbols: list[int]):
    assert quickly([*symbols, 0]) == slowly([*symbols, 0])


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("alphabet", [2, 257, 70_000, 3_000_000])
@pytest.mark.parametrize("dtype", [np.int32, np.uint16])
def test_symbols_of_any_size_keep_their_order(alphabet: int, dtype: type):
    rng = np.random.default_rng(alphabet)
    top = min(alphabet, np.iinfo(dtype).max)
    rare = rng.integers(0, top, 300)
    common = rng.integers(0, min(top, 5), 300)
    symbols = [*rng.permutation([*rare, *common]).tolist(), top - 1, 0]
    assert quickly(symbols, dtype) == slowly(symbols)


@pytest.mark.usefixtures("small_pieces")
def test_equal_messages_stay_in_their_order():
    message = [0, 3, 1, 2]
    assert quickly([*message * 40, 0])[1:41] == [*range(0, 160, 4)]


def test_more_symbols_than_places_can_number_are_refused():
    symbols = np.broadcast_to(np.int32(0), (1 << 31,))
    with pytest.raises(OverflowError, match="too many symbols"):
        sort_suffixes(symbols, DEPTH, np.empty(0, np.int32))
