"""The changes that a voice has still to take over."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import guilds, messages, voice_changes
from app.store.database import Database, tuples
from app.store.tables import Message

Write = Callable[..., int]


def test_an_edit_is_noted_for_the_voice(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("to be")
    db.call(messages.edit, row, "to be or not to be")
    assert db.call(voice_changes.changes, guild) == [row]
    change = db.call(voice_changes.newest_change, guild)
    db.call(messages.edit, row, "to be")
    db.call(voice_changes.settle, guild, change)
    assert db.call(voice_changes.changes, guild) == [row], "a later edit stays noted"


def test_an_edit_that_changes_nothing_is_not_noted(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("to be")
    db.call(messages.edit, row, "to be")
    assert db.call(voice_changes.changes, guild) == []


def test_a_voice_is_of_one_guild_without_what_was_dropped_or_rolled_back(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [write(text) for text in ("one", "two", "three")]
    write("!play", dropped="command")
    chosen = lambda gaps: [  # noqa: E731
        row for (row,) in tuples(Message.select(Message.id).where(gaps))
    ]
    assert db.call(lambda: chosen(voice_changes.belongs(guild))) == rows
    outside = [(rows[0], rows[1])]
    found = db.call(lambda: chosen(voice_changes.belongs(guild, outside)))
    assert found == [rows[0], rows[2]]
    assert db.call(lambda: chosen(voice_changes.belongs(GuildId(guild + 1)))) == []


def test_what_was_said_in_a_channel_lately_is_what_the_voice_has_of_it(
    db: Database, guild: GuildId, write: Write
) -> None:
    channel = db.call(guilds.ensure_channel, guild, "stage").id
    rows = [write(text) for text in ("one", "two", "three", "four")]
    write("!play", dropped="command")
    write("five", channel="elsewhere")
    lately = db.call(voice_changes.recent, guild, channel, 2)
    assert list(lately.items()) == [(rows[2], "three"), (rows[3], "four")]
    lately = db.call(voice_changes.recent, guild, channel, 9)
    assert [*lately] == rows
    assert db.call(voice_changes.recent, GuildId(guild + 1), channel, 9) == {}


def test_rows_of_earlier_times_are_runs_in_the_order_of_learning(
    db: Database, guild: GuildId, write: Write
):
    times = [10, 20, 90, 95, 15, 100, 30]
    rows = [write("a", external=f"t{ts}", ts=ts) for ts in times]
    spans = ((rows[0], rows[1]), (rows[4], rows[4]), (rows[6], rows[6]))
    assert db.call(voice_changes.spans_before, guild, 50) == spans
    assert db.call(voice_changes.spans_before, guild, 1000) == ((rows[0], rows[-1]),)
    assert db.call(voice_changes.spans_before, guild, 10) == ()
    assert db.call(voice_changes.spans_before, GuildId(guild + 1), 1000) == ()
