"""Files that are nearly right: each is read, or says in plain words why not."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.importers.conftest import Desk

Put = Callable[[str, str | bytes], Path]

PYTHON = ("object has no", "NoneType", "argument", "iterable", "fromisoformat")


def message(id: int, **changes: Any) -> dict[str, Any]:
    author = {"id": "7", "name": "ada", "isBot": False}
    stamp = "2024-05-01T10:00:00+00:00"
    fields = {"id": str(id), "timestamp": stamp, "content": "hello", "author": author}
    return fields | changes


def export(messages: object, **changes: Any) -> str:
    fields: dict[str, Any] = {"guild": {"id": "5", "name": "MeshCore"}}
    fields |= {"channel": {"id": "6", "name": "general"}, "messages": messages}
    return json.dumps(fields | changes, ensure_ascii=False)


@pytest.mark.parametrize(
    "odd",
    [
        None, 1, "x", [],
        message(2, content=["a"]), message(2, author=[1]), message(2, reference="x"),
        message(2, timestamp=1714557600), message(2, author={"name": {"x": 1}}),
    ],
)  # fmt: skip
def test_an_odd_message_costs_itself_and_no_word_of_python_is_told(
    desk: Desk, put: Put, odd: object
) -> None:
    counts = desk.load(put("a.json", export([odd, message(1)])))
    assert (counts.added, counts.refused, len(counts.errors)) == (1, 1, 1)
    assert "message 1, line 1: not a message (" in counts.errors[0].text
    assert not any(word in counts.errors[0].text for word in PYTHON)


@pytest.mark.parametrize(
    "row",
    ["[1]", "null", '{"text": 5}', '{"text": "a", "ts": 5}', '{"text": "a", "id": {}}']
    + ['{"text": "a", "ts": true}', '{"text": "a", "author": []}', '{"x": 1}'],
)
def test_an_odd_line_costs_itself_and_no_word_of_python_is_told(
    desk: Desk, put: Put, row: str
) -> None:
    counts = desk.load(put("a.jsonl", f'{{"text": "hi"}}\n{row}\n'))
    assert (counts.added, counts.refused) == (1, 1)
    assert counts.errors[0].text.startswith("line 2: not a message (")
    assert not any(word in counts.errors[0].text for word in PYTHON)


@pytest.mark.parametrize("field", ["attachments", "mentions", "inlineEmojis"])
@pytest.mark.parametrize("value", [[None], "x", 3, [[]], {"a": 1}])
def test_odd_things_beside_a_text_do_not_cost_the_text(
    desk: Desk, put: Put, field: str, value: object
) -> None:
    counts = desk.load(put("a.json", export([message(1, **{field: value})])))
    assert (counts.added, counts.errors) == (1, [])


@pytest.mark.parametrize(("mark", "is_bot"), [("false", False), ("true", True)])
def test_a_mark_of_bots_may_be_text(
    desk: Desk, put: Put, mark: str, is_bot: bool
) -> None:
    author = {"id": "7", "name": "ada", "isBot": mark}
    desk.load(put("a.json", export([message(1, author=author)])))
    desk.load(put("a.jsonl", json.dumps({"text": "b", "author": "b", "bot": mark})))
    assert [row["dropped"] == "bot" for row in desk.rows()] == [is_bot, is_bot]


def test_messages_that_are_no_list_are_told_of(desk: Desk, put: Put) -> None:
    counts = desk.load(put("a.json", export({"1": message(1)})))
    assert "'messages' is not a list" in counts.errors[0].text


def test_a_file_that_nests_too_deeply_tells_the_line(desk: Desk, put: Put) -> None:
    text = export([message(1)]).replace('"hello"', "[" * 5000 + "]" * 5000)
    errors = desk.load(put("a.json", text)).errors
    assert errors[0].text.startswith("line 1: it nests deeper")


@pytest.mark.parametrize(
    "rows",
    [
        b'\x1e{"text": "a"}\n\x1e{"text": "b"}\n',
        b'{"text": "a"},\n{"text": "b"},\n',
        b'{"text": "a"}\r\n{"text": "b"}\r\n',
    ],
)
def test_lines_with_separators_are_read(desk: Desk, put: Put, rows: bytes) -> None:
    assert desk.load(put("a.jsonl", rows)).added == 2


@pytest.mark.parametrize(
    "encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
def test_text_of_wide_characters_needs_no_mark(
    desk: Desk, put: Put, encoding: str
) -> None:
    data = export([message(1, content="привет 🙂")]).encode(encoding)
    assert desk.load(put("a.json", data)).added == 1
    assert desk.texts() == ["привет 🙂"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp1251", "koi8-r"])
def test_text_in_another_encoding_says_what_to_do(
    desk: Desk, put: Put, encoding: str
) -> None:
    data = "привет как дела\nвсё хорошо\n".encode(encoding)
    counts = desk.load(put("a.txt", data))
    assert [one.text for one in counts.errors] == ["it is not UTF-8: save it as UTF-8"]


def test_an_empty_archive_and_an_empty_folder_say_so(
    desk: Desk, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    texts = [desk.load(path).errors[0].text for path in (empty, tmp_path / "empty.zip")]
    assert texts == ["the folder holds no files", "the archive holds no files"]


@pytest.mark.parametrize(
    "text",
    [
        "name: x\nitems:\n  - a: 1\n    b: 2\n",
        "INFO starting up\nWARN no config\nERROR failed to open\n",
        "ada — Today at 10:00 AM\nhello\nbo — Yesterday at 9:00 PM\nyo\n",
        "ada — 01/05/2024 10:00\nhello\nbo — 01/05/2024 10:01\nyo\n",
        "MZ\x01\x02 some program\x03\nmore\x04\n",
        "\x1b[31mred\x1b[0m\n\x1b[32mgreen\x1b[0m\n",
        "[LINE] Chat history with Ada\nSaved on: 2024/05/01 10:00\n",
        "{\\rtf1\\ansi hello}\n",
        "PK\x07\x08PK\x03\x04 and more\n",
    ],
)
def test_what_is_no_prose_is_refused_with_what_to_do(
    desk: Desk, put: Put, text: str
) -> None:
    counts = desk.load(put("a.txt", text))
    assert counts.read == 0 and desk.texts() == []
    assert len(counts.errors) == 1 and "line 1: not JSON" not in counts.errors[0].text


@pytest.mark.parametrize(
    "text",
    [
        "ERROR lol\nwhat happened\nno idea\nit just broke again\nof course\nyes\n"
        "come on\nnot today\nhow so\nbecause\nit was late - again at 3:00\nright\n",
        "see you\nnote:\nbring tea\nand cake\nok\nfine\ngood\ngreat\nnice\nso\nwell\n",
    ],
)
def test_prose_with_an_odd_line_is_still_prose(desk: Desk, put: Put, text: str) -> None:
    assert desk.load(put("a.txt", text)).added == len(text.splitlines())


def zipped(patch: Callable[[bytearray, int], None]) -> bytes:
    """Two exports, the entry of whose first in the list of contents is changed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, id in (("a.json", 1), ("b.json", 2)):
            channel = {"id": str(id), "name": name}
            archive.writestr(name, export([message(id)], channel=channel))
    data = bytearray(packed.getvalue())
    patch(data, data.find(b"PK\1\2"))
    return bytes(data)


def change(offset: int, value: int) -> Callable[[bytearray, int], None]:
    def patch(data: bytearray, entry: int) -> None:
        data[entry + offset] = value

    return patch


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        (change(16, 0), "damaged"),  # its checksum
        (change(10, 9), "cannot read: unpack"),  # deflate64
        (change(10, 93), "cannot read: unpack"),  # zstandard
        (change(10, 98), "cannot read: unpack"),  # PPMd
        (change(10, 99), "cannot read: unpack"),  # AES
        (change(8, 1), "encrypted: unpack"),
        (change(8, 0x41), "encrypted: unpack"),
        (change(45, 0x7F), "damaged"),  # its place
    ],
)
def test_a_bad_member_of_an_archive_costs_itself(
    desk: Desk, put: Put, patch: Callable[[bytearray, int], None], reason: str
) -> None:
    counts = desk.load(put("a.zip", zipped(patch)))
    assert (counts.added, len(counts.errors)) == (1, 1)
    assert counts.errors[0].file.endswith("a.zip/a.json")
    assert reason in counts.errors[0].text
