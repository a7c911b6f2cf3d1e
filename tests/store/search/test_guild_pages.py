"""Pages of guilds: by name, found by words, and counted like each alone."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import feedback, guilds, members, messages, snapshots
from app.store.database import Database, write
from app.store.search import guild_pages
from app.store.search.guild_pages import GuildTotals
from tests.store.test_overview import make_reply

Write = Callable[..., int]

NAMES = {"Rye", "Äpfel & Birnen", "100% Rust", "a_b", "aXb", "Harbour"}


@write
def _fill() -> None:
    for number, name in enumerate(sorted(NAMES)):
        guilds.ensure(name, f"900{number}")
    left = guilds.ensure("Left", "77").id
    guilds.set_left(left, 5)
    guilds.ensure("Files alone")


def _names(db: Database, words: str = "", skip: int = 0, limit: int = 50) -> list[str]:
    found = db.call(guild_pages.page, words, skip, limit)
    return [one.name for one in found.guilds]


def test_a_page_has_the_listed_guilds_by_name_and_both_numbers(
    db: Database, guild: GuildId, write: Write
):
    db.call(_fill)
    every = _names(db)
    assert set(every) == NAMES
    write("a guild of files is listed with its first message")
    (own,) = set(_names(db)) - set(every)
    every = _names(db)
    assert own == db.call(guild_pages.names, [guild])[guild]
    assert _names(db, limit=2) + _names(db, skip=2) == every
    found = db.call(guild_pages.page, "r", 1, 1)
    assert (len(found.guilds), found.all) == (1, 7)
    assert found.matching == len(_names(db, "r")) > 2
    assert db.call(guild_pages.learned) == own


def test_the_guild_with_the_most_messages_comes_first(
    db: Database, guild: GuildId, write: Write
):
    write("one")
    more = db.call(guilds.ensure, "More").id
    channel = db.call(guilds.ensure_channel, more, "general").id
    ann = db.call(members.ensure, more, "ann", "Ann").id
    for number in (1, 2):
        new = messages.NewMessage(channel, ann, str(number), number, "hello", None)
        db.call(messages.add, more, new)
    assert db.call(guild_pages.largest) == [more, guild]


def test_words_find_names_in_any_case_and_mean_themselves(db: Database):
    db.call(_fill)
    assert _names(db, "HARB") == _names(db, "harb") == ["Harbour"]
    assert _names(db, "äpf") == _names(db, "ÄPF") == ["Äpfel & Birnen"]
    assert _names(db, "0%") == ["100% Rust"] and _names(db, "%r") == []
    assert _names(db, "a_") == ["a_b"]
    assert _names(db, "9001") == ["Harbour"]  # The id that Discord gave.
    assert _names(db, "left") == _names(db, "files") == []


def test_guilds_are_found_by_their_rows(db: Database, guild: GuildId, write: Write):
    db.call(_fill)
    assert db.call(guild_pages.listed, [guild]) == []
    write("hello")
    rye = db.call(guilds.find, "Rye")
    assert rye is not None
    found = db.call(guild_pages.listed, [guild, rye.id])
    assert {one.id for one in found} == {guild, rye.id}


def test_the_totals_of_all_guilds_are_those_of_each(
    db: Database, guild: GuildId, write: Write
):
    for number in range(5):
        write(f"line {number}")
    write("left out", dropped="word")
    write("left out, too", dropped="link")
    db.call(members.set_opted_out, guild, "puck", True)
    bare = db.call(guilds.ensure, "Bare").id
    make_reply(db, guild, 105)
    reply = make_reply(db, guild, 109)
    db.call(feedback.rate, reply, "puck", 1)
    early = db.call(snapshots.take, guild, "early", 1, 5)
    write("later")
    db.call(snapshots.roll_back, early, (), ())
    found = db.call(guild_pages.totals, [guild, bare])
    assert found[bare] == GuildTotals()
    assert found[guild].last_reply == 109
    assert found[guild].opted_out == 1
    for row in (guild, bare):
        counts = db.call(guilds.counts, row)
        assert (found[row].messages, found[row].learned) == (
            counts.messages,
            counts.learned,
        )
        assert found[row].dropped == counts.dropped
        assert found[row].embeddings == counts.embeddings
