"""Storing what an import reads, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import forgetting, guilds, imports, members, messages
from app.store.database import Database
from app.store.messages import NewAttachment, NewMessage

Write = Callable[..., int]


def batch_of(channel: int, *texts: str, member: int = -1) -> list[NewMessage]:
    return [NewMessage(channel, member, text, 5, text) for text in texts]


def test_new_people_come_with_their_messages(db: Database, guild: GuildId) -> None:
    channel = db.call(guilds.ensure_channel, guild, "stage").id
    people = [("a", "Ann", False), ("b", "Ben", True)]
    lines = [*batch_of(channel, "one"), *batch_of(channel, "two", member=-2)]
    stored = db.call(imports.add_batch, guild, "f", 2, people, lines, [])
    ann, ben = stored.members
    assert ann is not None and ben is not None and None not in stored.rows
    known = db.call(imports.known_members, guild)
    assert known == {"a": ann, "b": ben}
    texts = {
        m.text: m.member
        for m in db.call(messages.by_rows, db.call(forgetting.rows_of_guild, guild))
    }
    assert texts == {"one": ann.row, "two": ben.row}


def test_an_import_goes_on_where_it_stopped_and_starts_over_when_done(
    db: Database, guild: GuildId
) -> None:
    channel = db.call(guilds.ensure_channel, guild, "stage").id
    people = [("a", "Ann", False)]
    db.call(imports.add_batch, guild, "f", 7, people, batch_of(channel, "one"), [])
    assert db.call(imports.position, guild, "f") == 7
    assert db.call(imports.position, guild, "other file") == 0
    assert db.call(imports.position, GuildId(guild + 1), "f") == 0
    db.call(imports.finish, guild, "f")
    assert db.call(imports.position, guild, "f") == 0


def test_somebody_whose_messages_are_all_forgotten_is_not_made_again(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("old", external="gone")
    db.call(forgetting.delete, guild, [row])
    channel = db.call(guilds.ensure_channel, guild, "stage").id
    lines = batch_of(channel, "gone")
    stored = db.call(
        imports.add_batch, guild, "f", 1, [("new", "New", False)], lines, []
    )
    assert (stored.rows, stored.forgotten, stored.members) == ([None], {0}, [None])
    assert db.call(members.find, guild, "new") is None


def test_files_are_kept_of_new_messages_alone(db: Database, guild: GuildId) -> None:
    channel = db.call(guilds.ensure_channel, guild, "stage").id
    file = NewAttachment("1", "skull.png", "https://cdn.example/1")
    people = [("a", "Ann", False)]
    lines = batch_of(channel, "one")
    for _ in range(2):
        stored = db.call(imports.add_batch, guild, "f", 1, people, lines, [(0, file)])
        people = [("a", "Ann", False)]
    assert stored.rows == [None]
    (kept,) = db.call(messages.attachments_of, db.call(forgetting.rows_of_guild, guild))
    assert kept.name == "skull.png"
