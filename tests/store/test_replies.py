"""Replies keep nothing of what was forgotten, also while they are written."""

from collections.abc import Callable, Sequence

import pytest

from app.core.explanation import RungOutcome
from app.core.names import GuildId
from app.store import (
    conversations,
    feedback,
    forgetting,
    guilds,
    members,
    messages,
    replies,
    reply_links,
    tombstones,
)
from app.store.database import Database, bound
from app.store.reply import outcomes, reply_sources
from app.store.reply.reply_sources import SourceMessage
from app.store.reply_links import NewLink
from app.store.tables import Feedback
from tests.store.conftest import on_sqlite

Write = Callable[..., int]


def begin(db: Database, guild: GuildId, trigger: str | None = None) -> int:
    channel = db.call(guilds.ensure_channel, guild, "stage", "5").id
    reply = db.call(replies.claim, guild, channel, "mention", trigger)
    assert reply is not None
    return reply


def finish(
    db: Database, reply: int, *turns: int, sources: tuple[int, ...] = ()
) -> bool:
    fields = {
        "state": "made",
        "text": "zebra",
        "turns": [["puck", "zebra", row] for row in turns],
        "recalled": [],
    }
    named = [SourceMessage(source, 1) for source in sources]
    return db.call(replies.finish, reply, fields, named) is not None


def assert_blank(db: Database, reply: int, state: str = "forgotten") -> None:
    row = db.call(replies.get, reply)
    assert row is not None
    assert (row.state, row.text, row.turns, row.recalled) == (state, "", [], [])
    assert db.call(reply_sources.sources_of, reply) == []


def forget(db: Database, guild: GuildId, *rows: int) -> forgetting.Blanked:
    blanked = db.call(forgetting.blank_replies, guild, rows)
    db.call(forgetting.delete, guild, rows)
    return blanked


