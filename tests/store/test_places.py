"""Places on Discord and their rows."""

from app.store import (
    forgetting,
    guilds,
    members,
    messages,
    migrations,
    places,
    replies,
)
from app.store.database import Database, bound
from app.store.messages import NewMessage
from app.store.places import Place
from tests.store.conftest import on_sqlite, opened


def place(channel: str = "9", name: str = "stage", root: str = "9") -> Place:
    root_name = name if root == channel else "stage"
    return Place("1", "Elsinore", channel, name, root, root_name)


def test_a_place_that_is_new_gets_its_rows_and_keeps_them(db: Database) -> None:
    made = db.call(places.rows_of, place())
    assert db.call(places.rows_of, place()) == made
    assert made.channel == made.root and not made.is_learning
    found = db.call(guilds.get, made.guild)
    assert found is not None and (found.name, found.discord_id) == ("Elsinore", "1")


def test_a_renamed_channel_is_renamed_here(db: Database) -> None:
    before = db.call(places.rows_of, place())
    assert db.call(places.rows_of, place(name="ramparts")) == before
    found = db.call(guilds.get_channel, before.channel)
    assert found is not None and found.name == "ramparts"


def test_a_thread_has_a_row_under_its_channels_and_is_heard_with_it(
    db: Database,
) -> None:
    stage = db.call(places.rows_of, place())
    thread = place("99", "a play", root="9")
    assert not db.call(places.is_learning, thread)
    db.call(guilds.set_learning, stage.channel, True)
    assert db.call(places.is_learning, thread)
    rows = db.call(places.rows_of, thread)
    assert rows == places.PlaceRows(
        stage.guild, rows.channel, stage.channel, stage.channel, True
    )
    found = db.call(guilds.get_channel, rows.channel)
    assert found is not None and found.parent_id == stage.channel


def test_asking_whether_a_place_is_heard_makes_no_rows(db: Database) -> None:
    assert not db.call(places.is_learning, place())
    assert db.call(guilds.every) == []


def test_a_channel_that_the_owner_forgot_gets_a_new_row(db: Database) -> None:
    before = db.call(places.rows_of, place())
    db.call(forgetting.delete_channel, before.guild, before.channel)
    after = db.call(places.rows_of, place())
    assert db.call(guilds.get_channel, after.channel) is not None


def test_what_speaks_against_an_answer_is_found_in_one_go(db: Database) -> None:
    found = db.call(places.standing, place(), "hash", "55")
    assert (found.has_opted_out, found.is_answered) == (False, False)
    db.call(members.set_opted_out, found.rows.guild, "hash", True)
    assert db.call(places.claim, place(), "mention", "55") is not None
    found = db.call(places.standing, place(), "hash", "55")
    assert (found.has_opted_out, found.is_answered) == (True, True)


def test_a_claim_knows_its_place_and_is_given_once(db: Database) -> None:
    thread = place("99", "a play", root="9")
    claim = db.call(places.claim, thread, "mention", "55")
    assert claim is not None
    rows = db.call(places.rows_of, thread)
    assert claim[1:4] == (rows.guild, rows.channel, rows.root)
    assert db.call(places.claim, thread, "mention", "55") is None

    def read() -> places.Claim | None:
        row = replies.get(claim.reply)
        return None if row is None else places.claim_of(row)

    assert db.call(read) == claim


@on_sqlite
def test_an_older_home_was_listening_since_its_oldest_message(
    db: Database,
) -> None:
    def migrate() -> None:
        for name in ("learning_since", "is_private", "is_age_restricted"):
            bound().execute_sql(f"ALTER TABLE channel DROP COLUMN {name}")
        migrations._readers_of_channels(opened())

    heard, silent = place(), place("8", "cellar", "8")
    for one in (heard, silent):
        db.call(guilds.set_learning, db.call(places.rows_of, one).channel, True)
    rows = db.call(places.rows_of, heard)
    ann = db.call(members.ensure, rows.guild, "ann", "Ann").id
    db.call(messages.add, rows.guild, NewMessage(rows.channel, ann, "1", 5000, "hi"))
    db.call(migrate)
    assert db.call(places.is_learning, heard, 5000)
    assert not db.call(places.is_learning, heard, 4999)
    assert not db.call(places.is_learning, silent, 5000)
    assert db.call(places.is_learning, silent)
