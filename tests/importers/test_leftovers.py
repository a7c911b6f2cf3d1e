"""Nothing is guessed, and nothing is left out without a word."""

import gzip
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.importers import sources, streams
from tests.importers.conftest import Desk
from tests.importers.test_formats import exported, interchange, spoken

Put = Callable[[str, str | bytes], Path]

NO_PROSE = {
    "page": "<!DOCTYPE html>\n<p>hello</p>\n",
    "stamps": "12:01 hello there\n12:02 how are you\n",
    "dates": "2024-05-01 hello\n2024-05-02 how are you\n",
    "speakers": "ann: hello there\nbo: how are you\nann: fine\n",
    "table": "a,b,c\nd,e,f\ng,h,i\n",
    "tabs": "a\tb\nc\td\ne\tf\n",
    "settings": "[main]\nname = value\nother = 5\n",
    "code": "import os\ndef main():\n    return {\n    }\nx = 5;\n",
    "mail": "From ann@c.example Wed May  1\nFrom: ann\nSubject: hi\n\nhello\n",
    "separators": "======\nhello there\n------\nhow are you\n======\n",
    "yaml": "name: mynah\nversion: 5\nkeys: yes\n",
    "markup": "<message>\n<text>hello</text>\n</message>\n",
}


@pytest.mark.parametrize("kind", NO_PROSE)
def test_an_unknown_file_is_never_learned_line_by_line(
    desk: Desk, put: Put, kind: str
) -> None:
    path = put("a.txt", NO_PROSE[kind])
    counts = desk.load(path)
    assert (counts.read, desk.rows()) == (0, [])
    assert len(counts.errors) == 1
    assert desk.load(path, as_format="text").added > 1, "asked for, it is learned"


@pytest.mark.parametrize(
    "text",
    [
        "hello there\nhow are you?\n",
        "https://c.example/a\nhttps://c.example/b\n",
        "<:pepe:111> <a:dance:222>\n<@5> hi\n",
        "ok: that was odd\nwell, yes, no, maybe\nlol\n",
        "今天去游戏\nเมื่อวาน\nмогу привет\nكيف حالك\n",
        "gm\ngm\ngm\n",
    ],
)
def test_prose_is_learned_a_message_a_line(desk: Desk, put: Put, text: str) -> None:
    assert desk.load(put("a.txt", text)).added == text.count("\n")


def test_text_beside_exports_is_left_out_unless_it_was_named(
    desk: Desk, put: Put
) -> None:
    notes = put("all/notes.txt", "hello there\nhow are you\n")
    export = put("all/a.json", exported(spoken("1", "hi")))
    counts = desk.load(notes.parent)
    assert desk.texts() == ["hi"]
    assert "--as text" in counts.passed_over[0].reason
    assert desk.load(notes, export).added == 2


@pytest.mark.posix_only("Windows has no pipes in folders, and links for few")
def test_attachments_and_files_of_the_system_are_passed_over_with_their_number(
    desk: Desk, put: Put
) -> None:
    name = "Rook Club - Text - general [61].json"
    put(f"all/{name}", exported(spoken("1", "hi")))
    for inside in ("a.png", "config.json", "message.txt", "b.mp4"):
        put(f"all/{name}_Files/{inside}", '{"text": "an attachment"}')
    for junk in (".DS_Store", "desktop.ini", "__MACOSX/a.json", "._a.json"):
        put(f"all/{junk}", "junk")
    (put("all/x.txt", "x").parent / "link.txt").symlink_to("x.txt")
    os.mkfifo(put("all/y.txt", "y").parent / "pipe")
    counts = desk.load(put("all/cat.jpg", b"\xff\xd8").parent)
    assert (desk.texts(), counts.errors) == (["hi"], [])
    assert {one.reason: one.count for one in counts.passed_over} == {
        "attachments and pictures": 5,
        "system files": 4,
        "links": 1,
        "device files": 1,
        "text beside exports (use --as text to learn it)": 2,
    }


