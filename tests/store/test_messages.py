"""Messages, on a real database."""

from collections.abc import Callable
from functools import partial

import pytest

from app.core.names import GuildId
from app.store import guilds, messages, voice_changes
from app.store.database import Database, bound
from app.store.messages import Moment, NewAttachment, NewMessage
from app.store.rows import StoredMessage
from app.store.tables import Message
from tests.store.conftest import on_sqlite

Write = Callable[..., int]


def test_a_message_is_stored_once(db: Database, guild: GuildId, write: Write) -> None:
    row = write("If we shadows have offended", external="1")
    stored = db.call(messages.get, row)
    assert stored is not None
    again = NewMessage(stored.channel, stored.member, "1", 5, "other")
    assert db.call(messages.add, guild, again) is None
    assert db.call(messages.count, guild) == 1


def test_adding_many_tells_which_were_new(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("old", external="1")
    stored = db.call(messages.find, guild, "1")
    assert stored is not None
    batch = [
        NewMessage(stored.channel, stored.member, external, 0, external)
        for external in ("0", "1", "2", "2")
    ]
    rows, _ = db.call(messages.add_many, guild, batch)
    assert [row is not None for row in rows] == [True, False, True, False]
    texts = [m.text for m in db.call(messages.by_rows, [r for r in rows if r])]
    assert texts == ["0", "2"]


def test_row_numbers_are_never_given_out_twice(db: Database, write: Write) -> None:
    first = write("one")
    db.call(lambda: Message.delete().execute())
    assert write("two") > first


def test_a_thousand_rows_are_found_in_the_order_asked_for(
    db: Database, write: Write
) -> None:
    row = write("template")
    stored = db.call(messages.get, row)
    assert stored is not None
    batch = [
        NewMessage(stored.channel, stored.member, f"x{i}", i, str(i))
        for i in range(1200)
    ]
    rows = [r for r in db.call(messages.add_many, stored.guild, batch).rows if r]
    found = db.call(messages.by_rows, rows[::-1])
    assert [m.text for m in found] == [str(i) for i in range(1199, -1, -1)]


def test_texts_that_json_cannot_carry_are_stored_in_bulk_as_well(
    db: Database, guild: GuildId, write: Write
) -> None:
    stored = db.call(messages.get, write("template"))
    assert stored is not None
    texts = [f'{n} \U0001f600 "q" \\ \n é' for n in range(100)]
    for ending in ("", "\0"):
        batch = [
            NewMessage(stored.channel, stored.member, f"{text}{ending}", 2**53, text)
            for text in texts
        ]
        rows, _ = db.call(messages.add_many, guild, batch)
        found = db.call(messages.by_rows, [row for row in rows if row])
        assert [m.text for m in found] == texts
        assert {m.ts for m in found} == {2**53}
        assert db.call(messages.add_many, guild, batch).rows == [None] * 100


def test_the_latest_messages_of_a_channel_come_oldest_first(
    db: Database, write: Write
) -> None:
    for number in range(5):
        write(f"line {number}", ts=100 + number)
    write("elsewhere", channel="pit", ts=200)
    channel = db.call(guilds.find_channel, GuildId(1), "stage")
    assert channel is not None
    found = db.call(messages.latest, channel.id, 3)
    assert [m.text for m in found] == ["line 2", "line 3", "line 4"]
    assert found[0].name == "Puck"
    earlier = db.call(messages.latest, channel.id, 3, before=102)
    assert [m.text for m in earlier] == ["line 0", "line 1"]


def test_pages_of_a_channel_follow_the_time_whatever_was_stored_last(
    db: Database, guild: GuildId, write: Write
) -> None:
    for number in (5, 6, 7, 1, 2, 2, 3):
        write(f"line {number}", ts=number)
    channel = db.call(guilds.find_channel, GuildId(1), "stage")
    assert channel is not None

    def times(page: list[StoredMessage]) -> list[int]:
        return [one.ts for one in page]

    def page(before: Moment | None = None) -> list[StoredMessage]:
        here = channel.id
        return messages.page(guild, channel=here, before=before, limit=3)

    def look() -> None:
        assert times(page()) == [7, 6, 5]
        second = page((5, page()[-1].id))
        assert times(second) == [3, 2, 2]
        assert times(page((2, second[1].id))) == [2, 1]
        onward = partial(messages.page_of_channel, channel.id)
        assert times(onward()) == [1, 2, 2, 3, 5, 6, 7]
        assert times(onward((2, second[-1].id), 3)) == [2, 3, 5]

    db.call(look)


@pytest.mark.parametrize("words", ["ПРИВЕТ", "привет", "äpfel", "ÄPFEL", "shadows"])
def test_words_are_found_in_any_case_of_any_alphabet(
    words: str, db: Database, guild: GuildId, write: Write
) -> None:
    write("Привет, Äpfel und SHADOWS")
    write("anything else")
    assert len(db.call(messages.page, guild, containing=words)) == 1


@on_sqlite
@pytest.mark.parametrize("is_forth", [False, True])
def test_a_page_of_a_long_channel_reads_no_other_message(
    is_forth: bool, db: Database, guild: GuildId, write: Write
) -> None:
    row = write("template")
    stored = db.call(messages.get, row)
    assert stored is not None

    def plan() -> str:
        asked: list[str] = []
        connection = bound().connection()
        connection.set_trace_callback(asked.append)
        if is_forth:
            messages.page_of_channel(stored.channel, (0, 0))
        else:
            messages.page(guild, channel=stored.channel, before=(9, 9))
        connection.set_trace_callback(None)
        steps = connection.execute(f"EXPLAIN QUERY PLAN {asked[-1]}").fetchall()
        return "\n".join(step[3] for step in steps)

    found = db.call(plan)
    assert "(channel_id=? AND (ts,id)" in found or "(channel_id=? AND ts" in found
    assert "TEMP B-TREE" not in found


def test_only_what_was_not_dropped_is_learnable(
    db: Database, guild: GuildId, write: Write
) -> None:
    kept = write("a fair lady")
    write("!roll 20", dropped="command")
    ((row, text, channel),) = db.call(voice_changes.learnable_page, guild)
    assert (row, text) == (kept, "a fair lady")
    found = db.call(messages.get, kept)
    assert found is not None
    assert channel == found.channel
    assert db.call(guilds.counts, guild).dropped == {"command": 1}


def test_attachments_belong_to_their_message(
    db: Database, guild: GuildId, write: Write
) -> None:
    stored = db.call(messages.get, write("look"))
    assert stored is not None
    new = NewMessage(stored.channel, stored.member, "9", 0, "a skull")
    files = [NewAttachment("1", "yorick.png", "https://cdn.example/1")]
    row = db.call(messages.add, guild, new, files)
    assert row is not None
    (file,) = db.call(messages.attachments_of, [row])
    assert file.name == "yorick.png"


def test_a_message_is_heard_in_its_own_guild_and_channel_alone(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("to be", external="77")
    stage = db.call(guilds.find_channel, guild, "stage")
    pit = db.call(guilds.ensure_channel, guild, "pit")
    assert stage is not None

    def is_heard() -> bool:
        return bool(db.call(lambda: Message.get_by_id(row).is_heard))

    db.call(messages.note_heard, GuildId(guild + 1), "77", stage.id)
    db.call(messages.note_heard, guild, "77", pit.id)
    assert not is_heard()
    db.call(messages.note_heard, guild, "77", stage.id)
    assert is_heard()