def test_a_reply_that_is_not_sent_keeps_no_words_not_even_in_its_notes(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, reply = write("zebra"), begin(db, guild)
    fields: dict[str, object] = {"text": "a zebra", "state": "made"}
    fields |= {"turns": [["ann", "zebra", row]]}
    fields |= {"notes": ["sent as an example: zebra"], "shares": [50, 50]}
    fields |= {"recalled": [row], "summary_of": row}
    db.call(reply_links.put_many, [NewLink(row, None, row, 1.0)])
    assert db.call(conversations.summarise, row, "of a zebra", [row], 0)
    assert db.call(replies.finish, reply, fields, [SourceMessage(row)]) is not None
    db.call(outcomes.take_words, reply)
    assert_blank(db, reply, "claimed")
    kept = db.call(replies.get, reply)
    assert kept is not None and (kept.notes, kept.shares, kept.rungs) == ([], [], [])
    assert kept.summary_of is None


def test_a_reply_whose_turn_was_deleted_meanwhile_is_stored_without_words(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, reply = write("zebra"), begin(db, guild)
    db.call(forgetting.delete, guild, [row])
    assert not finish(db, reply, row)
    assert_blank(db, reply, "claimed")


def test_a_reply_whose_source_was_deleted_meanwhile_is_stored_without_words(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, kept, reply = write("zebra"), write("alas"), begin(db, guild)
    forget(db, guild, row)
    assert not finish(db, reply, kept, sources=(row,))
    assert_blank(db, reply, "claimed")


def test_a_reply_whose_trigger_was_deleted_meanwhile_is_stored_without_words(
    db: Database, guild: GuildId
) -> None:
    reply = begin(db, guild, trigger="77")
    db.call(tombstones.bury, guild, ["77"], by_owner=False)
    assert not finish(db, reply)
    assert_blank(db, reply)


def test_a_reply_keeps_no_words_of_an_author_who_opted_out_meanwhile(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, reply = write("zebra"), begin(db, guild)
    db.call(members.set_opted_out, guild, "puck", True)
    assert not finish(db, reply, row)
    assert_blank(db, reply, "claimed")


def test_an_answer_goes_with_each_message_that_it_quotes_or_that_its_lines_drew_on(
    db: Database, guild: GuildId, write: Write
) -> None:
    quoted, drawn, line = write("zebra"), write("horse"), begin(db, guild)
    assert finish(db, line, sources=(drawn,))
    stage = db.call(guilds.ensure_channel, guild, "stage", "5").id
    for row, message in ((quoted, "81"), (drawn, "82")):
        shown = (message, [quoted] if row == quoted else [], [line])
        assert db.call(outcomes.note_shown, guild, stage, *shown)
        assert ("5", message) in forget(db, guild, row).sent
        assert not db.call(outcomes.note_shown, guild, stage, "83", [row])
    assert not db.call(outcomes.note_shown, guild, stage, "84", [], [line])


def test_a_reply_keeps_no_words_of_a_message_that_was_edited_meanwhile(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, reply = write("zebra"), begin(db, guild)
    db.call(forgetting.blank_replies, guild, [row])
    db.call(messages.edit, row, "no secret")
    assert not finish(db, reply, row)
    assert_blank(db, reply, "claimed")


def test_a_reply_is_kept_when_what_was_forgotten_is_not_in_it(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, other, reply = write("zebra"), write("alas"), begin(db, guild, "77")
    forget(db, guild, other)
    assert finish(db, reply, row, sources=(row,))
    found = db.call(replies.get, reply)
    assert found is not None and (found.state, found.text) == ("made", "zebra")


def test_a_forgotten_reply_stays_so_when_it_is_noted_as_sent(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, reply = write("zebra"), begin(db, guild)
    assert finish(db, reply, row)
    forget(db, guild, row)
    db.call(outcomes.set_state, reply, "sent", ["900"])
    assert_blank(db, reply)


def test_the_bots_own_line_goes_with_what_it_drew_on_and_so_does_what_repeats_it(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, first, second = write("zebra"), begin(db, guild), begin(db, guild)
    assert finish(db, first, sources=(row,))
    db.call(outcomes.set_state, first, "sent", ["900"])
    own = write("zebra!", author="the bot", external="900")
    assert finish(db, second, own)
    blanked = forget(db, guild, row)
    assert (blanked.replies, blanked.own) == (2, (own,))
    assert blanked.sent == (("5", "900"),)
    assert_blank(db, first)
    assert_blank(db, second)
    assert db.call(messages.find, guild, "900") is None


def test_the_bots_own_line_is_not_stored_after_what_it_drew_on_was_forgotten(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, reply = write("zebra"), begin(db, guild)
    assert finish(db, reply, row)
    db.call(outcomes.set_state, reply, "sent", ["900"])
    forget(db, guild, row)
    place = db.call(guilds.ensure_channel, guild, "stage").id
    member = db.call(members.ensure, guild, "the bot", "Mynah", is_bot=True).id
    line = messages.NewMessage(place, member, "900", 5, "zebra!")
    assert db.call(messages.add, guild, line) is None


@pytest.fixture
def talk(db: Database, write: Write) -> list[int]:
    """The messages of a talk that has a summary; its row is that of the first."""
    rows = [write("the zebra sleeps"), write("let it")]
    db.call(reply_links.put_many, [NewLink(row, None, rows[0], 1.0) for row in rows])
    assert db.call(conversations.summarise, rows[0], "a zebra sleeps", rows, 0)
    return rows


def knowing(talk: int | None) -> dict[str, object]:
    return {"text": "a zebra", "state": "made", "summary_of": talk}


def test_a_reply_that_knew_a_summary_goes_with_each_message_of_that_talk(
    db: Database, guild: GuildId, write: Write, talk: list[int]
) -> None:
    elsewhere = write("of something else")
    reply, other = begin(db, guild, "1"), begin(db, guild, "2")
    assert db.call(replies.finish, reply, knowing(talk[0])) is not None
    assert db.call(replies.finish, other, knowing(None)) is not None
    assert forget(db, guild, elsewhere).replies == 0
    assert forget(db, guild, talk[1]).replies == 1
    assert_blank(db, reply, "claimed")
    assert db.call(replies.has_words, other)


def test_a_reply_whose_summary_lost_a_message_meanwhile_is_stored_without_words(
    db: Database, guild: GuildId, talk: list[int]
) -> None:
    reply, draft = begin(db, guild, "1"), {"reason": "say"}
    forget(db, guild, talk[1])
    assert db.call(replies.finish, reply, knowing(talk[0])) is None
    assert_blank(db, reply, "claimed")
    assert db.call(replies.add, guild, draft | knowing(talk[0])) is None


def test_a_reply_that_overheard_what_was_forgotten_meanwhile_is_stored_without_words(
    db: Database, guild: GuildId, write: Write
) -> None:
    kept, gone = write("kept"), write("gone")
    reply, said = (
        begin(db, guild, "1"),
        {"reason": "say", "state": "made", "mode": "llm"},
    )
    forget(db, guild, gone)
    heard = [kept, gone]
    assert db.call(replies.finish, reply, {"text": "so"}, overheard=heard) is None
    assert_blank(db, reply, "claimed")
    assert db.call(replies.add, guild, said, overheard=heard) is None
    assert db.call(replies.add, guild, said, overheard=[kept]) is not None


def test_a_reply_whose_summary_knew_other_words_is_stored_without_its_own(
    db: Database, guild: GuildId, talk: list[int]
) -> None:
    reply = begin(db, guild, "1")
    db.call(messages.edit, talk[1], "let the lion sleep")
    db.call(conversations.drop_summaries, [talk[0]])
    assert db.call(replies.finish, reply, knowing(talk[0])) is None
    assert_blank(db, reply, "claimed")


def test_a_reply_that_recalled_a_message_goes_with_it(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, elsewhere, reply = write("zebra"), write("lion"), begin(db, guild, "1")
    fields = {"text": "a zebra", "state": "made", "recalled": [row]}
    assert db.call(replies.finish, reply, fields) is not None
    assert forget(db, guild, elsewhere).replies == 0
    assert forget(db, guild, row).replies == 1
    assert_blank(db, reply, "claimed")


def test_the_words_before_a_correction_go_with_the_reply(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, reply = write("zebra"), begin(db, guild)
    assert finish(db, reply, row)
    db.call(feedback.rate, reply, "ann", 1, "edited", was="a zebra")
    forget(db, guild, row)
    kept = db.call(lambda: [one.was for one in Feedback.select()])
    assert kept == [""], "the opinion stays, its words do not"


def test_one_trigger_has_one_reply(db: Database, guild: GuildId) -> None:
    assert db.call(replies.claim, guild, None, "mention", "55") is not None
    assert db.call(replies.claim, guild, None, "mention", "55") is None
    assert db.call(replies.claim, guild, None, "say") is not None
    assert db.call(replies.claim, guild, None, "say") is not None


def test_a_reply_explains_itself(db: Database, guild: GuildId, write: Write) -> None:
    message = write("brevity is the soul of wit")
    reply = db.call(replies.claim, guild, None, "mention", "55")
    assert reply is not None
    rungs = [{"provider": "markov", "outcome": "wrote", "reason": ""}]
    fields = {"text": "wit is the soul", "state": "made", "rungs": rungs}
    source = SourceMessage(message, 4, "is the soul of")
    db.call(replies.finish, reply, fields, [source])
    db.call(outcomes.set_state, reply, "sent", ["777"])
    found = db.call(replies.find_sent, "777")
    assert found is not None and found.rungs == [RungOutcome("markov", "wrote", "")]
    assert db.call(replies.find_sent, "77") is None
    (stored,) = db.call(reply_sources.sources_of, reply)
    assert (stored.message, stored.words) == (message, 4)


@on_sqlite
def test_a_reply_is_found_by_its_message_without_reading_all_replies(
    db: Database, guild: GuildId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plans() -> list[str]:
        asked, plain = list[str](), bound().execute_sql

        def note(sql: str, params: Sequence[object] = ()) -> object:
            rows = plain(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()
            asked.extend(str(row[3]) for row in rows)
            return plain(sql, params)

        monkeypatch.setattr(bound(), "execute_sql", note)
        assert replies.find_sent("777") is not None
        assert replies.versions(reply) == [reply]
        return asked

    reply = db.call(replies.claim, guild, None, "mention", "55") or 0
    db.call(outcomes.set_state, reply, "sent", ["777"])
    assert [plan for plan in db.call(plans) if "SCAN" in plan] == []
