"""The index of messages finds what reading all finds, and keeps nothing deleted."""

from collections.abc import Callable
from random import Random

import pytest

from app.core.names import GuildId
from app.store import forgetting, guilds, members, messages
from app.store.database import Database, bound
from app.store.search import message_search
from app.store.search.message_search import Sought
from tests.home_files import files_with

Write = Callable[..., int]

WORDS = (
    "harbour", "Harbour", "привет", "ПРИВЕТ", "Äpfel", "100%", "a_b", 'say "no"',
    "c:\\x", "日本語", "🎉", "to", "be", "x", "' OR 1=1", "the", "straße",
)  # fmt: skip
ASKED = (
    *WORDS, "Привет", "äpfel", "arb", "t", "%", "_", '"', "\\", "本", "日本", "🎉 x",
    "nowhere", "no", "o b", "e", " ", "STRASSE", "y" * 20_000, "ivet", "рив", "\0",
)  # fmt: skip


@pytest.fixture
def two_guilds(db: Database) -> Random:
    """Two servers with two channels each, of lines from a few words."""
    rng = Random(5)
    db.call(_fill, rng)
    return rng


def _fill(rng: Random) -> None:
    for name in ("Harbour", "Hill"):
        guild = guilds.ensure(name).id
        member = members.ensure(guild, "ann", "Ann").id
        for place in ("general", "art"):
            channel = guilds.ensure_channel(guild, place).id
            lines = [
                messages.NewMessage(
                    channel, member, f"{place}{n}", rng.randrange(99), _line(rng)
                )
                for n in range(60)
            ]
            messages.add_many(guild, lines)


def _line(rng: Random) -> str:
    return " ".join(rng.choices(WORDS, k=rng.randint(1, 4)))


def _by_reading(
    guild: GuildId, channel: int | None, words: str, before: tuple[int, int] | None
) -> list[int]:
    """Find messages without the index, as SQLite compares: without case in ASCII."""
    order = "id DESC" if channel is None else "ts DESC, id DESC"
    found = bound().execute_sql(
        "SELECT id, ts, text FROM message WHERE guild_id = ?"
        f" AND COALESCE(channel_id = ?, 1) ORDER BY {order}",
        (guild, channel),
    )
    forms = [words]
    if not words.isascii():
        forms += [words.lower(), words.upper(), words.capitalize()]
    return [
        row
        for row, ts, text in found
        if any(_ascii_lower(form) in _ascii_lower(text) for form in forms)
        and (before is None or (ts, row) < before)
    ]


def _ascii_lower(text: str) -> str:
    return "".join(one.lower() if one.isascii() else one for one in text)


@pytest.mark.parametrize("indexed", [0, 130, 1000])
def test_a_search_finds_what_a_reading_of_every_message_finds(
    indexed: int, db: Database, two_guilds: Random
) -> None:
    def look() -> None:
        messages.extend_index(indexed)
        channels = [one.id for one in guilds.channels(GuildId(1))]
        for words in ASKED:
            for channel, before in (
                (None, None), (channels[0], None), (channels[1], (50, 10**6)),
            ):  # fmt: skip
                wanted = _by_reading(GuildId(1), channel, words, before)
                for limit in (3, 1000):
                    page = messages.page(
                        GuildId(1),
                        channel=channel,
                        containing=words,
                        before=before,
                        limit=limit,
                    )
                    assert [one.id for one in page] == wanted[:limit], (words, channel)

    db.call(look)


@pytest.mark.parametrize("words", ["harbour", "be", "x"])
def test_the_index_is_asked_and_not_the_messages(
    words: str, db: Database, guild: GuildId, write: Write
) -> None:
    write(f"a line of the {words}")
    assert db.call(messages.extend_index, 100) == 0
    assert len(db.call(messages.page, guild, containing=words)) == 1
    empty = "INSERT INTO message_index (message_index) VALUES ('delete-all')"
    db.call(lambda: bound().execute_sql(empty))
    assert db.call(messages.page, guild, containing=words) == []


def test_slices_of_the_index_tell_how_many_rows_are_left(
    db: Database, two_guilds: Random
) -> None:
    assert db.call(messages.extend_index, 200) == 40
    assert db.call(messages.extend_index, 200) == 0
    assert db.call(messages.extend_index, 200) == 0


def _parts() -> set[tuple[str, int]]:
    """Everything that the index says: parts, and the rows that have them."""
    database = bound()
    database.execute_sql(
        "CREATE VIRTUAL TABLE temp.every_part USING"
        " fts5vocab(main, message_index, instance)"
    )
    found = set(database.execute_sql("SELECT term, doc FROM every_part").fetchall())
    database.execute_sql("DROP TABLE every_part")
    return found


def _parts_anew() -> set[tuple[str, int]]:
    """The same of an index of the messages that are there."""
    bound().execute_sql(
        "INSERT INTO message_index (message_index) VALUES ('delete-all')"
    )
    bound().execute_sql("UPDATE row_numbers SET indexed = 0")
    messages.extend_index(10_000)
    return _parts()


def test_whatever_edits_and_deletes_the_index_is_that_of_the_messages_that_stay(
    db: Database, two_guilds: Random
) -> None:
    def change() -> None:
        messages.extend_index(180)
        rng = two_guilds
        rows = forgetting.rows_of_guild(GuildId(1))
        for row in rng.sample(rows, 30):
            messages.edit(row, _line(rng))
            messages.reword(row, _line(rng))
        forgetting.delete(GuildId(1), rng.sample(rows, 30))
        channel = guilds.ensure_channel(GuildId(1), "art").id
        bound().execute_sql("DELETE FROM channel WHERE id = ?", (channel,))
        forgetting.delete_guild(GuildId(2))
        messages.extend_index(10_000)
        assert 20 < messages.count(GuildId(1)) < 60

    db.call(change)
    db.compact()
    kept = db.call(_parts)
    assert kept and kept == db.call(_parts_anew)


def test_no_byte_of_the_parts_of_a_deleted_message_stays(
    db: Database, guild: GuildId, write: Write
) -> None:
    signs, edited = "ⰀⰁⰂ", "ⰃⰄⰅ"
    for number in range(400):
        write(f"line {number} of a talk about the harbour and its ships")
    gone, other = write(f"one {signs} line"), write(f"another {edited} line")
    db.call(messages.extend_index, 150)
    db.call(messages.extend_index, 10_000)
    assert files_with(db.place.parent, signs.lower())
    db.call(forgetting.delete, guild, [gone])
    db.call(messages.edit, other, "something else")
    db.compact()
    db.call(lambda: bound().execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    for part in (signs, edited, signs.lower(), edited.lower()):
        assert files_with(db.place.parent, part) == []
    assert len(db.call(messages.page, guild, containing="ships", limit=999)) == 400


def test_a_text_is_still_said_where_a_message_holds_it(
    db: Database, two_guilds: Random, write: Write
) -> None:
    row = write("a line about a lighthouse keeper")
    db.call(messages.extend_index, 10_000)
    texts = ["lighthouse keeper", "lighthouse keepers"]
    assert db.call(forgetting.still_said, texts) == {texts[0]}
    db.call(messages.edit, row, "nothing")
    assert db.call(forgetting.still_said, texts) == set()


def test_a_search_without_words_finds_nothing(db: Database, guild: GuildId) -> None:
    assert db.call(lambda: message_search.newest(bound(), Sought(()), 5)) == []
