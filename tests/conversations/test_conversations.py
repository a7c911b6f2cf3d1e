"""Conversations in live channels."""

import numpy as np
import pytest

from app.conversations.boosted_trees import Trees
from app.conversations.conversations import (
    SILENCE_MS,
    LinkedChannel,
    Linking,
    PlacedMessage,
)
from app.conversations.link_features import feature_names
from app.conversations.reply_linker import Constants, Linker
from app.store import conversations, forgetting, guilds, members, messages, reply_links


@pytest.fixture(scope="module")
def linker():
    """Prefers what a named person said last, else the line before."""
    names = feature_names()
    named, before = names.index("to_them_first"), names.index("is_before")
    last = names.index("their_last")
    weights = {named: 4.0, last: 2.0, before: 3.0}
    count = len(weights)
    trees = Trees(
        feature=np.array([[place, 0, 0] for place in weights], np.int32),
        threshold=np.array([[0.5, np.inf, np.inf]] * count, np.float32),
        left=np.array([[1, 1, 2]] * count, np.int32)
        + np.arange(count, dtype=np.int32)[:, None] * 3,
        value=np.array([[0, 0, w] for w in weights.values()], np.float32),
        depth=1,
    )
    linear = np.zeros(len(names), np.float32)
    linear[list(weights)] = list(weights.values())
    return lambda: Linker(Constants(linear, trees, {}))


def heard(db, channel, row, answered=None):
    return channel.hear(PlacedMessage(db.call(messages.get, row), answered))


def test_a_named_person_is_answered(db, tell, linker):
    channel = LinkedChannel(linker)
    first = tell("anyone at home", author="romeo", ts=0)
    second = tell("lunch is ready", author="nurse", ts=1000)
    third = tell("romeo: i am", author="juliet", ts=2000)
    made = [heard(db, channel, row) for row in (first, second, third)]
    assert made[0].parent is None
    assert made[2].parent == first
    assert made[2].conversation == made[0].conversation == first


def test_an_explicit_reply_overrides_every_guess(db, tell, linker):
    channel = LinkedChannel(linker)
    rows = [tell(f"line {n}", author=f"a{n}", ts=n) for n in range(4)]
    for row in rows[:3]:
        heard(db, channel, row)
    made = heard(db, channel, rows[3], answered=rows[0])
    assert (made.parent, made.score) == (rows[0], 1.0)


def test_a_reply_to_a_message_long_gone_keeps_its_parent(db, tell, linker):
    channel = LinkedChannel(linker)
    row = tell("about that", ts=5)
    made = heard(db, channel, row, answered=12345)
    assert (made.parent, made.conversation) == (12345, 12345)


def test_a_conversation_ends_after_a_silence(db, tell, linker):
    channel = LinkedChannel(linker)
    first = tell("good night", author="romeo", ts=0)
    second = tell("good morning", author="juliet", ts=SILENCE_MS + 1)
    heard(db, channel, first)
    made = heard(db, channel, second)
    assert made.parent is None
    assert made.conversation == second


async def test_a_conversation_is_a_row_with_its_members_and_last_turn(
    db, guild, tell, linker
):
    rows = [tell(f"scene {n}", author=f"a{n % 2}", ts=n * 1000) for n in range(4)]
    await Linking(db, linker).hear(rows)
    talk = db.call(conversations.get, rows[0])
    assert (talk.members, talk.last_turn) == (("a0", "a1"), rows[3])
    assert (talk.started, talk.last_ms) == (0, 3000)


async def test_a_forgotten_member_is_in_no_conversation(db, guild, tell, linker):
    rows = [tell(f"scene {n}", author=f"a{n % 2}", ts=n * 1000) for n in range(4)]
    await Linking(db, linker).hear(rows)
    db.call(conversations.summarise, rows[0], "two met", rows, 0)
    gone = db.call(forgetting.rows_of_author, guild, "a1")
    db.call(forgetting.delete, guild, gone)
    talk = db.call(conversations.get, rows[0])
    assert (talk.members, talk.last_turn) == (("a0",), rows[2])
    assert (talk.summary, talk.summarised) == ("", 0)
    assert db.call(reply_links.get, rows[2]).conversation == rows[0]


