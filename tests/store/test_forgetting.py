"""What is deleted, and what stays, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import embeddings, forgetting, guilds, members, messages, replies
from app.store.database import Database
from app.store.messages import NewMessage
from app.store.reply import outcomes

Write = Callable[..., int]


def test_only_rows_of_the_guild_are_deleted(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("to be")
    other = db.call(guilds.ensure, "The Rose").id
    assert db.call(forgetting.delete, other, [row]).messages == 0
    assert db.call(messages.get, row) is not None
    assert db.call(forgetting.delete, guild, [row]).messages == 1
    assert db.call(messages.get, row) is None


def test_a_thousand_rows_go_with_their_vectors_and_leave_a_trace(
    db: Database, guild: GuildId, write: Write
) -> None:
    first = db.call(messages.get, write("line", external="x"))
    assert first is not None
    batch = [
        NewMessage(first.channel, first.member, f"m{n}", n, f"line {n}")
        for n in range(1_200)
    ]
    rows = [row for row in db.call(messages.add_many, guild, batch).rows if row]
    db.call(embeddings.add_many, guild, "mini", [(row, b"\1") for row in rows])
    removed = db.call(forgetting.delete, guild, rows)
    assert (removed.messages, removed.embeddings) == (1_200, 1_200)
    again = db.call(messages.add_many, guild, batch)
    assert set(again.rows) == {None}, "what was forgotten does not come back"


def test_rows_are_found_by_author_channel_and_guild(
    db: Database, guild: GuildId, write: Write
) -> None:
    iago, cassio = write("a", author="iago", ts=1), write("b", author="cassio", ts=2)
    late = write("c", author="iago", channel="pit", ts=3)
    stage = db.call(guilds.find_channel, guild, "stage")
    assert stage is not None
    thread = db.call(guilds.ensure_channel, guild, "act one", "8", parent=stage.id)
    assert thread.parent_id == stage.id
    inside = write("d", author="cassio", channel="act one", ts=4)
    assert db.call(forgetting.rows_of_author, guild, "iago") == [iago, late]
    assert db.call(forgetting.rows_of_author, guild, "iago", 2) == [late]
    found = db.call(forgetting.rows_of_channel, guild, stage.id)
    assert found == [iago, cassio, inside], "a thread belongs to its channel"
    assert db.call(forgetting.rows_of_guild, guild) == [iago, cassio, late, inside]
    assert db.call(forgetting.rows_of_guild, GuildId(guild + 1)) == []


def test_all_messages_are_read_by_their_rows(
    db: Database, guild: GuildId, write: Write
) -> None:
    first, second, third = write("one"), write("two"), write("three")
    assert db.call(forgetting.texts_after, 0, 2) == [(first, "one"), (second, "two")]
    assert db.call(forgetting.texts_after, second, 2) == [(third, "three")]


def test_people_without_messages_go_and_an_opt_out_stays(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("mine", author="iago")
    db.call(members.ensure, guild, "ghost", "Ghost")
    db.call(members.set_opted_out, guild, "emilia", True)
    db.call(forgetting.delete_people, guild)
    assert db.call(members.find, guild, "ghost") is None
    assert db.call(members.find, guild, "iago") is not None
    assert db.call(members.opted_out, guild) == {"emilia"}


def test_an_opt_out_outlives_the_forgetting_of_its_person(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("mine", author="iago")
    db.call(members.ensure, guild, "cassio", "Cassio")
    db.call(members.set_opted_out, guild, "iago", True)
    db.call(forgetting.delete, guild, [row])
    for author in ("iago", "cassio"):
        db.call(forgetting.delete_author, guild, author)
    assert db.call(members.opted_out, guild) == {"iago"}
    assert db.call(members.find, guild, "cassio") is None


def test_the_server_chosen_for_direct_messages_goes_with_its_person_and_its_guild(
    db: Database, guild: GuildId
) -> None:
    for author in ("iago", "emilia", "cassio"):
        db.call(members.choose_guild, GuildId(guild + (author == "cassio")), author)
    db.call(forgetting.delete_author, guild, "iago")
    chosen = [db.call(members.chosen_guild, one) for one in ("iago", "emilia")]
    assert chosen == [None, guild]
    db.call(forgetting.delete_guild, guild)
    chosen = [db.call(members.chosen_guild, one) for one in ("emilia", "cassio")]
    assert chosen == [None, guild + 1]


def test_an_answer_that_is_being_written_ends_with_the_words_that_its_question_had(
    db: Database, guild: GuildId
) -> None:
    asked = db.call(replies.claim, guild, None, "mention", "asked")
    other = db.call(replies.claim, guild, None, "mention", "other")
    assert asked is not None and other is not None
    edit = forgetting.blank_replies
    db.call(edit, guild, [], ["asked"], are_edited=True)
    assert db.call(replies.finish, asked, {"text": "a secret", "state": "made"}) is None
    told = db.call(replies.get, asked)
    assert told is not None and (told.text, told.state) == ("", "forgotten")
    assert db.call(replies.finish, other, {"text": "hello", "state": "made"}) == []


def test_the_bots_stored_line_goes_with_its_reply(
    db: Database, guild: GuildId, write: Write
) -> None:
    asked = db.call(replies.claim, guild, None, "mention", "asked")
    assert asked is not None
    db.call(replies.finish, asked, {"text": "a secret", "state": "made"})
    db.call(outcomes.note_sent, asked, ["own"])
    write("a secret", author="mynah", external="own")
    write("something else")
    db.call(forgetting.blank_replies, guild, [], ["asked"])
    assert db.call(messages.rows_of, guild, ["own"]) == []
    assert db.call(messages.count, guild) == 1
