"""What holds for every import: once, resumable, honest about what is broken."""

import gzip
import json
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from sqlite3 import IntegrityError

import pytest

from app.core.errors import AppError, UsageError
from app.importers import import_run
from app.importers.import_run import ImportStep
from app.store import imports, members
from app.store.messages import NewMessage
from app.store.tables import ImportCheckpoint
from tests.importers.conftest import Desk
from tests.importers.test_formats import exported, interchange, spoken

Put = Callable[[str, str | bytes], Path]


def test_a_second_import_adds_nothing(desk: Desk, put: Put) -> None:
    path = put("a.jsonl", "".join(interchange(str(n), f"line {n}") for n in range(50)))
    assert desk.load(path).added == 50
    again = desk.load(path)
    assert (again.read, again.added, again.duplicates) == (50, 0, 50)


def test_every_message_read_is_added_known_or_filtered(desk: Desk, put: Put) -> None:
    lines = [interchange("1", "a"), interchange("1", "a"), interchange("2", "!roll")]
    lines += [interchange("3", ""), interchange("4", "b", bot=True)]
    counts = desk.load(put("a.jsonl", "".join(lines)))
    total = counts.added + counts.duplicates + counts.filtered
    assert (counts.read, total) == (5, 5)
    assert sum(counts.reasons.values()) == counts.filtered == 3


def test_a_broken_line_is_named_and_the_others_stay(desk: Desk, put: Put) -> None:
    lines = interchange("1", "a") + '{"text": 5\n' + interchange("2", "b")
    lines += '{"text": 5}\n[1]\n{"id": "7"}\n'
    counts = desk.load(put("a.jsonl", lines))
    assert counts.added == 2
    first, second, third, fourth = counts.errors
    assert first.file.endswith("a.jsonl") and first.text.startswith("line 2: not JSON")
    assert second.text == "line 4: not a message (its text is 5)"
    assert "line 5" in third.text and "it lacks 'text'" in fourth.text
    assert counts.refused == counts.files[0].refused == 4


def test_one_broken_file_does_not_keep_the_others_out(desk: Desk, put: Put) -> None:
    put("1.json", '{"neither": "nor"}')
    put("2.json", exported(spoken("1", "hello")))
    counts = desk.load(put("3.bin", b"\x89PNG\0\0").parent)
    assert counts.added == 1
    assert len(counts.errors) == 2
    assert all("in no known format" in error.text for error in counts.errors)


def test_noise_under_a_known_name_is_given_up(desk: Desk, put: Put) -> None:
    counts = desk.load(put("a.jsonl", "nonsense\n" * 100_000))
    assert counts.read == 0 and "line 1" in counts.errors[0].text


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            b'{"guild":{"id":"1"},"channel":{"id":"2"},"messages":' + b"[" * 1_000_000,
            id="deep",
        ),
        pytest.param(b'[{"message": ' + b'{"a":' * 1_000_000, id="deep objects"),
        b'{"guild":{"id":"1"},"channel":{"id":"2"},"messages":[{"id":"1","x":NaN}]}',
        b'{"guild":{"id":"1"},"channel":{"id":"2"},"messages":[{"id":"1"},7]}',
        b'{"guild":{"id":"1"},"channel":{"id":"2"},"messages":[{"content":"\xff"}]}',
        b'[{"message": 7}]',
        b'[{"message": null}, {"nothing": 1}]',
        b'[{"ID": {}, "Contents": []}]',
    ],
)
def test_hostile_json_is_reported_not_raised(
    desk: Desk, put: Put, content: bytes
) -> None:
    counts = desk.load(put("x.json", content))
    assert len(counts.errors) + counts.read > 0