async def test_a_conversation_goes_with_its_last_message(db, guild, tell, linker):
    row = tell("alone")
    await Linking(db, linker).hear([row])
    db.call(forgetting.delete, guild, [row])
    assert db.call(conversations.get, row) is None


async def test_who_opts_out_leaves_every_conversation(db, guild, tell, linker):
    rows = [tell(f"scene {n}", author=f"a{n % 2}", ts=n * 1000) for n in range(4)]
    await Linking(db, linker).hear(rows)
    db.call(conversations.summarise, rows[0], "two met", rows, 0)
    db.call(members.set_opted_out, guild, "a1", True)
    talk = db.call(conversations.get, rows[0])
    assert (talk.members, talk.summary) == (("a0",), "")
    later = tell("scene 5", author="a1", ts=5000)
    await Linking(db, linker).hear([later])
    assert "a1" not in db.call(conversations.get, rows[0]).members


async def test_a_thread_is_one_conversation_about_its_first_message(
    db, guild, tell, linker
):
    opened_on = tell("look at this", ts=0)
    external = db.call(messages.get, opened_on).external
    stage = db.call(guilds.find_channel, guild, "stage")
    thread = db.call(guilds.ensure_channel, guild, "a play", external, parent=stage.id)
    assert thread.parent_id == stage.id
    rows = [
        tell("first thought", author="a", channel="a play", ts=1000),
        tell("another", author="b", channel="a play", ts=2 * SILENCE_MS),
    ]
    made = await Linking(db, linker).hear(rows)
    assert made[0].parent == opened_on
    assert [link.conversation for link in made] == [rows[0], rows[0]]


async def test_a_reply_to_an_old_message_joins_its_conversation(
    db, tell, linker, monkeypatch
):
    monkeypatch.setattr("app.conversations.conversations.LOOKED_BACK", 0)
    rows = [tell(f"scene {n}", author=f"a{n}", ts=n * 1000) for n in range(3)]
    await Linking(db, linker).hear(rows)
    external = db.call(messages.get, rows[1]).external
    late = tell("about that", ts=9 * SILENCE_MS, reply_to=external)
    (made,) = await Linking(db, linker).hear([late])
    assert (made.parent, made.conversation) == (rows[1], rows[0])


async def test_a_reply_to_another_channel_joins_nothing_there(db, tell, linker):
    first = tell("behind the curtain", channel="court", ts=0)
    external = db.call(messages.get, first).external
    await Linking(db, linker).hear([first])
    forwarded = tell("look at this", ts=1000, reply_to=external)
    (made,) = await Linking(db, linker).hear([forwarded])
    assert (made.parent, made.conversation) == (None, forwarded)


async def test_links_are_kept_in_the_database(db, tell, linker):
    rows = [tell(f"scene {n}", author=f"a{n}", ts=n * 1000) for n in range(3)]
    made = await Linking(db, linker).hear(rows)
    assert [link.message for link in made] == rows
    assert db.call(reply_links.get, rows[1]).parent == rows[0]
    assert db.call(reply_links.conversation, rows[0]) == rows


async def test_a_new_start_goes_on_with_the_conversation(db, tell, linker):
    rows = [tell(f"scene {n}", author=f"a{n}", ts=n * 1000) for n in range(3)]
    await Linking(db, linker).hear(rows[:1])
    await Linking(db, linker).hear(rows[1:2])
    (made,) = await Linking(db, linker).hear(rows[2:])
    assert (made.parent, made.conversation) == (rows[1], rows[0])


async def test_a_message_is_linked_once(db, tell, linker):
    row = tell("once more unto the breach")
    linking = Linking(db, linker)
    assert len(await linking.hear([row])) == 1
    assert await linking.hear([row]) == []


def test_a_channel_that_never_ends_stays_small(db, tell, linker, monkeypatch):
    monkeypatch.setattr("app.conversations.conversations.KEPT", 5)
    channel = LinkedChannel(linker)
    rows = [tell(f"scene {n}", ts=n * 1000) for n in range(9)]
    for row in rows:
        heard(db, channel, row)
    assert rows[0] not in channel
    assert rows[8] in channel
