"""Every format, read from small files of the shapes seen in the wild."""

import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import UsageError
from app.store import messages
from tests.importers.conftest import Desk

Put = Callable[[str, str | bytes], Path]


def interchange(id: str, text: str, **more: Any) -> str:
    row: dict[str, Any] = {"guild": "g", "channel": "stage", "id": id}
    row["author"] = "Puck"
    row |= {"ts": "2024-01-01T18:00:45+00:00", "text": text, "reply_to": None}
    return json.dumps(row | more) + "\n"


def exported(*messages: dict[str, Any]) -> str:
    """A DiscordChatExporter file."""
    export = {
        "guild": {"id": "6617", "name": "MeshCore"},
        "channel": {"id": "6620", "type": "GuildTextChat", "name": "netherlands"},
        "dateRange": {"after": None, "before": None},
        "messages": list(messages),
        "messageCount": len(messages),
    }
    return json.dumps(export, indent=2)


def spoken(id: str, content: str, **more: Any) -> dict[str, Any]:
    author = {"id": "77", "name": "ann", "nickname": "Annie", "isBot": False}
    message = {"id": id, "type": "Default", "content": content, "author": author}
    message |= {"timestamp": "2025-03-01T19:08:25.726+00:00"}
    return message | more


def test_interchange_rows_keep_all_they_say(desk: Desk, put: Put) -> None:
    lines = interchange("1", "Who's there?")
    lines += interchange("2", "Nay, answer me", reply_to="1", author="Bernardo")
    lines += interchange("3", "beep", bot=True) + interchange(
        "4", "joined", system=True
    )
    counts = desk.load(put("a.jsonl", lines))
    assert (counts.read, counts.added, counts.filtered) == (4, 2, 2)
    assert counts.reasons == {"bot": 1, "system": 1}
    first, second, third = desk.rows()
    assert first["ts"] == 1704132045000
    assert (first["channel"], first["author"]) == ("stage", "Puck")
    assert (second["reply_to"], second["author"]) == ("1", "Bernardo")
    assert third["dropped"] == "bot"


def test_attachments_of_interchange_rows_are_addresses_or_a_mere_count(
    desk: Desk, put: Put
) -> None:
    lines = interchange("1", "look", attachments=["https://c.example/a.png?ex=1"])
    lines += interchange("2", "three of them", attachments=3)
    assert desk.load(put("a.jsonl", lines)).added == 2


def test_threads_are_channels_of_their_own(desk: Desk, put: Put) -> None:
    desk.load(put("a.jsonl", interchange("1", "hi", thread="act-1")))
    assert desk.rows()[0]["channel"] == "stage/act-1"


def test_a_compressed_file_is_read_like_the_plain_one(desk: Desk, put: Put) -> None:
    data = gzip.compress(interchange("1", "Who's there?").encode())
    assert desk.load(put("a.jsonl.gz", data)).added == 1


def test_a_byte_order_mark_and_windows_lines_are_no_obstacle(
    desk: Desk, put: Put
) -> None:
    lines = (interchange("1", "a fox") + interchange("2", "a dog")).encode()
    data = b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n")
    assert desk.load(put("a.txt", data)).added == 2


def test_an_export_of_discordchatexporter(desk: Desk, put: Put) -> None:
    export = exported(
        spoken("1", "hello <@5>", mentions=[{"id": "5", "nickname": "Bo"}]),
        spoken("2", "hi", type="Reply", reference={"messageId": "1"}),
        spoken("3", "fwd", reference={"messageId": "1", "type": "Forward"}),
        spoken("4", "pong", author={"id": "9", "name": "bot", "isBot": True}),
        spoken("5", "Joined.", type="GuildMemberJoin"),
        spoken("6", "used a command", type="20"),
        spoken(
            "7", "", attachments=[{"id": "8", "url": "https://c.example/x.png?ex=1"}]
        ),
    )
    counts = desk.load(put("x.json", export))
    assert (counts.read, counts.added, counts.filtered) == (7, 3, 4)
    rows = {row["id"]: row for row in desk.rows()}
    assert rows["1"]["text"] == "hello @Bo"
    assert rows["1"]["author"] == "Annie"
    assert (rows["1"]["channel"], rows["1"]["channel_id"]) == ("netherlands", "6620")
    assert [rows[id]["reply_to"] for id in ("1", "2", "3")] == [None, "1", None]
    assert rows["4"]["dropped"] == rows["6"]["dropped"] == "bot"
    assert rows["7"]["dropped"] == "empty"
    assert "5" not in rows


