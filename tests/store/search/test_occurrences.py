"""The first message with a phrase is found among all, and only from whom it may be."""

import re
from random import Random

import pytest

from app.core.names import GuildId
from app.store import forgetting, guilds, members, messages
from app.store.database import Database
from app.store.search import occurrences as module
from app.store.search.occurrences import Occurrences, occurrences
from app.store.tables import Channel, Member, Message
from tests.store.conftest import on_sqlite

WORDS = ("kraken", "Kraken", "krakens", "привет", "ПРИВЕТ", "a_b", "100%", "the tide")
ASKED = ("kraken", "KRAKEN", "привет", "a_b", "100%", "the tide", "tide the", "aab")


@pytest.fixture(params=[0, 90, 400])
def filled(db: Database, request) -> GuildId:
    """A guild beside a like one, with a part of its messages in the index."""
    guild = db.call(_fill)
    db.call(messages.extend_index, request.param)
    return guild


def _fill() -> GuildId:
    rng = Random(3)
    for name in ("Hill", "Harbour"):
        guild = guilds.ensure(name).id
        people = [members.ensure(guild, one, one).id for one in ("ann", "ben", "eve")]
        places = [guilds.ensure_channel(guild, one).id for one in ("general", "art")]
        lines = [
            messages.NewMessage(
                rng.choice(places),
                rng.choice(people),
                f"{name}{n}",
                rng.randrange(10**6),
                " ".join(rng.choices(WORDS, k=rng.randint(1, 3))),
                None,
                "command" if n % 9 == 0 else None,
            )
            for n in range(200)
        ]
        messages.add_many(guild, lines)
    Member.update(has_opted_out=True).where(Member.name == "eve").execute()
    return guild


def _by_reading(guild: GuildId, phrase: str, channels: set[int] | None) -> list[int]:
    query = Message.select(Message.id, Message.text, Message.channel_id)
    query = query.join(Member).where(
        (Message.guild == guild) & Message.dropped.is_null() & ~Member.has_opted_out
    )
    whole = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE)
    return [
        one.id
        for one in query.order_by(Message.ts, Message.id)
        if whole.search(one.text) and (channels is None or one.channel_id in channels)
    ]


@pytest.mark.parametrize("phrase", ASKED)
def test_it_finds_what_reading_all_finds(db: Database, filled: GuildId, phrase: str):
    (general,) = db.call(
        lambda: {
            one.id
            for one in Channel.select().where(
                (Channel.guild == filled) & (Channel.name == "general")
            )
        }
    )
    for channels in (None, {general}, set()):
        found = db.call(occurrences, filled, phrase, channels)
        assert [one.row for one in found.found] == db.call(
            _by_reading, filled, phrase, channels
        )
        assert found.messages == len(found.found)


@on_sqlite
def test_the_first_of_very_many_is_found_though_a_sample_is_counted(
    db: Database, filled: GuildId, monkeypatch
):
    db.call(messages.extend_index, 1000)
    every = db.call(_by_reading, filled, "kraken", None)
    monkeypatch.setattr(module, "MOST_READ", 50)
    monkeypatch.setattr(module, "LEAST_SAMPLE", 3)
    found: Occurrences = db.call(occurrences, filled, "kraken", None)
    assert found.step > 1 and len(found.found) < len(every) / 2
    assert found.found[0].row == every[0]
    assert len(every) / 2 < found.messages < len(every) * 2


def test_a_phrase_that_a_sample_hardly_has_is_counted_whole(
    db: Database, filled: GuildId, monkeypatch
):
    db.call(messages.extend_index, 1000)
    monkeypatch.setattr(module, "MOST_READ", 20)
    monkeypatch.setattr(module, "LEAST_SAMPLE", 1000)
    found = db.call(occurrences, filled, "kraken", None)
    assert found.step == 1
    assert [one.row for one in found.found] == db.call(
        _by_reading, filled, "kraken", None
    )


def test_a_forgotten_message_is_no_origin(db: Database, filled: GuildId):
    first = db.call(occurrences, filled, "kraken", None).found[0].row
    db.call(forgetting.delete, filled, [first])
    found = db.call(occurrences, filled, "kraken", None).found
    assert found and first not in [one.row for one in found]
