"""Settings of servers, channels and threads, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import forgetting, guilds, settings
from app.store.database import Database

Write = Callable[..., int]


def test_settings_of_a_channel_lie_over_the_guilds(
    db: Database, guild: GuildId
) -> None:
    db.call(settings.put, guild, "reply.dial", 30)
    db.call(settings.put, guild, "speak.wake_words", ["yorick"])
    db.call(settings.put, guild, "reply.dial", 80, channel=5)
    assert db.call(settings.effective, guild, 5) == {
        "reply.dial": 80,
        "speak.wake_words": ["yorick"],
    }
    db.call(settings.put, guild, "reply.dial", None, channel=5)
    assert db.call(settings.effective, guild, 5)["reply.dial"] == 30


def test_a_thread_has_its_channels_settings_beneath_its_own(
    db: Database, guild: GuildId
) -> None:
    channel = db.call(guilds.ensure_channel, guild, "stage", "7").id
    thread = db.call(guilds.ensure_channel, guild, "act one", "8", parent=channel).id
    for place, dial in ((0, 10), (channel, 20)):
        db.call(settings.put, guild, "reply.dial", dial, place)
    assert db.call(settings.effective, guild, thread) == {"reply.dial": 20}
    db.call(settings.put, guild, "reply.dial", 30, thread)
    assert db.call(settings.effective, guild, thread) == {"reply.dial": 30}
    assert db.call(settings.effective, guild, channel) == {"reply.dial": 20}
    db.call(settings.put, guild, "reply.dial", None, thread)
    db.call(settings.put, guild, "reply.dial", None, channel)
    assert db.call(settings.effective, guild, thread) == {"reply.dial": 10}


def test_settings_go_with_their_guild_and_are_no_other_guilds(
    db: Database, guild: GuildId
) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    db.call(settings.put, guild, "reply.dial", 30)
    db.call(settings.put, guild, "reply.dial", 80, 5)
    db.call(settings.put, other, "reply.dial", 60)
    db.call(forgetting.delete_guild, guild)
    assert db.call(settings.effective, guild, 5) == {}
    assert db.call(settings.effective, other, 5) == {"reply.dial": 60}


def test_the_values_and_consents_of_many_guilds_are_those_of_each(
    db: Database, guild: GuildId
) -> None:
    other, bare = (db.call(guilds.ensure, name).id for name in ("The Rose", "Bare"))
    db.call(settings.put, guild, "reply.dial", 30)
    db.call(settings.put, guild, "speak.wake_words", ["yorick"])
    db.call(settings.put, guild, "reply.dial", 80, channel=5)
    db.call(settings.put, other, "reply.local_only", True)
    every = [guild, other, bare]
    assert db.call(settings.of_each, every) == {
        row: db.call(settings.of, row) for row in (guild, other)
    }
    db.call(settings.give_consent, other, "replies", "https://a", 1)
    for _ in range(2):
        assert db.call(settings.consents_of_each, every) == {
            row: db.call(settings.consents, row) for row in every
        }
        db.call(settings.give_consent, None, "tuning", "https://b", 2)
