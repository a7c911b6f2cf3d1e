"""Servers and their channels, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import guilds
from app.store.database import Database
from app.store.tables import Channel

Write = Callable[..., int]


def test_a_guild_from_files_is_taken_over_by_the_discord_guild(db: Database) -> None:
    learned = db.call(guilds.ensure, "Elsinore")
    joined = db.call(guilds.ensure, "Elsinore", "123")
    assert joined.id == learned.id
    renamed = db.call(guilds.ensure, "Helsingør", "123")
    assert renamed.id == learned.id
    found = db.call(guilds.find, "HELSINGør") or db.call(guilds.find, "123")
    assert found is not None and found.name == "Helsingør"


def test_the_sample_guild_is_never_taken_over(db: Database) -> None:
    sample = db.call(guilds.ensure, "The Globe", is_demo=True)
    assert db.call(guilds.ensure, "The Globe", "123").id != sample.id


def test_a_channel_keeps_its_row_when_it_is_renamed(
    db: Database, guild: GuildId
) -> None:
    first = db.call(guilds.ensure_channel, guild, "stage", "7")
    assert db.call(guilds.ensure_channel, guild, "big-stage", "7").id == first.id
    found = db.call(guilds.find_channel, guild, "#big-stage")
    assert found is not None and found.id == first.id


def test_a_thread_stays_under_its_channel(db: Database, guild: GuildId) -> None:
    above = db.call(guilds.ensure_channel, guild, "stage", "7").id
    thread = db.call(guilds.ensure_channel, guild, "act one", "8", parent=above)
    again = db.call(guilds.ensure_channel, guild, "act two", "8")
    assert (again.id, again.parent_id, again.name) == (thread.id, above, "act two")


def test_channels_of_one_name_in_two_guilds_do_not_mix(
    db: Database, guild: GuildId
) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    here = db.call(guilds.ensure_channel, guild, "stage").id
    there = db.call(guilds.ensure_channel, other, "stage").id
    assert here != there
    found = db.call(guilds.find_channel, other, "#stage")
    assert found is not None and found.id == there
    assert [one.id for one in db.call(guilds.channels, guild)] == [here]


def since(db: Database, channel: int) -> int | None:
    row = db.call(lambda: Channel.get_by_id(channel))
    assert row.is_learning
    return row.learning_since


def test_learning_counts_from_when_it_was_switched_on(
    db: Database, guild: GuildId
) -> None:
    channel = db.call(guilds.ensure_channel, guild, "stage").id
    db.call(guilds.set_learning, channel, True)
    first = since(db, channel)
    db.call(guilds.set_learning, channel, True)
    second = since(db, channel)
    assert first is not None and second == first
