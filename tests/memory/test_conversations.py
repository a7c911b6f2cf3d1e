"""Conversations in live channels."""

import numpy as np
import pytest

from app.memory.conversations import SILENCE_MS, Channel, Linking
from app.memory.link_features import feature_names
from app.memory.links import Constants, Linker
from app.memory.trees import Trees
from app.store import links, messages


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
    return channel.hear(db.call(messages.get, row), answered)


def test_a_named_person_is_answered(db, tell, linker):
    channel = Channel(linker)
    first = tell("anyone at home", author="romeo", ts=0)
    second = tell("lunch is ready", author="nurse", ts=1000)
    third = tell("romeo: i am", author="juliet", ts=2000)
    made = [heard(db, channel, row) for row in (first, second, third)]
    assert made[0].parent is None
    assert made[2].parent == first
    assert made[2].conversation == made[0].conversation == first
    talk = channel.conversation_of(third)
    assert talk is not None
    assert len(talk.members) == 3
    assert talk.last == third


def test_an_explicit_reply_overrides_every_guess(db, tell, linker):
    channel = Channel(linker)
    rows = [tell(f"line {n}", author=f"a{n}", ts=n) for n in range(4)]
    for row in rows[:3]:
        heard(db, channel, row)
    made = heard(db, channel, rows[3], answered=rows[0])
    assert (made.parent, made.score) == (rows[0], 1.0)


def test_a_reply_to_a_message_long_gone_keeps_its_parent(db, tell, linker):
    channel = Channel(linker)
    row = tell("about that", ts=5)
    made = heard(db, channel, row, answered=12345)
    assert (made.parent, made.conversation) == (12345, 12345)


def test_a_conversation_ends_after_a_silence(db, tell, linker):
    channel = Channel(linker)
    first = tell("good night", author="romeo", ts=0)
    second = tell("good morning", author="juliet", ts=SILENCE_MS + 1)
    heard(db, channel, first)
    made = heard(db, channel, second)
    assert made.parent is None
    assert made.conversation == second


async def test_links_are_kept_in_the_database(db, tell, linker):
    rows = [tell(f"scene {n}", author=f"a{n}", ts=n * 1000) for n in range(3)]
    made = await Linking(db, linker).hear(rows)
    assert [link.message for link in made] == rows
    assert db.call(links.get, rows[1]).parent == rows[0]
    assert db.call(links.conversation, rows[0]) == rows


async def test_a_new_start_goes_on_with_the_conversation(db, tell, linker):
    rows = [tell(f"scene {n}", author=f"a{n}", ts=n * 1000) for n in range(3)]
    await Linking(db, linker).hear(rows[:2])
    (made,) = await Linking(db, linker).hear(rows[2:])
    assert (made.parent, made.conversation) == (rows[1], rows[0])


async def test_a_message_is_linked_once(db, tell, linker):
    row = tell("once more unto the breach")
    linking = Linking(db, linker)
    assert len(await linking.hear([row])) == 1
    assert await linking.hear([row]) == []


def test_a_channel_that_never_ends_stays_small(db, tell, linker, monkeypatch):
    monkeypatch.setattr("app.memory.conversations.KEPT", 5)
    channel = Channel(linker)
    rows = [tell(f"scene {n}", ts=n * 1000) for n in range(9)]
    for row in rows:
        heard(db, channel, row)
    assert rows[0] not in channel
    assert rows[8] in channel
