"""What holds for an account holds for the names that it writes under by a proxy."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import authors, guilds, replies, stats, tombstones
from app.store.authors import ProxiedName
from app.store.database import Database
from app.store.tombstones import TombstoneCandidate

LUNA = ProxiedName("luna", "ann", "luna by ann")

Write = Callable[..., int]


def test_what_was_forgotten_of_a_name_alone_stays_forgotten_once_it_is_linked(
    db: Database, guild: GuildId
) -> None:
    db.call(tombstones.bury_author, guild, LUNA.name, 100, by_owner=True)
    db.call(authors.link_proxied, guild, LUNA)
    said = [TombstoneCandidate(LUNA.person, str(ts), ts, "hello") for ts in (99, 101)]
    assert db.call(tombstones.forgotten, guild, said) == {0}


def test_answers_to_a_name_are_among_those_to_its_account(
    db: Database, guild: GuildId
) -> None:
    db.call(authors.link_proxied, guild, LUNA)
    for trigger, asker in (("1", LUNA.account), ("2", LUNA.person), ("3", "ben")):
        db.call(replies.claim, guild, None, "mention", trigger, asker)
    asked = db.call(replies.asked_by, guild, LUNA.account)
    assert sorted(asked) == ["1", "2"]


def test_ones_last_words_are_perhaps_under_a_name(
    db: Database, guild: GuildId, write: Write
) -> None:
    db.call(authors.link_proxied, guild, LUNA)
    write("as myself", author=LUNA.account, ts=1)
    row = write("as Luna", author=LUNA.person, ts=2)
    write("as somebody else", author="ben", ts=3)
    channel = db.call(guilds.ensure_channel, guild, "stage").id
    assert db.call(stats.last_words, channel, LUNA.account) == stats.Mark(2, row)
