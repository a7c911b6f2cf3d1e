"""JSON is read item by item, however deep, long or odd it is."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.importers.json_stream import _Shallow, first, records
from app.importers.records import MAX_LINE_BYTES, BrokenFileError, BrokenRow, Record
from app.importers.sources import DiskFile, Stream

Json = st.recursive(
    st.text(alphabet='"\\[]{}a\n') | st.integers(0, 9) | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('"\\[]{}'), inner),
    max_leaves=8,
)


def stream(data: bytes) -> Stream:
    return Stream(io.BytesIO(data), len(data))


def read_through(data: bytes, size: int) -> bytes:
    shallow = _Shallow(stream(data))
    return b"".join(iter(lambda: shallow.read(size), b""))


def line(item: dict[str, Any]) -> Record:
    return Record("1", "Ann", item["text"])


@given(Json, st.integers(1, 7))
@example('a\\"[', 1)
@example(["\\\\", ["]"]], 2)
def test_brackets_in_strings_are_not_counted_wherever_the_pieces_end(
    value: object, size: int
):
    """Counted, they would be too deep."""
    data = json.dumps([[value, "[" * 200, '"' + "{" * 200]]).encode()
    assert read_through(data, size) == data


def test_a_bracket_after_a_string_counts_wherever_the_pieces_end():
    data = b'["\\\\"' + b"," + b"[" * 100 + b"]" * 101
    for size in range(1, 9):
        with pytest.raises(BrokenFileError, match="deeper than 100"):
            read_through(data, size)


@pytest.mark.parametrize("inside", [b"a", b'\\"', b"\\\\", b"["])
def test_a_string_without_an_end_is_given_up_at_once(inside: bytes):
    data = b'[{"text": "' + inside * (MAX_LINE_BYTES // len(inside) + 200_000)
    began = time.thread_time()
    with pytest.raises(BrokenFileError, match="does not end"):
        list(records(stream(data), "item", line))
    # It took hours when each quotation mark was looked at as a string's beginning.
    assert time.thread_time() - began < 5


def test_an_item_that_is_no_message_is_named_and_the_others_are_read():
    data = b'[{"text": "a"}, {"t": 1}, 7, {"text": "b"}]'
    found = list(records(stream(data), "item", line))
    assert [one.text for one in found if isinstance(one, Record)] == ["a", "b"]
    broken = [one for one in found if isinstance(one, BrokenRow)]
    assert [one.position for one in broken] == ["message 2", "message 3"]


def test_the_head_is_found_only_before_the_messages(tmp_path: Path):
    path = tmp_path / "a.json"
    for text, head in (
        ('{"guild": {"id": "1"}, "messages": []}', {"id": "1"}),
        ('{"messages": [], "guild": {"id": "1"}}', {}),
        ('{"guild": 5, "messages": [', {}),
        ("not json", {}),
    ):
        path.write_text(text)
        assert first(DiskFile(path), "guild", "messages") == head
