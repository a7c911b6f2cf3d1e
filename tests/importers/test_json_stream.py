"""JSON is read piece by piece, however deep, long or odd it is."""

import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.importers import json_stream
from app.importers.json_outline import header
from app.importers.json_records import records
from app.importers.json_stream import JsonReader
from app.importers.records import BrokenFileError, BrokenRow, Record
from app.importers.sources import DiskFile
from app.importers.streams import Stream

Json = st.recursive(
    st.text(alphabet='"\\[]{}a\n/*,') | st.integers(0, 9) | st.none(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('"\\[]{}/,'), inner),
    max_leaves=8,
)


def stream(data: bytes) -> Stream:
    return Stream(io.BytesIO(data), len(data))


def line(item: dict[str, Any]) -> Record:
    return Record("1", "Ann", item["text"])


def texts(data: bytes) -> tuple[list[str], list[str]]:
    """The texts, and where rows are broken."""
    found = list(records(stream(data), "", line))
    broken = [one.position for one in found if isinstance(one, BrokenRow)]
    return [one.text for one in found if isinstance(one, Record)], broken


@given(Json, st.integers(1, 7))
@example('a\\"[', 1)
@example(["\\\\", ["]"]], 2)
def test_any_value_is_read_wherever_the_pieces_end(value: object, size: int):
    data = json.dumps([value, value], indent=1).encode()
    before, json_stream.CHUNK = json_stream.CHUNK, size
    try:
        reader = JsonReader(stream(data))
        assert [reader.value() for _ in reader.items()] == [value, value]
    finally:
        json_stream.CHUNK = before


@given(Json)
def test_comments_and_trailing_commas_change_nothing(value: object):
    plain = json.dumps(value)
    loose = f'// one\n[{plain}, /* two */ [{plain} ,], {{"a": {plain}, // three\n}},]'
    reader = JsonReader(stream(loose.encode()))
    assert [reader.value() for _ in reader.items()] == [value, [value], {"a": value}]


@pytest.mark.parametrize("inside", [b"a", b'\\"', b"\\\\", b"["])
def test_a_string_without_an_end_is_given_up_at_once(inside: bytes):
    data = b'[{"text": "' + inside * (json_stream.MAX_PIECE // len(inside) + 200_000)
    began = time.thread_time()
    with pytest.raises(BrokenFileError, match="does not end|too many parts"):
        list(records(stream(data), "", line))
    # It took hours when each quotation mark was looked at as a string's beginning.
    assert time.thread_time() - began < 5


def test_what_nests_too_deeply_is_given_up_at_once():
    for data in (b"[" * 2_000_000, b'[{"a":' * 1_000_000):
        with pytest.raises(BrokenFileError, match="deeper than 100"):
            list(records(stream(data), "", line))


def test_an_item_that_is_no_message_is_named_and_the_others_are_read():
    data = b'[{"text": "a"},\n {"t": 1}, 7,\n {"text": "b"}]'
    assert texts(data) == (["a", "b"], ["message 2, line 2", "message 3, line 2"])


def test_a_broken_item_costs_itself_alone():
    data = b'[{"text": "a"}, {"text" "x"}, nonsense, {"text": "b"}]'
    assert texts(data)[0] == ["a", "b"]
    assert len(texts(data)[1]) == 2


def test_bytes_that_are_no_text_cost_their_item():
    found = list(records(stream(b'[{"text": "\xe9"}, {"text": "b"}]'), "", line))
    broken, good = found
    assert isinstance(broken, BrokenRow) and "not UTF-8" in broken.reason
    assert isinstance(good, Record) and good.text == "b"


def test_only_a_file_that_ends_early_is_said_to():
    with pytest.raises(BrokenFileError, match="ends early"):
        texts(b'[{"text": "a"}, {"text": ')
    with pytest.raises(BrokenFileError, match="not JSON"):
        texts(b'[{"text": "a"} {"text": "b"}]')


def test_a_second_document_is_named():
    good, broken = texts(b'[{"text": "a"}]\n[{"text": "b"}]')
    assert (good, broken) == (["a"], ["line 2"])


def test_the_head_is_found_wherever_it_stands(tmp_path: Path):
    path = tmp_path / "a.json"
    for text, head in (
        ('{"guild": {"id": "1"}, "messages": []}', {"guild": {"id": "1"}}),
        ('{"messages": [{"a": [1]}], "guild": {"id": "1"}}', {"guild": {"id": "1"}}),
        ('{"messages": [', {}),
        ("not json", {}),
    ):
        path.write_text(text)
        assert header(DiskFile(path), ("guild",)) == head
