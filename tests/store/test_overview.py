"""Sums for the screens, over real rows."""

from collections.abc import Callable
from typing import Any

from app.core.names import GuildId
from app.store import (
    comparisons,
    guilds,
    members,
    overview,
    replies,
)
from app.store.database import Database, bound
from app.store.given import characters, lore
from app.store.rows import StoredCharacter, StoredCharacterHook, StoredLoreEntry
from app.store.tables import ConversationLink, Member, Reply
from tests.store.conftest import on_sqlite

Write = Callable[..., int]


def make_reply(
    db: Database, guild: GuildId, created: int, sources: Any = (), **fields: Any
) -> int:
    """A made reply of that time."""

    def make() -> int:
        row = replies.claim(guild, None, "say")
        assert row is not None
        replies.finish(row, {"state": "made", "provider": "local", **fields}, sources)
        Reply.update(created=created).where(Reply.id == row).execute()
        return row

    return db.call(make)


def test_replies_are_summed_by_time_and_provider(db: Database, guild: GuildId):
    make_reply(db, guild, 105, timings={"total": 100.0}, cost=0.5)
    make_reply(db, guild, 109, timings={"total": 300.0})
    make_reply(db, guild, 112, provider="markov")
    make_reply(db, guild, 113, state="failed")
    make_reply(db, guild, 99)
    assert db.call(overview.replies_over_time, 100, 10) == [
        overview.Bucket(100, "local", 2, 200.0, 0.5),
        overview.Bucket(110, "markov", 1, 0.0, 0.0),
    ]
    assert db.call(overview.replies_over_time, 100, 10, GuildId(guild + 1)) == []


def test_the_channel_written_in_last_comes_first(
    db: Database, guild: GuildId, write: Write
):
    write("a", channel="stage")
    write("b", channel="tavern")
    db.call(guilds.ensure_channel, guild, "empty", "77")
    found = db.call(overview.channels_by_activity, [guild])
    assert [(row.name, row.messages) for row in found] == [
        ("tavern", 1),
        ("stage", 1),
        ("empty", 0),
    ]
    assert found[2].key == "77" and found[0].key == "tavern"


def test_features_are_counted_with_what_they_stored_in_their_guild_alone(
    db: Database, guild: GuildId
):
    other = db.call(guilds.ensure, "The Rose").id
    entry = StoredLoreEntry("Cat", ["cat"], "größer")
    db.call(lore.put, guild, [entry])
    game = [make_reply(db, guild, 1), make_reply(db, guild, 2)]

    def play_and_agree() -> None:
        Reply.update(reason="whosaid").where(Reply.id == game[0]).execute()
        Member.update(allows_voice=True).where(Member.id == member).execute()

    member = db.call(members.ensure, guild, "puck", "Puck").id
    db.call(play_and_agree)
    first, second = game
    db.call(comparisons.add, guild, first, second, 1)
    db.call(comparisons.add, guild, second, first, 1)
    ida = StoredCharacter("Ida", "a sailor", None, [])
    db.call(characters.put, guild, ida, None, b"png")
    for webhook in ("1", "2"):
        db.call(characters.put_hook, guild, StoredCharacterHook("7", webhook, "face"))
    db.call(characters.drop_hook, "2")
    found = db.call(overview.stored_parts, guild)
    size = len("Catgrößer".encode()) + len('["cat"]')
    assert found == {
        "context.lore": (1, size),
        "context.summary": (0, 0),
        "memory.enabled": (0, 0),
        "memory.people": (0, 0),
        "games.whosaid": (1, 0),
        "speak.webhooks": (1, 3),
        "speak.imitate": (1, 0),
    }
    none = db.call(overview.stored_parts, other)
    assert {part.number for part in none.values()} == {0}


def test_the_cost_of_features_is_that_of_replies_they_had_a_part_in(
    db: Database, guild: GuildId
):
    replies = [make_reply(db, guild, number) for number in range(1, 4)]
    told = [
        ({"lore": 10, "people": 4, "conversation": 90}, {"recall": 30.0, "total": 500}),
        ({"lore": 20}, {"total": 400}),
        ({}, {}),
    ]

    def measure() -> None:
        for reply, (filled, timings) in zip(replies, told, strict=True):
            chosen = Reply.update(filled=filled, timings=timings)
            chosen.where(Reply.id == reply).execute()

    db.call(measure)
    assert db.call(overview.feature_costs, guild) == {
        "context.lore": (2, 15, None),
        "memory.enabled": (0, None, 30.0),
        "memory.people": (1, 4, None),
    }
    assert db.call(overview.feature_costs, GuildId(guild + 1)) == {}


def test_only_drafts_wait(db: Database, guild: GuildId):
    make_reply(db, guild, 1)
    draft = make_reply(db, guild, 2, state="draft")
    assert [row.id for row in db.call(overview.drafts)] == [draft]
    assert db.call(overview.drafts, GuildId(guild + 1)) == []


def test_who_opted_out_is_counted(db: Database, guild: GuildId):
    db.call(members.set_opted_out, guild, "hash", True)
    assert db.call(overview.opted_out, guild) == 1
    assert db.call(overview.opted_out, GuildId(guild + 1)) == 0


def test_conversations_are_known_by_message(db: Database, guild: GuildId, write: Write):
    first, second, other = write("a"), write("b"), write("c")

    def link() -> None:
        for message in (first, second):
            ConversationLink.create(message=message, conversation=first, score=1.0)

    db.call(link)
    found = db.call(overview.conversations, [first, second, other])
    assert found == {first: first, second: first}


@on_sqlite
def test_todays_messages_are_counted_without_reading_the_older_ones(
    db: Database, guild: GuildId, write: Write
):
    for ts in (99, 100, 101):
        write("a", channel="stage", ts=ts)
    write("b", channel="tavern", ts=500)
    make_reply(db, guild, 99)
    make_reply(db, guild, 100)
    assert db.call(overview.since, 10_000) == {"messages": 0, "replies": 0}

    def plans() -> list[str]:
        asked: list[str] = []
        connection = bound().connection()
        connection.set_trace_callback(asked.append)
        assert overview.since(100) == {"messages": 3, "replies": 1}
        connection.set_trace_callback(None)
        rows = [connection.execute(f"EXPLAIN QUERY PLAN {sql}") for sql in asked]
        return [row[3] for found in rows for row in found]

    steps = " ".join(db.call(plans))
    assert "message_channel_id_ts (channel_id=? AND ts>?)" in steps