def test_an_old_export_that_lacks_fields(desk: Desk, put: Put) -> None:
    old: dict[str, Any] = {"id": "1", "timestamp": "2019-03-22T18:49:00+00:00"}
    old |= {"content": "first!", "author": {"id": "7", "name": "ann"}}
    assert desk.load(put("x.json", exported(old))).added == 1
    assert desk.rows()[0]["author"] == "ann"


def test_the_parts_of_an_export_land_in_one_channel(desk: Desk, put: Put) -> None:
    one = put("c [6620] [part 1].json", exported(spoken("1", "one two")))
    two = put("c [6620] [part 2].json", exported(spoken("2", "three four")))
    assert desk.load(one.parent).added == 2
    assert two.exists() and {row["channel"] for row in desk.rows()} == {"netherlands"}


def test_an_export_that_was_cut_off_keeps_what_is_whole(desk: Desk, put: Put) -> None:
    whole = exported(*(spoken(str(n), f"line {n}") for n in range(300)))
    counts = desk.load(put("cut.json", whole[: len(whole) * 2 // 3]))
    assert 150 < counts.added < 250
    (error,) = counts.errors
    assert "cut.json" in error.file and f"message {counts.added + 1}" in error.text


def test_csv_of_discordchatexporter(desk: Desk, put: Put) -> None:
    text = "AuthorID,Author,Date,Content,Attachments,Reactions\n"
    text += '"77","ann","2025-03-01T19:08:25.0+00:00","two\nlines","",""\n'
    text += '"78","bo","2025-03-01T19:09:00.0+00:00","a, comma","",""\n'
    path = put("MeshCore - Text Channels - general [662].csv", text)
    assert desk.load(path).added == 2
    first, second = desk.rows()
    assert (first["text"], second["text"]) == ("two\nlines", "a, comma")
    assert (first["channel"], first["channel_id"]) == ("general", "662")
    assert desk.load(path).duplicates == 2


def test_csv_of_2019(desk: Desk, put: Put) -> None:
    text = "Author;Date;Content;Attachments;Reactions\n"
    text += '"ann#1234";"22-Mar-19 06:49 PM";"good; evening";"";""\n'
    assert desk.load(put("general [662].csv", text)).added == 1
    (row,) = desk.rows()
    assert (row["text"], row["ts"]) == ("good; evening", 1553280540000)


def package(
    put: Put, folder: str, messages: list[dict[str, Any]], **channel: Any
) -> Path:
    put(f"package/{folder}/channel.json", json.dumps(channel))
    return put(f"package/{folder}/messages.json", json.dumps(messages)).parents[1]


def written(id: int, text: str) -> dict[str, Any]:
    return {"ID": id, "Timestamp": "2026-04-23 20:52:22", "Contents": text}


def test_the_data_package_keeps_ids_beyond_53_bits(desk: Desk, put: Put) -> None:
    guild = {"id": "12", "name": "MeshCore"}
    messages = [written(1496977056276414637, "ok")]
    root = package(put, "Nachrichten/c13", messages, id="13", name="a", guild=guild)
    put("package/Nachrichten/index.json", "{}")
    counts = desk.load(root)
    assert (counts.read, counts.added, counts.errors) == (1, 1, [])
    (row,) = desk.rows()
    assert (row["id"], row["channel_id"]) == ("1496977056276414637", "13")
    assert row["ts"] == 1776977542000


def test_an_older_data_package_has_csv(desk: Desk, put: Put) -> None:
    guild = {"id": "12", "name": "MeshCore"}
    put("p/13/channel.json", json.dumps({"id": "13", "name": "a", "guild": guild}))
    text = "ID,Timestamp,Contents,Attachments\n"
    text += '1463494433835192457,2026-01-21 11:24:23.438+00:00,"also, see",\n'
    path = put("p/13/messages.csv", text)
    assert desk.load(path.parents[1]).added == 1
    assert desk.texts() == ["also, see"]


def test_an_attachment_is_named_without_the_signature_in_its_address(
    desk: Desk, put: Put
) -> None:
    guild = {"id": "12", "name": "MeshCore"}
    url = "https://cdn.discordapp.com/attachments/1/2/cat.png?ex=66&is=65&hm=0a"
    row = written(1, "look") | {"Attachments": url}
    root = package(put, "Messages/c1", [row], id="1", name="a", guild=guild)
    assert desk.load(root).added == 1
    (file,) = desk.database.call(messages.attachments_of, [1])
    assert (file.name, file.url) == ("cat.png", url)


@pytest.mark.parametrize("entry", [None, 7, [], {"id": None, "url": 3}])
def test_a_broken_attachment_or_mention_does_not_cost_the_message(
    desk: Desk, put: Put, entry: object
) -> None:
    odd = {"attachments": [entry], "mentions": [entry]}
    export = exported(spoken("1", "a fox", **odd))
    lines = interchange("2", "a dog", attachments=[entry])
    assert desk.load(put("x.json", export)).refused == 0
    assert desk.load(put("y.jsonl", lines)).refused == 0
    assert sorted(desk.texts()) == ["a dog", "a fox"]


def test_only_the_named_guild_of_a_data_package_is_imported(
    desk: Desk, put: Put
) -> None:
    mine = {"id": "12", "name": "MeshCore"}
    other = {"id": "13", "name": "Work"}
    package(put, "Messages/c1", [written(1, "mine")], id="1", name="a", guild=mine)
    package(put, "Messages/c2", [written(2, "secret")], id="2", name="b", guild=other)
    root = package(put, "Messages/c3", [written(3, "private")], id="3", type="DM")
    assert desk.load(root).added == 1
    assert desk.texts() == ["mine"]


def test_a_package_of_several_other_guilds_is_refused_by_name(
    desk: Desk, put: Put
) -> None:
    for number, name in enumerate(("Work", "School")):
        guild = {"id": str(number), "name": name}
        rows = [written(number, "x")]
        root = package(put, f"M/c{number}", rows, id=str(number), guild=guild)
    with pytest.raises(UsageError, match="none of them MeshCore") as caught:
        desk.load(root)
    assert "School" in caught.value.hint


def test_a_zipped_package_is_read_in_place(
    desk: Desk, put: Put, tmp_path: Path
) -> None:
    guild = {"id": "12", "name": "MeshCore"}
    root = package(put, "Messages/c1", [written(1, "mine")], id="1", guild=guild)
    archive = tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in root.rglob("*.json"):
            file.write(path, path.relative_to(root))
    assert desk.load(archive).added == 1
    assert desk.load(archive).duplicates == 1


def test_the_training_file_of_the_original_bot(desk: Desk, put: Put) -> None:
    rows = [
        {"message": "to be"},
        {"message": "to be"},
        {"message": "look", "attachments": ["https://c.example/a/skull.png?ex=1"]},
    ]
    path = put("train.json", json.dumps(rows))
    assert desk.load(path).added == 3, "said twice is learned twice"
    again = desk.load(path)
    assert (again.added, again.duplicates) == (0, 3)
    grown = put("grown.json", json.dumps([*rows, {"message": "to be"}]))
    assert desk.load(grown).added == 1, "a grown file adds only what is new"


def test_plain_text_is_a_message_a_line(desk: Desk, put: Put) -> None:
    path = put("notes.txt", "first line\n\nsecond line\nfirst line")
    assert desk.load(path, channel="notes").added == 3
    assert desk.texts() == ["first line", "second line", "first line"]
    assert {row["channel"] for row in desk.rows()} == {"notes"}
    assert desk.load(path, channel="notes").added == 0