def test_an_import_of_nothing_says_why(desk: Desk, put: Put) -> None:
    for name, data, why in (
        ("a.json", b"", "it is empty"),
        ("a.txt", b" \n \n", "it is empty"),
        ("b.json", b"{}", "it holds no messages"),
        ("c.json", b'["a", "b"]', "in no known format"),
        ("d.json", b'{"guild": {"id": "1"}, "cha', "the file ends early"),
        ("e.txt", b"caf\xe9 au lait\n", "not UTF-8: save it as UTF-8"),
        ("f.tar", b"\0" * 257 + b"ustar", "unpack it first"),
        ("g.7z", b"7z\xbc\xaf'\x1c", "unpack it first"),
        ("h.db", b"SQLite format 3\0" + b"x" * 99, "database of no known program"),
        ("i.zip", b"PK\3\4" + b"\0" * 99, "damaged"),
    ):
        counts = desk.load(put(name, data))
        assert counts.read == 0, name
        assert why in counts.errors[0].text, name
    empty = exported()
    assert "holds no messages" in desk.load(put("j.json", empty)).notes[0]


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("is_packed", [False, True])
def test_any_unicode_is_read(
    desk: Desk, put: Put, encoding: str, is_packed: bool
) -> None:
    texts = {
        "a.json": exported(spoken("1", "héllo 🙂")),
        "b.jsonl": interchange("2", "héllo 🙂"),
        "c.csv": 'Author,Date,Content\n"a","2024-05-01T10:00:00Z","héllo 🙂"\n',
        "d.txt": "héllo 🙂\n",
    }
    for name, text in texts.items():
        data = text.encode(encoding)
        put(name, gzip.compress(data) if is_packed else data)
        assert desk.load(put(name, data)).errors == [], name
    assert {row["text"] for row in desk.rows()} == {"héllo 🙂"}
    assert len(desk.rows()) == 4


def test_small_faults_of_json_are_forgiven(desk: Desk, put: Put) -> None:
    head = '{"guild":{"id":"1"},"channel":{"id":"2","name":"g"},"messages":['
    for number, message in enumerate(
        (
            '{"id":"%d","content":"nan","author":{"id":"1"},"x":NaN}',
            '{"id":"%d","content":"raw\ttab\nline","author":{"id":"1"}}',
            '// by my script\n{"id":"%d","content":"comment","author":{"id":"1"}}',
            '{"id":"%d","content":"comma","author":{"id":"1",},}',
            '{"id":"%d","content":"half \\ud83d","author":{"id":"1"}}',
            '{"id":"%d","content":"nobody","author":null}',
            '{"id":"%d","content":"a name","author":"ada"}',
        )
    ):
        text = head + message % number + "]}"
        counts = desk.load(put(f"{number}.json", text))
        assert (counts.added, counts.errors) == (1, []), message


def test_the_same_messages_come_of_halves_of_surrogates_in_lines_and_lists(
    desk: Desk, put: Put
) -> None:
    line = '{"text":"cut \\ud83d","author":"a"}\n'
    assert desk.load(put("a.jsonl", line)).added == 1
    assert desk.load(put("b.json", exported(spoken("1", "cut \ud83d")))).added == 1
    assert desk.texts() == ["cut ", "cut "]


def test_an_odd_row_costs_itself_however_many_are_odd(desk: Desk, put: Put) -> None:
    odd = [
        '{"text":"x","channel":{"id":"1"}}',
        '{"text":"x","author":{"id":"1"}}',
        '{"text":"x","id":99999999999999999999999999}',
        '{"text":"x","ts":"9999-12-31T23:59:59Z"}',
        '{"text":"x","ts":"0001-01-01T00:00:00Z"}',
        '{"text":"x","ts":"soon"}',
        '{"text":["x"]}',
        '{"text":"x"',
        "[]",
        "\xe9",
    ]
    rows = [f"{row}\n{interchange(str(n), 'ok')}" for n, row in enumerate(odd * 50)]
    lines = "".join(rows)
    counts = desk.load(put("a.jsonl", lines.encode("latin-1")))
    assert (counts.added, counts.refused) == (50 * len(odd), 50 * len(odd))
    assert "line 1: not a message" in counts.errors[0].text
    assert "99 more" in counts.errors[0].text


def test_noise_costs_no_more_than_a_look(desk: Desk, put: Put) -> None:
    counts = desk.load(put("a.jsonl", "nonsense\n" * 100_000))
    assert counts.refused <= 1001


