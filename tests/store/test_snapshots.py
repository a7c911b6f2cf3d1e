"""Snapshots and rolling back, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import forgetting, guilds, settings, snapshots, voice_changes
from app.store.database import Database

Write = Callable[..., int]


def test_what_was_learned_since_is_outside_until_it_is_brought_back(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("calm")
    before = db.call(snapshots.take, guild, "calm", 1, 1)
    raid = write("blorp")
    after = db.call(snapshots.take, guild, "raid", 2, 2)
    db.call(snapshots.roll_back, before, (), [])
    assert db.call(voice_changes.gaps, guild) == [(before.last, raid)]
    assert db.call(snapshots.count, guild) == 1
    assert voice_changes.ALL in db.call(voice_changes.changes, guild)
    later = write("calm again")
    assert db.call(snapshots.count, guild) == 2, "new words are learned"
    db.call(snapshots.roll_back, after, (), [])
    assert db.call(voice_changes.gaps, guild) == [(after.last, later)]
    assert db.call(snapshots.count, guild) == 2


def test_a_name_is_used_once_in_a_guild(db: Database, guild: GuildId) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    for created, place in ((1, guild), (2, other), (3, guild)):
        db.call(snapshots.take, place, "spring", created, 0)
    assert [one.created for one in db.call(snapshots.every, guild)] == [3]
    assert db.call(snapshots.remove, other, "spring")
    assert not db.call(snapshots.remove, other, "spring")
    assert db.call(snapshots.get, guild, "spring") is not None


def test_rolling_back_drops_later_settings_but_not_those_kept(
    db: Database, guild: GuildId
) -> None:
    stage = db.call(guilds.ensure_channel, guild, "stage").id
    db.call(settings.put, guild, "reply.dial", 30)
    taken = db.call(snapshots.take, guild, "spring", 1, 0)
    db.call(settings.put, guild, "reply.dial", 90)
    db.call(settings.put, guild, "reply.persona", "a clown", stage)
    db.call(settings.put, guild, "reply.local_only", True)
    put = [(channel, name, value) for channel, name, value in taken.settings]
    put += [(stage + 1, "reply.dial", 5), (0, "reply.local_only", False)]
    db.call(snapshots.roll_back, taken, ("reply.local_only",), put)
    assert db.call(settings.of, guild) == {"reply.dial": 30, "reply.local_only": True}
    assert db.call(settings.of, guild, stage) == {}
    assert db.call(settings.of, guild, stage + 1) == {}, "there is no such channel"


def test_the_snapshots_of_a_guild_go_when_nothing_is_left_for_them(
    db: Database, guild: GuildId
) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    for one in (guild, other):
        db.call(snapshots.take, one, "spring", 1, 5)
    db.call(forgetting.delete_snapshots, guild)
    assert db.call(snapshots.every, guild) == []
    assert [one.name for one in db.call(snapshots.every, other)] == ["spring"]
