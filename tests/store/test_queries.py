"""The query modules, each on a real database."""

from collections.abc import Callable

from app.core.explanation import RungOutcome
from app.core.time_units import DAY_MS
from app.store import (
    embeddings,
    feedback,
    guilds,
    members,
    messages,
    replies,
    reply_links,
    settings,
    usage,
    voice_changes,
)
from app.store.database import Database
from app.store.messages import NewAttachment, NewMessage
from app.store.tables import Message

Write = Callable[..., int]


def test_a_message_is_stored_once(db: Database, guild: int, write: Write) -> None:
    row = write("If we shadows have offended", external="1")
    stored = db.call(messages.get, row)
    assert stored is not None
    again = NewMessage(stored.channel, stored.member, "1", 5, "other")
    assert db.call(messages.add, guild, again) is None
    assert db.call(messages.count, guild) == 1


def test_adding_many_tells_which_were_new(
    db: Database, guild: int, write: Write
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
    db: Database, guild: int, write: Write
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
    channel = db.call(guilds.find_channel, 1, "stage")
    assert channel is not None
    found = db.call(messages.latest, channel.id, 3)
    assert [m.text for m in found] == ["line 2", "line 3", "line 4"]
    assert found[0].name == "Puck"
    earlier = db.call(messages.latest, channel.id, 3, before=102)
    assert [m.text for m in earlier] == ["line 0", "line 1"]


def test_only_what_was_not_dropped_is_learnable(
    db: Database, guild: int, write: Write
) -> None:
    kept = write("a fair lady")
    write("!roll 20", dropped="command")
    ((row, text, channel),) = db.call(lambda: list(messages.learnable(guild)))
    assert (row, text) == (kept, "a fair lady")
    found = db.call(messages.get, kept)
    assert found is not None
    assert channel == found.channel
    assert db.call(guilds.counts, guild).dropped == {"command": 1}


def test_an_edit_is_noted_for_the_voice(db: Database, guild: int, write: Write) -> None:
    row = write("to be")
    db.call(messages.edit, row, "to be or not to be")
    assert db.call(voice_changes.changes, guild) == [row]
    change = db.call(voice_changes.newest_change, guild)
    db.call(messages.edit, row, "to be")
    db.call(voice_changes.settle, guild, change)
    assert db.call(voice_changes.changes, guild) == [row], "a later edit stays noted"


def test_an_edit_that_changes_nothing_is_not_noted(
    db: Database, guild: int, write: Write
) -> None:
    row = write("to be")
    db.call(messages.edit, row, "to be")
    assert db.call(voice_changes.changes, guild) == []


def test_attachments_belong_to_their_message(
    db: Database, guild: int, write: Write
) -> None:
    stored = db.call(messages.get, write("look"))
    assert stored is not None
    new = NewMessage(stored.channel, stored.member, "9", 0, "a skull")
    files = [NewAttachment("1", "yorick.png", "https://cdn.example/1")]
    row = db.call(messages.add, guild, new, files)
    assert row is not None
    (file,) = db.call(messages.attachments_of, [row])
    assert file.name == "yorick.png"


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


def test_a_channel_keeps_its_row_when_it_is_renamed(db: Database, guild: int) -> None:
    first = db.call(guilds.ensure_channel, guild, "stage", "7")
    assert db.call(guilds.ensure_channel, guild, "big-stage", "7").id == first.id
    found = db.call(guilds.find_channel, guild, "#big-stage")
    assert found is not None and found.id == first.id


def test_opting_out_forgets_the_name_and_holds(db: Database, guild: int) -> None:
    db.call(members.ensure, guild, "hash", "Iago")
    db.call(members.set_opted_out, guild, "hash", True)
    member = db.call(members.ensure, guild, "hash", "Iago")
    assert (member.name, member.has_opted_out) == ("", True)
    assert db.call(members.opted_out, guild) == {"hash"}


def test_a_member_can_take_their_messages_along(
    db: Database, guild: int, write: Write
) -> None:
    write("mine", author="iago")
    write("yours", author="cassio")
    (row,) = db.call(members.messages_of, guild, "iago")
    assert (row["text"], row["channel"]) == ("mine", "stage")


def test_one_trigger_has_one_reply(db: Database, guild: int) -> None:
    assert db.call(replies.claim, guild, None, "mention", "55") is not None
    assert db.call(replies.claim, guild, None, "mention", "55") is None
    assert db.call(replies.claim, guild, None, "say") is not None
    assert db.call(replies.claim, guild, None, "say") is not None


def test_a_reply_explains_itself(db: Database, guild: int, write: Write) -> None:
    message = write("brevity is the soul of wit")
    reply = db.call(replies.claim, guild, None, "mention", "55")
    assert reply is not None
    rungs = [{"provider": "markov", "outcome": "wrote", "reason": ""}]
    fields = {"text": "wit is the soul", "state": "made", "rungs": rungs}
    source = replies.SourceMessage(message, 4, "is the soul of")
    db.call(replies.finish, reply, fields, [source])
    db.call(replies.set_state, reply, "sent", ["777"])
    found = db.call(replies.find_sent, "777")
    assert found is not None and found.rungs == [RungOutcome("markov", "wrote", "")]
    assert db.call(replies.find_sent, "77") is None
    (stored,) = db.call(replies.sources_of, reply)
    assert (stored.message, stored.words) == (message, 4)


def test_a_rating_replaces_the_one_before(db: Database, guild: int) -> None:
    reply = db.call(replies.claim, guild, None, "say")
    assert reply is not None
    for value in (1, 1, -1):
        db.call(feedback.rate, reply, "hash", value)
    assert db.call(feedback.rating, reply) == -1
    db.call(feedback.rate, reply, "hash", 0)
    assert db.call(feedback.rating, reply) == 0


def test_settings_of_a_channel_lie_over_the_guilds(db: Database, guild: int) -> None:
    db.call(settings.put, guild, "reply.dial", 30)
    db.call(settings.put, guild, "speak.wake_words", ["yorick"])
    db.call(settings.put, guild, "reply.dial", 80, channel=5)
    assert db.call(settings.effective, guild, 5) == {
        "reply.dial": 80,
        "speak.wake_words": ["yorick"],
    }
    db.call(settings.put, guild, "reply.dial", None, channel=5)
    assert db.call(settings.effective, guild, 5)["reply.dial"] == 30


def test_the_ledger_adds_up_by_day(db: Database, guild: int) -> None:
    day = DAY_MS
    for now, cost in ((day, 0.5), (day + 5, 0.25), (2 * day, 1.0)):
        entry = usage.UsageEntry("openai", "m", guild=guild, cost=cost, host="h")
        db.call(usage.add, entry, now)
    days = db.call(usage.by_day, 0)
    found = [(d.day, d.guild, d.calls, d.cost) for d in days]
    assert found == [
        ("1970-01-03", "The Globe", 1, 1.0),
        ("1970-01-02", "The Globe", 2, 0.75),
    ]
    assert db.call(usage.spent, 2 * day, guild) == 1.0


def test_vectors_follow_their_messages(db: Database, guild: int, write: Write) -> None:
    rows = [write("one"), write("two")]
    write("dropped", dropped="bot")
    assert [row for row, _ in db.call(embeddings.missing, guild, "mini", 9)] == [
        rows[1],
        rows[0],
    ]
    blobs = [(row, b"\x01\x02") for row in (*rows, 999)]
    assert db.call(embeddings.add_many, guild, "mini", blobs) == 2
    assert db.call(embeddings.missing, guild, "mini", 9) == []
    assert len(db.call(embeddings.missing, guild, "other", 9)) == 2
    stored = db.call(lambda: list(embeddings.vectors(guild, "mini")))
    assert stored == blobs[:2]


def test_links_are_replaced_not_doubled(db: Database, write: Write) -> None:
    first, second = write("who's there?"), write("nay, answer me")
    db.call(reply_links.put_many, [reply_links.NewLink(first, None, first, 1.0)])
    link = reply_links.NewLink(second, first, first, 0.5)
    db.call(reply_links.put_many, [link])
    db.call(reply_links.put_many, [link._replace(score=0.9)])
    assert db.call(reply_links.get, second) == link._replace(score=0.9)
    assert db.call(reply_links.conversation, first) == [first, second]