# Archives


def packed(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return path


def patched(path: Path, offset: int, local: int, value: int) -> None:
    """Change a 16-bit field of the first member, in both of its heads."""
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\x01\x02")
    for at in (central + offset, local):
        data[at : at + 2] = value.to_bytes(2, "little")
    path.write_bytes(data)


def test_archives_that_cannot_be_read_are_named_and_the_others_are(
    desk: Desk, put: Put, tmp_path: Path
) -> None:
    folder = put("all/good.json", exported(spoken("1", "hi"))).parent
    export = exported(spoken("2", "packed")).encode()
    packed(folder / "good.zip", x__json=export)
    packed(folder / "locked.zip", x__json=export)
    patched(folder / "locked.zip", 8, 6, 1)
    packed(folder / "deflate64.zip", x__json=export)
    patched(folder / "deflate64.zip", 10, 8, 9)
    packed(
        folder / "nested.zip", in__zip=packed(tmp_path / "i.zip", a=b"x").read_bytes()
    )
    packed(folder / "bomb.zip", x__txt=b"a" * 60_000_000)
    cut = packed(folder / "damaged.zip", x__json=export * 50)
    data = bytearray(cut.read_bytes())
    data[60:70] = b"\0" * 10
    cut.write_bytes(data)
    (folder / "short.zip").write_bytes(b"PK\3\4 no archive")
    counts = desk.load(folder)
    assert sorted(desk.texts()) == ["hi", "packed"]
    said = {
        Path(error.file).relative_to(folder).as_posix(): error.text
        for error in counts.errors
    }
    for name, why in (
        ("locked.zip/x.json", "encrypted: unpack"),
        ("deflate64.zip/x.json", "cannot read: unpack"),
        ("nested.zip/in.zip", "archive in an archive: unpack"),
        ("bomb.zip/x.txt", "far more than any chat"),
        ("damaged.zip/x.json", "damaged"),
        ("short.zip", "damaged"),
    ):
        assert why in said.pop(name)
    assert said == {}


def test_a_link_in_an_archive_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.txt")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    counts = desk.load(tmp_path / "a.zip")
    assert (desk.rows(), counts.passed_over[0].reason) == ([], "links")


def test_an_archive_of_too_much_is_not_looked_into(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = packed(tmp_path / "a.zip", a__txt=b"hello\n", b__txt=b"there\n")
    for limit in ("MAX_FILES", "MAX_FILE_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(sources, limit, 1)
            (error,) = desk.load(path).errors
            assert "far more" in error.text
    assert desk.load(path).added == 2


def test_an_unreadable_file_is_named_and_the_others_are_read(
    desk: Desk, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put("all/a.json", exported(spoken("1", "hi"))).parent
    locked = put("all/b.json", exported(spoken("2", "no")))
    opened = Path.open

    def refuse(self: Path, *how: object, **more: object) -> object:
        if self == locked:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *how, **more)  # type: ignore[call-overload]

    # Root may read everything, so a permission alone refuses nothing here.
    monkeypatch.setattr(Path, "open", refuse)
    counts = desk.load(folder)
    assert desk.texts() == ["hi"]
    assert "Permission is denied" in counts.errors[0].text


def test_a_gzip_bomb_of_any_format_stops_early(desk: Desk, put: Put) -> None:
    rows = (interchange("1", "hi", padding="a" * 5000) * 12_000).encode()
    assert len(rows) > streams.RATIO_ALLOWANCE * 3
    counts = desk.load(put("a.jsonl.gz", gzip.compress(rows, 9)))
    assert "far more" in counts.errors[0].text


def test_what_a_member_says_of_its_size_is_not_believed(
    desk: Desk, tmp_path: Path
) -> None:
    data = json.dumps([{"message": f"line {n}"} for n in range(1000)]).encode()
    path = packed(tmp_path / "a.zip", a__json=data)
    with zipfile.ZipFile(path) as archive:
        (info,) = archive.infolist()
    raw = path.read_bytes().replace(
        info.file_size.to_bytes(4, "little"), (50).to_bytes(4, "little")
    )
    path.write_bytes(raw)
    counts = desk.load(path)
    assert counts.added < 10 and counts.errors
