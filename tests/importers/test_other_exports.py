"""Exports of other languages and clients: read whole, or refused with a reason."""

import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import UsageError
from tests.importers.conftest import Desk
from tests.importers.test_kinds_of_files import MAY_1, said

Put = Callable[[str, str | bytes], Path]

HOUR = 3_600_000

# WhatsApp


@pytest.mark.parametrize(
    ("text", "name", "hours"),
    [
        ("2024년 5월 1일 오후 3:00, NN : hey\n"
         "2024년 5월 13일 오전 9:01, NN : <미디어>\n", "지민", 5),
        ("[2024. 5. 1. 오후 3:00:00] NN: hey\n"
         "[2024. 5. 13. 오전 9:01:00] NN: \u200e사진 생략됨\n", "지민", 5),
        ("2024/5/1 下午3:00 - NN: hey\n"
         "2024/5/13 上午9:01 - NN: <省略多媒体文件>\n", "小明", 5),
        ("2024/05/01 15:00 - NN: hey\n"
         "2024/05/13 15:01 - NN: <メディアは含まれていません>\n", "太郎", 5),
        ("\u200f١\u200f/٥\u200f/٢٠٢٤، ١٠:٠٠ ص - NN: hey\n"
         "\u200f١٣\u200f/٥\u200f/٢٠٢٤، ١٠:٠١ م - NN: <الوسائط>\n", "أحمد", 0),
        ("01.05.2024, 10:00 - NN: hey\n13.05.2024, 10:01 - NN: <Без медиафайлов>\n"
         "13.05.2024, 10:02 - NN: Данное сообщение удалено\n", "Аня", 0),
        ("01/05/2024 à 10:00 - NN: hey\n"
         "13/05/2024 à 10:01 - NN: <Médias omis>\n", "Zoé", 0),
        ("1/5/24, 10:00 p.\u00a0m. - NN: hey\n"
         "13/5/24, 9:05 a.\u00a0m. - NN: Eliminaste este mensaje.\n", "Ana", 12),
        ("1.05.2024 10:00 - NN: hey\n13.05.2024 10:01 - NN: <Medya dahil edilmedi>\n",
         "Ayşe", 0),
    ],
    ids="ko ko-ios zh ja ar ru fr es tr".split(),
)  # fmt: skip
def test_whatsapp_in_any_language(
    desk: Desk, put: Put, text: str, name: str, hours: int
) -> None:
    counts = desk.load(put("chat.txt", text.replace("NN", name)))
    assert said(desk) == [(name, "hey")]
    assert desk.rows()[0]["ts"] == MAY_1 + hours * HOUR
    assert counts.errors == [] and counts.reasons["system"] >= 1


# IRC


@pytest.mark.parametrize(
    "text",
    [
        "[2024-05-01T10:00:00.000Z] <ada> hi\n"
        "[2024-05-01T10:00:01.000Z] *** b joined\n",
        "[2024-05-01 10:00:00] <ada> hi\n[2024-05-01 10:00:01] → bob joined (b@h)\n",
        "[2024-05-01T12:00:00+0200] <ada> hi\n",
        "Session Start: Wed May 01 10:00:00 2024\nSession Ident: #chan\n"
        "[10:00] <ada> hi\n",
    ],
    ids=["The Lounge", "IRCCloud", "Textual", "mIRC"],
)
def test_logs_of_more_clients_of_irc(desk: Desk, put: Put, text: str) -> None:
    counts = desk.load(put("chat.log", text))
    assert said(desk) == [("ada", "hi")]
    assert [row["ts"] for row in desk.rows()] == [MAY_1]
    assert counts.errors == []


# Lines that nobody knows


@pytest.mark.parametrize(
    "text",
    [
        "Ada (2024-05-01 10:00): hi\nBob (2024-05-01 10:01): hey\n",
        "hi there (10:00)\nhey you (10:01)\n",
        "Ada Lovelace  5/1 10:00 AM\nhi there\nBob  5/1 10:01 AM\nhey\n",
        "저장한 날짜 : 2024-05-01\n[지민] [오후 3:00] 안녕\n[민수] [오후 3:01] 응\n",
        "Ada - hi there\nBob - hey you\nAda - so what\n",
        "[10:00:00] Ada L: hi\n[10:00:05] Bob: hey\n",
        "[10:00 AM]ada: hi there\n[10:01 AM]bob: hey\n",
    ],
    ids="signal end teams kakao dash skype copy".split(),
)
def test_lines_with_names_or_times_are_never_learned_as_text(
    desk: Desk, put: Put, text: str
) -> None:
    counts = desk.load(put("chat.txt", text))
    assert desk.rows() == []
    (error,) = counts.errors
    assert "--as text" in error.text and "JSON" not in error.text


