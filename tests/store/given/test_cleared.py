"""Everything that a feature stored goes, and nothing of other guilds and features."""

from collections.abc import Callable

from app.chat.fact_reader import facts_in
from app.core.names import GuildId
from app.store import comparisons, conversations, guilds, members, replies, snapshots
from app.store.database import Database
from app.store.given import cleared, facts, lore
from app.store.rows import StoredLoreEntry
from app.store.tables import Conversation, Message, Reply
from tests.store.test_overview import make_reply

Write = Callable[..., int]
CAT = StoredLoreEntry("Cat", ["cat"], "The cat is grey.")


def test_a_lorebook_leaves_snapshots_and_notes_and_that_of_others_stays(
    db: Database, guild: GuildId
) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    for one in (guild, other):
        db.call(lore.put, one, [CAT])
        db.call(snapshots.take, one, "before", 1, 0)
    note, kept = "the lorebook told it: Cat", "it spoke as Ida"
    reply = make_reply(db, guild, 1, notes=[note, kept])
    theirs = make_reply(db, other, 1, notes=[note])
    assert db.call(cleared.lorebook, guild) == 1
    assert db.call(lore.entries, guild) == []
    for one, count in ((guild, 0), (other, 1)):
        (taken,) = db.call(snapshots.every, one)
        assert len(taken.lore) == count
    found = [db.call(replies.get, row) for row in (reply, theirs)]
    assert [one.notes for one in found if one] == [[kept], [note]]


def test_facts_go_and_are_not_read_again(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("I live in Athens")
    write("I love mushrooms", author="bottom")
    while db.call(facts.read_on, guild, facts_in, 9):
        pass
    assert db.call(cleared.facts, guild) == 2
    assert db.call(facts.read_on, guild, facts_in, 9) == 0
    assert db.call(facts.count, guild) == (0, 0)


def test_summaries_go_and_their_talks_stay(
    db: Database, guild: GuildId, write: Write
) -> None:
    first = write("a")

    def talk() -> None:
        channel = Message.get_by_id(first).channel_id
        Conversation.insert(
            id=first, guild=guild, channel=channel, started=1, last_turn=first,
            last_ms=1, summary="They met.", summarised=first,
        ).execute()  # fmt: skip

    db.call(talk)
    assert db.call(cleared.summaries, guild) == 1
    talked = db.call(conversations.get, first)
    assert talked is not None and (talked.summary, talked.summarised) == ("", 0)


def test_guesses_go_with_their_lines_and_the_owners_choices_stay(
    db: Database, guild: GuildId
) -> None:
    game = [make_reply(db, guild, n, text="a line") for n in (1, 2)]
    own = [make_reply(db, guild, n, text="a line") for n in (3, 4)]

    def play() -> None:
        Reply.update(reason="whosaid").where(Reply.id.in_(game)).execute()

    db.call(play)
    for (first, second), won in ((game, 1), (own, 2)):
        db.call(comparisons.add, guild, first, second, won)
    assert db.call(cleared.guesses, guild) == 1
    assert len(db.call(comparisons.of, guild)) == 1
    assert [db.call(replies.has_words, row) for row in (*game, *own)] == [
        False,
        False,
        True,
        True,
    ]


def test_consents_are_taken_back_as_by_each_member(
    db: Database, guild: GuildId
) -> None:
    db.call(members.ensure, guild, "puck", "Puck")
    db.call(members.set_allows_voice, guild, "puck", True)
    assert db.call(cleared.consents, guild) == 1
    assert db.call(members.imitable, guild) == []
    assert db.call(cleared.consents, guild) == 0
