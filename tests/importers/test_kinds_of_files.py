"""Other programs' exports, each with the quirks that real ones have."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.importers.conftest import Desk

Put = Callable[[str, str | bytes], Path]

MAY_1 = 1714557600000
"""10:00 UTC on 1 May 2024."""

HEAD = "AuthorID,Author,Date,Content,Attachments,Reactions\n"


def sample(name: str) -> str:
    """A file made up in the form that its program writes."""
    return (Path(__file__).parent / "samples" / name).read_text(encoding="utf-8")


def said(desk: Desk) -> list[tuple[str, str]]:
    """Author and text of the learned messages."""
    return [
        (row["author"], row["text"]) for row in desk.rows() if row["dropped"] is None
    ]


# DiscordChatExporter


@pytest.mark.parametrize(
    ("date", "ts"),
    [
        ("2024-05-01T10:00:00.0000000+00:00", MAY_1),
        ("2024-05-01T12:00:00.1230000+02:00", MAY_1 + 123),
        ("01-May-24 10:00 AM", MAY_1),
        ("5/1/2024 10:00 AM", MAY_1),
        ("01/05/2024 10:00", MAY_1),
        ("01.05.2024 10:00", MAY_1),
        ("1.5.2024 klo 10.00", MAY_1),
        ("2024. 05. 01. 오전 10:00", MAY_1),
        ("2024/5/1 10:00", MAY_1),
        ("2024年5月1日 10:00", MAY_1),
        ("1 mai 2024 10:00", MAY_1),
        ("1 de mayo de 2024 10:00", MAY_1),
    ],
)
def test_a_date_in_the_language_of_its_computer(
    desk: Desk, put: Put, date: str, ts: int
) -> None:
    desk.load(put("a.csv", f'{HEAD}"1","ada","{date}","hello","",""\n'))
    assert [row["ts"] for row in desk.rows()] == [ts]


def test_one_day_above_twelve_settles_the_order_of_all_dates(
    desk: Desk, put: Put
) -> None:
    rows = '"1","ada","01/05/2024 10:00","hello","",""\n'
    rows += '"1","ada","25/05/2024 10:00","hello","",""\n'
    counts = desk.load(put("a.csv", HEAD + rows))
    assert desk.rows()[0]["ts"] == MAY_1
    assert not any("--dates" in note for note in counts.notes)


def test_an_order_that_nothing_settles_is_said_and_can_be_given(
    desk: Desk, put: Put
) -> None:
    path = put("a.csv", f'{HEAD}"1","ada","01/05/2024 10:00","hello","",""\n')
    assert any("--dates mdy" in note for note in desk.load(path).notes)
    counts = desk.load(path, dates="mdy")
    assert desk.rows()[-1]["ts"] == 1704448800000
    assert not any("--dates" in note for note in counts.notes)


def test_a_date_that_is_not_understood_costs_its_row_and_nothing_is_of_1970(
    desk: Desk, put: Put
) -> None:
    rows = '"1","ada","once upon a time","lost","",""\n'
    rows += '"1","ada","2024-05-01T10:00:00Z","kept","",""\n'
    counts = desk.load(put("a.csv", HEAD + rows))
    assert (counts.added, counts.refused) == (1, 1)
    assert "'once upon a time' is not understood" in counts.errors[0].text
    assert [row["ts"] for row in desk.rows()] == [MAY_1]


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("Rook Club - Text - general [61].csv", "general"),
        ("Rook Club - Text - general [61] (after 2024-01-01).csv", "general"),
        ("Rook Club - Text - general [61] (before 2024-01-01) [part 3].csv", "general"),
        ("Rook Club - Text - 💬a - b [61] (2024-01-01 to 2024-02-01).csv", "💬a - b"),
        ("Rook Club - general [61] (1).csv", "general"),
    ],
)
def test_the_channel_is_in_the_name_of_the_file(
    desk: Desk, put: Put, name: str, channel: str
) -> None:
    desk.load(put(name, f'{HEAD}"1","ada","2024-05-01T10:00:00Z","hi","",""\n'))
    (row,) = desk.rows()
    assert (row["channel"], row["channel_id"]) == (channel, "61")


def test_joins_and_pins_of_a_table_are_not_learned_and_bots_are_warned_of(
    desk: Desk, put: Put
) -> None:
    texts = ("Joined the server.", "Pinned a message.", "Started a thread.", "hi")
    rows = [f'"1","ada","2024-05-01T10:00:00Z","{text}","",""\n' for text in texts]
    counts = desk.load(put("a.csv", HEAD + "".join(rows)))
    assert said(desk) == [("ada", "hi")]
    assert any("bots" in note for note in counts.notes)


@pytest.mark.parametrize(
    "text",
    [
        "Channel,AuthorID,Author,Date,Content\nden,1,ada,2024-05-01T10:00:00Z,hi\n",
        "id,author,content,timestamp\n7,ada,hi,2024-05-01T10:00:00Z\n",
        "timestamp;username;message\n2024-05-01T10:00:00Z;ada;hi\n",
        "user\tdate\ttext\nada\t2024-05-01 10:00\thi\n",
    ],
)
def test_other_tables_are_read_by_their_header(desk: Desk, put: Put, text: str) -> None:
    assert desk.load(put("a.csv", text)).added == 1
    assert (desk.rows()[0]["text"], desk.rows()[0]["ts"]) == ("hi", MAY_1)


def test_emoji_of_the_server_are_written_as_discord_shows_them(
    desk: Desk, put: Put
) -> None:
    message: dict[str, Any] = {
        "id": "1",
        "content": "hey :pepe: :dance: 10:30:00 <:old:9>",
    }
    message["inlineEmojis"] = [
        {"id": "111", "name": "pepe", "isAnimated": False},
        {"id": "222", "name": "dance", "isAnimated": True},
        {"id": "", "name": "🙂"},
    ]
    message |= {"author": {"id": "7", "name": "ann"}, "timestamp": "2024-05-01"}
    tree = {"guild": {"id": "5", "name": "G"}, "channel": {"id": "6", "name": "c"}}
    desk.load(put("a.json", json.dumps(tree | {"messages": [message]})))
    assert desk.texts() == ["hey <:pepe:111> <a:dance:222> 10:30:00 <:old:9>"]


def test_plain_text_of_discordchatexporter(desk: Desk, put: Put) -> None:
    counts = desk.load(put("a.txt", sample("plain.txt")))
    text = "who is up for blitz\n\n[a line in brackets]\nand tea after?"
    assert said(desk) == [("ada", "the knight fork"), ("bo", text)]
    assert (counts.reasons, counts.files[0].format) == (
        {"system": 1},
        "DiscordChatExporter text",
    )
    (first, second) = desk.rows()
    assert (first["ts"], first["channel"]) == (1716631200000, "general")
    assert second["ts"] == first["ts"] + 60_000


def test_a_page_of_discordchatexporter(desk: Desk, put: Put) -> None:
    counts = desk.load(put("a.html", sample("page.html")))
    first, second, bot = desk.rows()
    assert first["text"] == "the\n **fork** & ||it wins||\n <:pepe:111>"
    assert (first["id"], first["ts"], first["author"]) == ("81", MAY_1, "Ada")
    assert (first["channel"], first["reply_to"]) == ("general", "80")
    assert (second["text"], second["author"]) == ("and more", "Ada")
    assert second["ts"] == MAY_1 + 60_000
    assert bot["dropped"] == "bot" and counts.reasons == {"system": 1, "bot": 1}


def test_an_older_page_has_one_heading_for_several_messages(
    desk: Desk, put: Put
) -> None:
    desk.load(put("a.html", sample("old_page.html")))
    assert said(desk) == [("Ada", "one line"), ("Ada", "two\nlines")]
    assert {(row["channel"], row["ts"]) for row in desk.rows()} == {("old", MAY_1)}


# Other programs


def test_telegram(desk: Desk, put: Put) -> None:
    messages: list[dict[str, Any]] = [
        {"id": 1, "type": "service", "date": "2024-05-01T09:00:00", "action": "x"},
        {"id": 2, "from": "Ada", "from_id": "user7", "text": "the fork"},
        {"id": 3, "from": "Bo", "from_id": "user8", "reply_to_message_id": 2,
         "text": ["see ", {"type": "link", "text": "https://c.example"}, " ok"]},
        {"id": 4, "from": "Bo", "from_id": "user8", "text": ""},
        {"id": 5, "from": "Bo", "from_id": "user8", "text": "x",
         "forwarded_from": "Cy"},
    ]  # fmt: skip
    head = {"type": "message", "date_unixtime": "1714557600", "date": "x"}
    rows = [head | one for one in messages]
    chat = {"name": "Rook Club", "type": "private_supergroup", "id": 99}
    path = put("result.json", json.dumps(chat | {"messages": rows}))
    counts = desk.load(path)
    assert said(desk) == [("Ada", "the fork"), ("Bo", "see https://c.example ok")]
    assert desk.rows()[1]["reply_to"] == desk.rows()[0]["id"]
    assert counts.reasons == {"system": 2, "empty": 1}


def test_a_telegram_message_without_a_time_that_can_be_read_is_named(
    desk: Desk, put: Put
) -> None:
    row = {"id": 1, "type": "message", "from": "Ada", "from_id": "user7", "text": "hi"}
    rows = [row | {"date": "2024-05-01T09:00:00"}, row | {"id": 2, "date": "May"}]
    chat = {"name": "Rook Club", "type": "private_supergroup", "id": 99}
    counts = desk.load(put("result.json", json.dumps(chat | {"messages": rows})))
    assert (counts.added, counts.refused) == (1, 1)
    assert "message 2, line 1: not a message (its time is 'May')" in (
        counts.errors[0].text
    )


def test_of_a_whole_telegram_account_only_the_named_group_is_learned(
    desk: Desk, put: Put
) -> None:
    def chat(name: str, kind: str, text: str) -> dict[str, Any]:
        row = {"id": 1, "type": "message", "date_unixtime": "1714557600"}
        row |= {"from": "Ada", "from_id": "user7", "text": text}
        return {"name": name, "type": kind, "id": len(name), "messages": [row]}

    chats = [
        chat("Bo", "personal_chat", "a secret"),
        chat("MeshCore", "public_supergroup", "the fork"),
        chat("Work", "private_group", "a report"),
    ]
    tree = {"contacts": {"list": []}, "chats": {"about": "x", "list": chats}}
    counts = desk.load(put("result.json", json.dumps(tree)))
    assert said(desk) == [("Ada", "the fork")]
    assert counts.reasons == {"private": 1, "of another server": 1}


@pytest.mark.parametrize(
    "text",
    [
        "\u200e[01.05.24, 10:00:00] Ada: \u200eMessages and calls are end-to-end "
        "encrypted.\n"
        "[01.05.24, 10:00:00] Ada: the fork: it wins\nand tea\n"
        "[01.05.24, 10:01:00] Bo: \u200eimage omitted\n"
        "[25.05.24, 10:01:00] Bo: ok\n",
        "01/05/2024, 10:00 - Ada created group \"Rook\"\n"
        "01/05/2024, 10:00 - Ada: the fork: it wins\nand tea\n"
        "01/05/2024, 10:01 - Bo: <Media omitted>\n"
        "25/05/2024, 10:01 - Bo: ok\n",
        "5/1/24, 10:00\u202fAM - Ada: the fork: it wins\nand tea\n"
        "5/25/24, 10:01\u202fAM - Bo: ok\n",
    ],
    ids=["iPhone", "Android", "America"],
)  # fmt: skip
def test_whatsapp(desk: Desk, put: Put, text: str) -> None:
    desk.load(put("chat.txt", text))
    assert said(desk) == [("Ada", "the fork: it wins\nand tea"), ("Bo", "ok")]
    assert desk.rows()[0]["ts"] == MAY_1


IRC = {
    "irssi": "--- Log opened Wed May 01 09:00:00 2024\n"
    "09:59 -!- bo [~bo@host] has joined #rook\n10:00 < ada> the fork\n"
    "10:01 <@bo> \x0304red\x0f ok\n10:02  * ada waves\n"
    "10:03 -!- mode/#rook [+o bo] by x\n",
    "weechat": "2024-05-01 09:59:00\t-->\tbo (~bo@host) has joined #rook\n"
    "2024-05-01 10:00:00\tada\tthe fork\n2024-05-01 10:01:00\t@bo\tred ok\n"
    "2024-05-01 10:02:00\t *\tada waves\n2024-05-01 10:03:00\t--\tMode #rook\n",
    "znc": "[09:59:00] *** Joins: bo (~bo@host)\n[10:00:00] <ada> the fork\n"
    "[10:01:00] <bo> red ok\n[10:02:00] * ada waves\n"
    "[10:03:00] *** x sets mode: +o bo\n",
    "hexchat": "**** BEGIN LOGGING AT Wed May  1 09:00:00 2024\n\n"
    "May 01 09:59:00 *\tbo (~bo@host) has joined\nMay 01 10:00:00 <ada>\tthe fork\n"
    "May 01 10:01:00 <bo>\tred ok\nMay 01 10:02:00 *\tada waves\n"
    "May 01 10:03:00 *\tx gives channel operator status to bo\n",
}


@pytest.mark.parametrize("client", IRC)
def test_a_log_of_irc(desk: Desk, put: Put, client: str) -> None:
    counts = desk.load(put("#rook_2024-05-01.log", IRC[client]))
    assert said(desk) == [("ada", "the fork"), ("bo", "red ok"), ("ada", "waves")]
    assert [row["ts"] - MAY_1 for row in desk.rows()] == [0, 60_000, 120_000]
    assert {row["channel"] for row in desk.rows()} == {"#rook"}
    assert counts.errors == []


def test_slack(desk: Desk, put: Put) -> None:
    users = [
        {"id": "U1", "name": "ada", "profile": {"display_name": "Ada"}},
        {"id": "U2", "name": "bot", "is_bot": True},
    ]
    put("export/users.json", json.dumps(users))
    put("export/channels.json", json.dumps([{"id": "C1", "name": "general"}]))
    put("export/dms.json", json.dumps([{"id": "D1", "members": ["U1", "U2"]}]))

    def row(second: int, **more: Any) -> dict[str, Any]:
        base = {"type": "message", "user": "U1", "ts": f"171455760{second}.000100"}
        return base | {"text": "x"} | more

    rows = [
        row(0, text="see <https://c.example|here> <@U1> &amp; <!channel>"),
        row(1, text="ok", thread_ts="1714557600.000100"),
        row(2, subtype="channel_join", text="<@U1> has joined the channel"),
        row(3, user="U2", text="beep"),
    ]
    put("export/D1/2024-05-01.json", json.dumps([row(4, text="a secret")]))
    path = put("export/general/2024-05-01.json", json.dumps(rows))
    counts = desk.load(path.parents[1])
    assert said(desk) == [
        ("Ada", "see https://c.example @Ada & channel"),
        ("Ada", "ok"),
    ]
    assert desk.rows()[1]["reply_to"] == desk.rows()[0]["id"]
    assert counts.reasons == {"system": 1, "bot": 1}
    assert {(one.reason, one.count) for one in counts.passed_over} == {
        ("other parts of the export", 3),
        ("private messages", 1),
    }


def test_matrix(desk: Desk, put: Put) -> None:
    def event(id: str, body: str, **more: Any) -> dict[str, Any]:
        content = {"msgtype": "m.text", "body": body} | more.pop("content", {})
        base = {"type": "m.room.message", "sender": "@ada:c.example", "event_id": id}
        return base | {"origin_server_ts": MAY_1, "content": content} | more

    answer = {"m.relates_to": {"m.in_reply_to": {"event_id": "$1"}}}
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}
    events = [
        event("$1", "the fork"),
        event("$2", "> <@ada:c.example> the fork\n\nok", content=answer),
        event("$3", "* the new fork", content=edit),
        event("$4", "beep", content={"msgtype": "m.notice"}),
        event("$5", "x.png", content={"msgtype": "m.image"}),
        event("$6", "", type="m.room.member"),
    ]
    head = {"room_name": "lobby", "room_creator": "x", "topic": "", "exported_by": "x"}
    desk.load(put("export.json", json.dumps(head | {"messages": events})))
    assert said(desk) == [("ada", "the fork"), ("ada", "ok")]
    assert desk.rows()[1]["reply_to"] == "$1" and desk.rows()[0]["channel"] == "lobby"


def tracker(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);"
            "CREATE TABLE servers (id INTEGER PRIMARY KEY, name TEXT, type TEXT);"
            "CREATE TABLE channels (id INTEGER PRIMARY KEY, server INTEGER, name TEXT);"
            "CREATE TABLE messages (message_id INTEGER PRIMARY KEY, sender_id INTEGER,"
            " channel_id INTEGER, text TEXT, timestamp INTEGER);"
            "CREATE TABLE message_replied_to (message_id INTEGER PRIMARY KEY,"
            " replied_to_id INTEGER);"
            "INSERT INTO users VALUES (7, 'ada');"
            "INSERT INTO servers VALUES (1, 'MeshCore', 'SERVER'), (2, 'Bo', 'DM'),"
            " (3, 'Work', 'SERVER');"
            "INSERT INTO channels VALUES (11, 1, 'general'), (12, 2, 'Bo');"
            "INSERT INTO channels VALUES (13, 3, 'x');"
            f"INSERT INTO messages VALUES (101, 7, 11, 'the fork', {MAY_1}),"
            f" (102, 7, 11, 'ok', {MAY_1}), (103, 7, 12, 'a secret', {MAY_1}),"
            f" (104, 7, 13, 'a report', {MAY_1});"
            "INSERT INTO message_replied_to VALUES (102, 101);"
        )
        database.commit()
    return path


def test_the_database_of_discord_history_tracker(desk: Desk, tmp_path: Path) -> None:
    path = tracker(tmp_path / "files" / "archive.dht")
    counts = desk.load(path)
    assert said(desk) == [("ada", "the fork"), ("ada", "ok")]
    assert desk.rows()[1]["reply_to"] == "101"
    assert desk.rows()[0]["channel_id"] == "11"
    assert counts.reasons == {"private": 1, "of another server": 1}
    assert [one.name for one in path.parent.iterdir()] == ["archive.dht"]


def test_the_text_file_of_older_trackers(desk: Desk, put: Put) -> None:
    meta = {
        "users": {"7": {"name": "ada"}},
        "userindex": ["7"],
        "servers": [
            {"name": "MeshCore", "type": "SERVER"},
            {"name": "Bo", "type": "DM"},
        ],
        "channels": {"11": {"server": 0, "name": "general"}, "12": {"server": 1}},
    }
    data = {
        "11": {"101": {"u": 0, "t": MAY_1, "m": "the fork"}, "102": {"u": 9, "t": 1}},
        "12": {"103": {"u": 0, "t": MAY_1, "m": "a secret"}},
    }
    counts = desk.load(put("dht.txt", json.dumps({"meta": meta, "data": data})))
    assert said(desk) == [("ada", "the fork")]
    assert (counts.refused, counts.reasons) == (1, {"private": 1})


def test_the_first_training_file_of_markov_discord(desk: Desk, put: Put) -> None:
    rows = [{"id": "1", "string": "the fork"}, {"id": "2", "string": "look"}]
    rows[1]["attachment"] = "https://c.example/a.png"
    assert desk.load(put("markovDB.json", json.dumps({"messages": rows}))).added == 2
    assert desk.rows()[0]["id"] == "1"