def test_a_time_in_a_few_lines_is_prose(desk: Desk, put: Put) -> None:
    lines = [f"we talk about number {number}" for number in range(9)]
    desk.load(put("chat.txt", "\n".join([*lines, "meet you at 10:30 then"])))
    assert len(desk.rows()) == 10


# Slack


def slack(put: Put, *, members: int, has_users: bool = True) -> Path:
    users = [
        {"id": f"U{n}", "name": f"n{n}", "is_bot": n == 2,
         "profile": {"display_name": f"Name {n}", "image": "x" * 300}}
        for n in range(members)
    ]  # fmt: skip
    if has_users:
        put("export/users.json", json.dumps(users))
    put("export/channels.json", json.dumps([{"id": "C1", "name": "general"}]))
    dms = [{"id": f"DM{n}", "members": ["U1", "U2"]} for n in range(members * 20)]
    put("export/dms.json", json.dumps(dms))

    def row(user: str, text: str) -> dict[str, str]:
        ts = f"1714557600.00{len(text)}"
        return {"type": "message", "user": user, "ts": ts, "text": text}

    for direct in (dms[-1]["id"], "D0123ABCDE", "mpdm-ada--bob-1"):
        put(f"export/{direct}/2024-05-01.json", json.dumps([row("U1", "a secret")]))
    rows = [row(f"U{members - 1}", "hi <@U1>"), row("U2", "beep")]
    return put("export/general/2024-05-01.json", json.dumps(rows)).parents[1]


def test_the_lists_of_a_large_workspace_are_read_whole(desk: Desk, put: Put) -> None:
    """A list that was cut off would name nobody, and show what is private."""
    counts = desk.load(slack(put, members=500))
    assert said(desk) == [("Name 499", "hi @Name 1")]
    assert counts.reasons == {"bot": 1}
    assert ("private messages", 3) in left_out(counts)


def left_out(counts: Any) -> list[tuple[str, int]]:
    return [(one.reason, one.count) for one in counts.passed_over]


def test_slack_without_its_list_of_people_has_their_ids(desk: Desk, put: Put) -> None:
    counts = desk.load(slack(put, members=5, has_users=False))
    assert ("U4", "hi @someone") in said(desk)
    assert counts.errors == []
    assert any("users.json" in note for note in counts.notes)


# Telegram and Matrix


def test_telegram_groups_that_one_left_are_read_too(desk: Desk, put: Put) -> None:
    def chat(name: str) -> dict[str, Any]:
        said = {"id": 1, "type": "message", "date_unixtime": "1714557600"}
        said |= {"from": "Ada", "from_id": "user7", "text": f"hi {name}"}
        group = {"name": name, "type": "private_supergroup", "id": 9}
        return group | {"messages": [said]}

    account = {
        "chats": {"list": [chat("Other")]},
        "left_chats": {"list": [chat("MeshCore")]},
    }
    desk.load(put("result.json", json.dumps(account)))
    assert said(desk) == [("Ada", "hi MeshCore")]


def test_a_matrix_room_is_read_as_it_was_last_edited(desk: Desk, put: Put) -> None:
    def event(number: int, kind: str = "m.room.message", **content: Any) -> Any:
        return {"type": kind, "sender": "@ada:x", "event_id": f"${number}",
                "origin_server_ts": MAY_1 + number, "content": content}  # fmt: skip

    def edit(number: int, of: str) -> Any:
        words = {"msgtype": "m.text", "body": "new"}
        relation = {"rel_type": "m.replace", "event_id": of}
        more: Any = {"m.new_content": words, "m.relates_to": relation}
        return event(number, msgtype="m.text", body="* new", **more)

    stranger = edit(5, "$2") | {"sender": "@eve:x"}
    events = [
        event(1, msgtype="m.text", body="old"), event(2, msgtype="m.text", body="kept"),
        event(3, msgtype="m.text", body="spam"), edit(4, "$1"), stranger,
        event(6, "m.room.redaction") | {"redacts": "$3"},
        event(7, "m.room.encrypted", ciphertext="x"),
    ]  # fmt: skip
    room = {"room_name": "lobby", "messages": events}
    counts = desk.load(put("export.json", json.dumps(room)))
    assert desk.texts() == ["new", "kept"]
    assert any("1 encrypted" in note for note in counts.notes)