def test_a_damaged_archive_is_reported(desk: Desk, put: Put) -> None:
    whole = gzip.compress(b"".join(
        interchange(str(n), f"line {n} {n * 7919}").encode() for n in range(20_000)
    ))  # fmt: skip
    counts = desk.load(put("a.jsonl.gz", whole[: len(whole) // 2]))
    assert counts.added > 0
    assert len(counts.errors) == 1


def test_a_gzip_bomb_stops_early(desk: Desk, put: Put) -> None:
    bomb = gzip.compress(b"a" * 60_000_000 + b"\n")
    counts = desk.load(put("bomb.txt.gz", bomb))
    assert counts.added == 0 and len(counts.errors) == 1


def test_a_zip_bomb_is_refused(desk: Desk, put: Put, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("messages.txt", b"a" * 60_000_000)
    (error,) = desk.load(path).errors
    assert error.file.endswith("bomb.zip/messages.txt") and "far more" in error.text


@pytest.mark.parametrize("piece", [" [1", " [1]", " [part 1]", "[", ".csv"])
def test_the_name_of_a_member_costs_no_time_however_long_it_is(
    desk: Desk, tmp_path: Path, piece: str
) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{piece * (60_000 // len(piece))} [2.csv", "hello there")
    began = time.thread_time()
    with suppress(AppError):
        desk.load(path)
    assert time.thread_time() - began < 5


def test_links_and_symlinks_are_not_followed_out_of_a_folder(
    desk: Desk, put: Put, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the launch code\n")
    folder = put("in/a.txt", "hello there\n").parent
    (folder / "b.txt").symlink_to(secret)
    desk.load(folder)
    assert desk.texts() == ["hello there"]


def test_a_missing_path_is_the_owners_to_mend(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        desk.load(tmp_path / "nowhere.json")


def test_a_text_no_chat_could_hold_is_left_out(desk: Desk, put: Put) -> None:
    counts = desk.load(put("a.jsonl", interchange("1", "x" * 30_000)))
    assert counts.reasons == {"too long": 1}
    assert desk.rows() == []


def test_who_opted_out_is_not_stored(desk: Desk, put: Put) -> None:
    author = desk.authors.author("Puck")
    desk.database.call(members.set_opted_out, desk.guild, author, True)
    lines = interchange("1", "mine") + interchange("2", "yours", author="Quince")
    counts = desk.load(put("a.jsonl", lines))
    assert counts.reasons == {"opted out": 1}
    assert desk.texts() == ["yours"]


def test_filters_of_the_guild_hold_for_imports(desk: Desk, put: Put) -> None:
    lines = interchange("1", "a spoiler here") + interchange("2", "all fine")
    counts = desk.load(put("a.jsonl", lines), words=["spoiler"])
    assert (counts.added, counts.reasons) == (1, {"word": 1})


def test_no_author_id_is_stored(desk: Desk, put: Put, tmp_path: Path) -> None:
    export = exported(spoken("1", "hello", author={"id": "998877665544", "name": "a"}))
    desk.load(put("x.json", export))
    desk.database.close()
    assert b"998877665544" not in (tmp_path / "mynah.db").read_bytes()
    desk.database.__init__(tmp_path / "mynah.db")  # type: ignore[misc]


class Killed(BaseException):
    """Stands for kill -9 between two transactions."""


def test_an_import_that_was_killed_goes_on_where_it_stopped(
    desk: Desk, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "BATCH", 10)
    lines = [{"message": f"line {n % 30}"} for n in range(100)]
    path = put("a.json", json.dumps(lines))
    first = desk.start()

    def stop(step: ImportStep) -> None:
        if step.messages >= 40:
            raise Killed

    first._on_step = stop
    with pytest.raises(Killed):
        first.run([path])
    stored = len(desk.rows())
    assert 40 <= stored < 100
    second = desk.load(path)
    assert (second.read, second.added, second.duplicates) == (100, 100 - stored, stored)
    assert len(desk.rows()) == 100
    left = desk.database.call(lambda: ImportCheckpoint.select().count())
    assert left == 0


def test_steps_tell_how_far_it_is(desk: Desk, put: Put) -> None:
    lines = "".join(interchange(str(n), f"line {n}") for n in range(5000))
    steps: list[ImportStep] = []
    work = desk.start()
    work._on_step = steps.append
    work.run([put("a.jsonl", lines), put("b.jsonl", interchange("x", "end"))])
    done = [step.done for step in steps]
    assert done == sorted(done) and len(set(done)) > 2
    assert steps[-1].done == steps[-1].total
    assert steps[-1].messages == 5001


def test_progress_and_rows_are_one_transaction(desk: Desk) -> None:
    broken = NewMessage(999, 999, "1", 0, "of no channel")
    with pytest.raises(IntegrityError):
        desk.database.call(imports.add_batch, desk.guild, "f", 5, [], [broken], [])
    assert desk.database.call(imports.position, desk.guild, "f") == 0


CSV = "AuthorID,Author,Date,Content,Attachments,Reactions\n"
TWICE = [("7", "the knight fork", "10:00:21.123"), ("8", "gm", "10:01:05.500")]
TWICE += [("8", "gm", "10:01:05.500")]


@pytest.mark.parametrize("first", [0, 1])
def test_the_same_channel_in_two_formats_is_learned_once(
    desk: Desk, put: Put, first: int
) -> None:
    name = "MeshCore - Text - netherlands [6620]"
    rows = [
        f'"{id}","a{id}","2025-03-01T{at}0000+00:00","{text}","",""\n'
        for id, text, at in TWICE
    ]
    export = [
        spoken(f"{n}", text, timestamp=f"2025-03-01T{at}+00:00", author={"id": id})
        for n, (id, text, at) in enumerate(TWICE)
    ]
    export[1] |= {"type": "Reply", "reference": {"messageId": "0"}}
    paths = [put(f"{name}.csv", CSV + "".join(rows)), put("x.json", exported(*export))]
    paths = paths[first:] + paths[:first]
    assert desk.load(paths[0]).added == 3
    again = desk.load(paths[1])
    assert (again.added, again.duplicates) == (0, 3)
    ids = [(row["id"], row["reply_to"]) for row in desk.rows()]
    assert ids == [("0", None), ("1", "0"), ("2", None)], "the ids of Discord are kept"
    assert desk.load(*paths).duplicates == 6


def test_what_only_looks_alike_is_learned(desk: Desk, put: Put) -> None:
    put("a.json", exported(spoken("1", "gm"), spoken("2", "hello there, all of you")))
    other = "MeshCore - Text - netherlands [6620].csv"
    rows = '"9","bo","2025-03-01T19:08:25.726+00:00","gm","",""\n'
    rows += '"9","bo","2025-03-01T19:09:25.726+00:00","hello there, all of you","",""\n'
    counts = desk.load(put(other, CSV + rows).parent)
    assert (counts.added, counts.duplicates) == (4, 0)


def test_plain_text_tells_minutes_and_is_known_by_them(desk: Desk, put: Put) -> None:
    text = "=" * 62 + "\nGuild: MeshCore\nChannel: Text / netherlands\n" + "=" * 62
    text += "\n\n[01/03/2025 19:08] ann\nhello there, all of you\n\n"
    desk.load(put("x.json", exported(spoken("1", "hello there, all of you"))))
    name = "MeshCore - Text - netherlands [6620].txt"
    assert desk.load(put(name, text)).duplicates == 1
