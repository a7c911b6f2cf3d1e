"""Files that would take far more memory than they have bytes are left in time.

`python -m tests.bench.bench_bombs` measures the memory of whole imports.
"""

import gzip
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.importers import gate, json_stream, sources
from app.importers.formats import dce_text, slack, whatsapp
from app.importers.formats.html_page import MAX_NAME, ExportPage
from app.importers.json_stream import JsonReader
from app.importers.records import (
    MAX_LINE_BYTES,
    MAX_TEXT_CHARS,
    MOST_FILES,
    BrokenFileError,
    Record,
    files_of,
)
from app.importers.streams import Stream
from tests.importers.conftest import Desk

Put = Callable[..., Path]

PAGE = '<!DOCTYPE html><div class="chatlog__message" data-message-id="1">'
SLACK = [{"type": "message", "user": "U1", "text": "hi", "ts": "1500000000.1"}]


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.csv", "author,date,content\n"),
        ("messages.csv", "ID,Timestamp,Contents,Attachments\n"),
    ],
)
@pytest.mark.parametrize("more", ['"a\n",', "ab,"], ids=["over lines", "on one line"])
def test_a_row_of_a_table_ends_or_is_left(
    desk: Desk, put: Put, name: str, head: str, more: str
) -> None:
    row = more * (MAX_LINE_BYTES // len(more) + 9)
    counts = desk.load(put(f"{name}.gz", gzip.compress((head + row).encode())))
    assert counts.added == 0
    assert "a row does not end" in counts.errors[0].text


@pytest.mark.parametrize("part", ["{},", '"a",'])
def test_a_json_value_of_countless_parts_is_left(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "MOST_PARTS", 1000)
    path = tmp_path / "a.json"
    path.write_text("[" + part * 1100)
    with closing(sources.DiskFile(path).open()) as stream:
        with pytest.raises(BrokenFileError, match="too many parts"):
            JsonReader(stream).value()


def test_a_list_of_many_messages_is_no_value_of_many_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "MOST_PARTS", 1000)
    path = tmp_path / "a.json"
    long = json.dumps({"text": "long " * 100_000})
    path.write_text(f"[{long}" + ',{"a":1}' * 50_000 + "]")
    with closing(sources.DiskFile(path).open()) as stream:
        reader = JsonReader(stream)
        assert sum(bool(reader.value()) for _ in reader.items()) == 50_001


STAMPED = {
    whatsapp: "[01/02/20, 10:00:00] ann: ",
    dce_text: "{0}\nGuild: g\nChannel: c\n{0}\n\n[1/2/2020 10:00 AM] ann\n".format(
        "=" * 62
    ),
}


@pytest.mark.parametrize("form", STAMPED, ids=["whatsapp", "text"])
def test_a_message_of_endless_lines_is_not_kept_as_a_whole(
    form: object, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(STAMPED[form] + "a boat\n" * MAX_TEXT_CHARS)  # type: ignore[index]
    source = sources.DiskFile(path)
    with closing(source.open()) as stream:
        record, *_ = form.read(source, stream)  # type: ignore[attr-defined]
    assert isinstance(record, Record)
    assert MAX_TEXT_CHARS < len(record.text) < 3 * MAX_TEXT_CHARS


def test_a_page_has_names_and_lists_of_some_length() -> None:
    page = ExportPage()
    page.feed(f'<title>{"a" * 9999}</title><div class="preamble__entry"></div>' * 99)
    page.feed(f'{PAGE}<span class="chatlog__author">{"ann " * 9999}</span>')
    page.feed(f'<span class="chatlog__timestamp">{"1 " * 9999}</span>')
    link = f'<a href="https://a.example/b">{"b" * 9999}</a>'
    page.feed(f'<div class="chatlog__attachment">{link * 500}</div>')
    page.end_message()
    (message,) = page.take()
    texts = (
        page.title,
        message.name,
        message.date,
        *(one.name for one in message.files),
    )
    assert max(map(len, texts)) == MAX_NAME
    assert len(message.files) == MOST_FILES and len(page.entries) <= 20


def test_a_tag_of_countless_attributes_is_left() -> None:
    page = ExportPage()
    page.feed(f"{PAGE}<a ")
    with pytest.raises(BrokenFileError, match="a tag does not end"):
        for _ in range(20):
            page.feed("a " * 9000)


def test_a_message_has_no_countless_attachments() -> None:
    assert len([*files_of(["https://a.example/b"] * 5000)]) == MOST_FILES


def test_a_list_beside_the_messages_is_read_piece_by_piece(
    desk: Desk, put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slack, "MOST_LISTED", 1000)
    users = [{"id": f"U{at}", "name": f"person {at}"} for at in range(5000)]
    (tmp_path / "users.json").write_text(json.dumps(users) + "more of it")
    (tmp_path / "general").mkdir()
    day = tmp_path / "general" / "2017-07-14.json"
    day.write_text(json.dumps(SLACK))
    desk.load(day)
    assert [row["author"] for row in desk.rows()] == ["person 1"]
    assert len(slack._list(sources.DiskFile(day), "users.json")) == 1000


def test_a_value_of_a_database_that_fills_the_memory_is_left(
    desk: Desk, tmp_path: Path
) -> None:
    path = tmp_path / "a.dht"
    with closing(sqlite3.connect(path)) as made, made:
        made.executescript(
            "CREATE TABLE servers(id, name, type); CREATE TABLE users(id, name);"
            "CREATE TABLE channels(id, server, name);"
            "CREATE TABLE messages(message_id, sender_id, channel_id, text, timestamp);"
            "INSERT INTO servers VALUES (1, 'MeshCore', 'SERVER');"
            "INSERT INTO channels VALUES (2, 1, 'c');"
            "INSERT INTO users VALUES (1, 'a');"
        )
        texts = ("a boat", "b" * (MAX_LINE_BYTES + 1))
        for row, text in enumerate(texts):
            made.execute(
                "INSERT INTO messages VALUES (?, 1, 2, ?, 1600000000000)", (row, text)
            )
    (error,) = desk.load(path).errors
    assert "too big" in error.text


def test_what_is_read_ahead_of_a_value_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_stream, "MAX_PIECE", 1 << 22)

    class Long(Stream):
        """Notes what is read at once."""

        def __init__(self) -> None:
            self.asked: list[int] = []

        def read(self, size: int = -1) -> bytes:
            self.asked.append(size)
            return b'["' + b"a" * size if len(self.asked) == 1 else b"a" * size

    stream = Long()
    with pytest.raises(BrokenFileError, match="does not end"):
        JsonReader(stream).value()
    assert max(stream.asked) == 1 << 20


def test_faults_of_countless_files_are_counted(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(gate.MOST_FAULTS + 500):
            archive.writestr(f"{number}.txt", b"")
    errors = desk.load(path).errors
    assert len(errors) == gate.MOST_FAULTS + 1
    assert errors[-1].file == "500 more files"