# Discord's data package


def test_what_lies_beside_the_messages_of_a_package_is_no_fault(
    desk: Desk, put: Put
) -> None:
    server = {"id": "5", "name": "MeshCore"}
    place = {"id": "61", "name": "general", "guild": server}
    message = {"ID": 1, "Timestamp": "2024-05-01 10:00:00", "Contents": "hi"}
    put("p/Nachrichten/c61/channel.json", json.dumps(place))
    put("p/Nachrichten/c61/messages.json", json.dumps([message]))
    put("p/Support_Tickets/tickets.json", json.dumps([{"id": 1, "subject": "help"}]))
    put("p/Server/5/bans.json", "[]")
    put("p/Ads/traits.json", '{"a": 1}')
    path = put("p/broken.json", '{"messages": [{"id": "1"')
    counts = desk.load(path.parent)
    assert desk.texts() == ["hi"]
    assert ("other parts of the export", 4) in left_out(counts)
    assert [Path(error.file).name for error in counts.errors] == ["broken.json"]


# Tables


def test_ids_that_a_spreadsheet_rounded_are_not_used(desk: Desk, put: Put) -> None:
    rows = [("1,23457E+17", "ada", "hi"), ("1,23457E+17", "bob", "hey")]
    table = "".join(f"{id};{id};{name};13.05.2024 10:00;{t}\n" for id, name, t in rows)
    counts = desk.load(put("a.csv", "ID;AuthorID;Author;Date;Content\n" + table))
    assert said(desk) == [("ada", "hi"), ("bob", "hey")]
    assert any("4 ids lost their digits" in note for note in counts.notes)


@pytest.mark.parametrize("stamp", ["1714557600", "1714557600000", "1714557600.000"])
def test_a_table_may_count_seconds(desk: Desk, put: Put, stamp: str) -> None:
    desk.load(put("a.csv", f"sep=,\r\nauthor,timestamp,content\r\nada,{stamp},hi\r\n"))
    assert said(desk) == [("ada", "hi")] and desk.rows()[0]["ts"] == MAY_1


def test_a_quote_that_does_not_end_swallows_no_row(desk: Desk, put: Put) -> None:
    rows = 'ada,2024-05-01,"a ""b"" c"\nbo,2024-05-01,"hi\ncy,2024-05-01,hey\n'
    counts = desk.load(put("a.csv", "Author,Date,Content\n" + rows))
    assert said(desk) == [("ada", 'a "b" c')]
    (error,) = counts.errors
    assert error.text == "line 3: a quote does not end: is a quote missing?"


def test_a_database_in_an_archive_is_to_be_unpacked(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "a.dht"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE messages (text)")
        database.commit()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "a.dht")
    (error,) = desk.load(tmp_path / "a.zip").errors
    assert "unpack the archive" in error.text


def test_a_file_of_an_office_program_is_to_be_saved_as_another(
    desk: Desk, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "chat.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", "<sheet/>")
    (error,) = desk.load(tmp_path / "chat.xlsx").errors
    assert error.text.endswith("save it as CSV or plain text")


def test_a_short_table_is_no_prose(desk: Desk, put: Put) -> None:
    desk.load(put("a.csv", "Author|Date|Content\nada|2024-05-01|hi\n"))
    assert said(desk) == [("ada", "hi")]
    (error,) = desk.load(put("b.csv", "Autor;Inhalt\nada;hi\n")).errors
    assert "--as text" in error.text


def test_lines_of_two_servers_are_never_mixed(desk: Desk, put: Put) -> None:
    rows = [{"text": f"in {name}", "guild": name} for name in ("Other", "MeshCore")]
    lines = "\n".join(map(json.dumps, rows))
    desk.load(put("a.jsonl", lines))
    assert desk.texts() == ["in MeshCore"]
    with pytest.raises(UsageError, match="from 2 servers"):
        desk.load(put("b.jsonl", lines.replace("MeshCore", "Third")))


def test_a_list_named_as_lines_says_so(desk: Desk, put: Put) -> None:
    (error,) = desk.load(put("a.jsonl", '[{"text": "a"},\n{"text": "b"}]')).errors
    assert error.text == "it is a list: write one object a line"
