"""What was forgotten is never stored again, whichever way it comes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.store import forgetting, guilds, imports, members, messages, tombstones
from app.store.authors import AuthorKey
from app.store.database import Database, bound
from app.store.messages import NewMessage
from app.store.tables import Message

Write = Callable[..., int]


def again(db: Database, guild: GuildId, *wanted: tuple[str, str, int]) -> set[int]:
    """Which of (author, id outside, time) are refused because they were forgotten."""
    place = db.call(guilds.ensure_channel, guild, "stage").id
    batch = [
        NewMessage(
            place, db.call(members.ensure, guild, author, author).id, id, ts, "text"
        )
        for author, id, ts in wanted
    ]
    return db.call(messages.add_many, guild, batch).forgotten


def test_a_forgotten_message_is_not_stored_again(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("alas", external="1")
    write("poor", external="2")
    db.call(forgetting.delete, guild, [row])
    assert again(db, guild, ("puck", "1", 0), ("puck", "3", 0)) == {0}
    assert db.call(messages.find, guild, "1") is None
    assert db.call(messages.find, guild, "3") is not None


def test_another_guild_may_store_what_one_forgot(
    db: Database, guild: GuildId, write: Write
) -> None:
    db.call(forgetting.delete, guild, [write("alas", external="1")])
    other = db.call(guilds.ensure, "The Rose").id
    assert again(db, other, ("puck", "1", 0)) == set()


def _every_row() -> list[str]:
    # A search's index cannot be read as a table; what it holds is in others.
    tables = set(bound().get_tables()) - {"message_index", "message_index_part"}
    return [
        str((table, *row))
        for table in tables
        for row in bound().execute_sql(f'SELECT * FROM "{table}"')
    ]


def test_no_plain_id_or_text_of_what_was_forgotten_is_kept(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("quizzical platypus", external="123456789012345678")
    db.call(forgetting.delete, guild, [row])
    dump = "\n".join(db.call(_every_row))
    assert "('tombstone'," in dump
    assert "platypus" not in dump and "123456789012345678" not in dump


def test_nothing_an_author_wrote_until_they_forgot_is_stored_again(
    db: Database, guild: GuildId, write: Write
) -> None:
    db.call(tombstones.bury_author, guild, "puck", 100, since=50, by_owner=False)
    wanted = [("puck", f"p{ts}", ts) for ts in (49, 50, 100, 101)]
    assert again(db, guild, *wanted, ("oberon", "o", 70)) == {1, 2}


def test_what_an_authors_span_does_not_cover_leaves_a_tombstone(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [write("now", external="1", ts=90), write("later", external="2", ts=500)]
    db.call(tombstones.bury_author, guild, "puck", 100, by_owner=False)
    db.call(forgetting.delete, guild, rows, by_owner=False)
    assert again(db, guild, ("puck", "1", 90), ("puck", "2", 500)) == {0, 1}
    db.call(tombstones.lift_author, guild, "puck", by_owner=False)
    assert again(db, guild, ("puck", "1", 90), ("puck", "2", 500)) == {1}


def test_what_went_with_everything_comes_back_only_by_an_import(
    db: Database, guild: GuildId, write: Write
) -> None:
    member, place = (write("all", ts=5), 0)
    stored = db.call(messages.get, member)
    assert stored is not None and place == 0
    db.call(tombstones.bury_author, guild, tombstones.EVERYONE, 100, by_owner=True)
    db.call(forgetting.delete, guild, [stored.id], is_all=True)
    new = NewMessage(stored.channel, stored.member, stored.external, 5, "all")
    assert db.call(messages.add, guild, new) is None
    done = db.call(imports.add_batch, guild, "file", 1, [], [new], [])
    assert done.rows != [None] and done.forgotten == set()


def test_a_member_takes_back_only_what_they_forgot_themselves(
    db: Database, guild: GuildId
) -> None:
    db.call(tombstones.bury_author, guild, "puck", 100, by_owner=True)
    db.call(tombstones.bury_author, guild, "puck", 50, by_owner=False)
    assert db.call(tombstones.lift_author, guild, "puck", by_owner=False) == 1
    assert again(db, guild, ("puck", "1", 70)) == {0}
    assert db.call(tombstones.lift_author, guild, "puck", by_owner=True) == 1
    assert again(db, guild, ("puck", "1", 70)) == set()


def test_the_owner_takes_everything_back_but_what_members_forgot(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [write("one", external="1"), write("two", external="2")]
    db.call(forgetting.delete, guild, rows)
    # Deleted on Discord as well, which is the member's doing.
    db.call(tombstones.bury, guild, ["2"], by_owner=False)
    assert db.call(tombstones.lift_owners, guild) == 1
    assert again(db, guild, ("puck", "1", 0), ("puck", "2", 0)) == {1}
    assert db.call(tombstones.lift, guild, ["2"]) == 1
    assert again(db, guild, ("puck", "2", 0)) == set()


def test_an_import_stores_no_name_of_somebody_forgotten(
    db: Database, guild: GuildId
) -> None:
    place = db.call(guilds.ensure_channel, guild, "stage").id
    db.call(tombstones.bury_author, guild, "puck", 100, by_owner=False)
    people = [("puck", "Robin", False), ("oberon", "Oberon", False)]
    batch = [NewMessage(place, -1, "1", 5, "a"), NewMessage(place, -2, "2", 5, "b")]
    done = db.call(imports.add_batch, guild, "file", 2, people, batch, [])
    assert done.forgotten == {0} and done.members[0] is None
    assert set(db.call(imports.known_members, guild)) == {"oberon"}
    later = [NewMessage(place, -1, "3", 500, "c")]
    done = db.call(imports.add_batch, guild, "file", 3, people[:1], later, [])
    assert done.forgotten == set() and done.rows != [None]


OF_CONTENT = "0123456789abcdef0123-0"
MINUTE = 1_700_000_040_000


def comes_back(
    db: Database,
    guild: GuildId,
    external: str,
    author: str = "Robin",
    text: str = "a wandering fairy's song",
    ts: int = MINUTE,
) -> bool:
    """Offer a message as a file has it; one that is stored is taken out again."""
    place = db.call(guilds.ensure_channel, guild, "other-name").id
    member = db.call(members.ensure, guild, author, author).id
    new = NewMessage(place, member, external, ts, text)
    done = db.call(imports.add_batch, guild, "file", 1, [], [new], [])
    rows = [row for row in done.rows if row is not None]
    db.call(lambda: Message.delete().where(Message.id.in_(rows)).execute())
    return bool(rows)


@pytest.mark.parametrize(
    ("known", "offered"), [("117400000000000001", OF_CONTENT), (OF_CONTENT, "1174")]
)
def test_what_was_forgotten_under_one_kind_of_id_does_not_come_back_under_another(
    db: Database,
    guild: GuildId,
    write: Write,
    tmp_path: Path,
    known: str,
    offered: str,
) -> None:
    rows = [
        write("a wandering fairy's song", external=known, ts=MINUTE + 12_345),
        write("lol", external=f"{known}7", ts=MINUTE + 30_000),
    ]
    db.call(forgetting.delete, guild, rows)
    assert not comes_back(db, guild, offered), "the file has minutes and a name alone"
    assert not comes_back(db, guild, offered, "puck", "lol")
    assert comes_back(db, guild, offered, "Robin", "lol"), "short texts are said often"
    by_name = Home(tmp_path).author_key_file
    puck = AuthorKey.load(by_name).author("Puck")
    assert not comes_back(db, guild, offered, puck, "lol"), "the file has a name alone"
    assert comes_back(db, guild, offered, text="another song of that length")
    assert comes_back(db, guild, offered, ts=MINUTE + 60_000)
    assert comes_back(db, guild, f"{known[:-1]}9"), "it was said twice in a minute"
    assert comes_back(db, db.call(guilds.ensure, "The Rose").id, offered)


@pytest.mark.parametrize("way", ["id", "author", "everything"])
def test_what_is_taken_back_comes_back_under_every_id(
    db: Database, guild: GuildId, write: Write, way: str
) -> None:
    row = write("a wandering fairy's song", external="1174", ts=MINUTE)
    if way == "author":
        db.call(tombstones.bury_author, guild, "puck", MINUTE + 1, by_owner=True)
    db.call(forgetting.delete, guild, [row])
    assert not comes_back(db, guild, OF_CONTENT)
    if way == "id":
        db.call(tombstones.lift, guild, ["1174"])
    elif way == "author":
        db.call(tombstones.lift_author, guild, "puck", by_owner=True)
    else:
        db.call(tombstones.lift_owners, guild)
    assert comes_back(db, guild, OF_CONTENT)
    assert comes_back(db, guild, "1174", "puck")


def test_an_interrupted_import_starts_over_once_something_is_taken_back(
    db: Database, guild: GuildId, write: Write
) -> None:
    for lift in (
        lambda: tombstones.lift(guild, ["1174"]),
        lambda: tombstones.lift_author(guild, "puck", by_owner=False),
        lambda: tombstones.lift_owners(guild),
    ):
        db.call(imports.add_batch, guild, "file", 7, [], [], [])
        db.call(lift)
        assert db.call(imports.position, guild, "file") == 0


def test_what_a_member_deleted_as_well_stays_out_under_every_id(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("a wandering fairy's song", external="1174", ts=MINUTE)
    db.call(forgetting.delete, guild, [row])
    db.call(tombstones.bury, guild, ["1174"], by_owner=False)
    db.call(tombstones.lift_owners, guild)
    assert not comes_back(db, guild, OF_CONTENT)
