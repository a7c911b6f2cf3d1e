"""The channels whose words may be said in a channel."""

import pytest

from app.core.names import GuildId
from app.store import audience, guilds, places
from app.store.audience import speakable_channels
from app.store.database import Database
from app.store.places import Place
from app.store.tables import Channel

CHANNELS = {
    "general": Place("1", "Elsinore", "1", "general", "1", "general"),
    "mods": Place("1", "Elsinore", "2", "mods", "2", "mods", True, True),
    "adults": Place("1", "Elsinore", "3", "adults", "3", "adults", False, False, True),
    "den": Place("1", "Elsinore", "4", "den", "4", "den", True, True, True),
    "a talk": Place("1", "Elsinore", "11", "a talk", "1", "general"),
    "a secret": Place("1", "Elsinore", "12", "a secret", "1", "general", True),
    "a case": Place("1", "Elsinore", "21", "a case", "2", "mods", False, True),
    "a trial": Place("1", "Elsinore", "22", "a trial", "2", "mods", True, True),
    "a joke": Place("1", "Elsinore", "31", "a joke", "3", "adults", False, False, True),
}

OPEN = {"general", "a talk"}
SPEAKABLE = {
    "general": OPEN,
    "a talk": OPEN,
    "a secret": OPEN | {"a secret"},
    "mods": OPEN | {"mods", "a case"},
    "a case": OPEN | {"mods", "a case"},
    "a trial": OPEN | {"mods", "a case", "a trial"},
    "adults": OPEN | {"adults", "a joke"},
    "a joke": OPEN | {"adults", "a joke"},
    "den": OPEN | {"adults", "a joke", "den"},
}


@pytest.fixture
def rows(db: Database) -> dict[str, int]:
    """The row of each channel."""
    return {
        name: db.call(places.rows_of, place).channel for name, place in CHANNELS.items()
    }


@pytest.mark.parametrize("here", CHANNELS)
def test_a_channel_hears_what_all_its_readers_can_see(
    db: Database, rows: dict[str, int], here: str
) -> None:
    found = db.call(speakable_channels, GuildId(1), rows[here])
    assert found is not None
    assert {name for name, row in rows.items() if row in found} == SPEAKABLE[here]


def test_without_a_channel_only_what_everyone_sees_may_be_said(
    db: Database, rows: dict[str, int]
) -> None:
    found = db.call(speakable_channels, GuildId(1), None)
    assert found == frozenset(rows[name] for name in OPEN)
    assert db.call(speakable_channels, GuildId(1), 999) == found


def test_nothing_is_left_out_where_everyone_sees_every_channel(db: Database) -> None:
    rows = [db.call(places.rows_of, CHANNELS[name]) for name in OPEN]
    assert db.call(speakable_channels, rows[0].guild, rows[0].channel) is None


def test_a_channel_that_turns_private_is_heard_in_itself_alone(db: Database) -> None:
    yard = Place("1", "Elsinore", "5", "yard", "5", "yard")
    before = CHANNELS["general"]
    general = db.call(places.rows_of, before)
    other = db.call(places.rows_of, yard)
    now = before._replace(is_private=True, is_root_private=True)
    db.call(places.rows_of_many, [now, yard])
    # A message from before that is handled late tells nothing new.
    db.call(places.rows_of, before)
    found = db.call(speakable_channels, GuildId(1), other.channel)
    assert found == frozenset([other.channel])
    assert db.call(speakable_channels, GuildId(1), general.channel) is None


@pytest.mark.parametrize("name", ["a talk", "general"])
def test_a_channel_of_which_discord_told_nothing_counts_as_private(
    db: Database, rows: dict[str, int], name: str
) -> None:
    def forget_readers() -> None:
        unknown = Channel.update(is_private=None)
        unknown.where(Channel.id == rows[name]).execute()

    db.call(forget_readers)
    found = db.call(speakable_channels, GuildId(1), rows["adults"])
    assert found is not None and rows[name] not in found
    place = CHANNELS[name]
    assert db.call(audience.unknown_channels) == [(place.guild, place.channel)]
    db.call(audience.note_gone, GuildId(1), CHANNELS[name].channel)
    found = db.call(speakable_channels, GuildId(1), rows["adults"])
    assert found is not None and rows[name] in found
    assert db.call(audience.unknown_channels) == []


def test_a_channel_that_was_private_stays_so_when_it_is_gone(
    db: Database, rows: dict[str, int]
) -> None:
    db.call(audience.note_gone, GuildId(1), CHANNELS["mods"].channel)
    found = db.call(speakable_channels, GuildId(1), rows["general"])
    assert found is not None and rows["mods"] not in found


def test_a_channel_of_a_file_that_names_no_id_counts_as_public(
    db: Database, rows: dict[str, int]
) -> None:
    made = db.call(guilds.ensure_channel, GuildId(1), "old log")
    found = db.call(speakable_channels, GuildId(1), rows["general"])
    assert found is not None and made.id in found


def test_another_guild_has_its_own_channels(db: Database, rows: dict[str, int]) -> None:
    other = db.call(places.rows_of, Place("2", "Wittenberg", "9", "inn", "9", "inn"))
    assert db.call(speakable_channels, other.guild, other.channel) is None
    found = db.call(speakable_channels, GuildId(1), other.channel)
    assert found == frozenset(rows[name] for name in OPEN)


def test_a_private_thread_is_not_learned_with_its_channel(
    db: Database, rows: dict[str, int]
) -> None:
    db.call(guilds.set_learning, rows["general"], True)
    assert db.call(places.is_learning, CHANNELS["a talk"])
    assert not db.call(places.is_learning, CHANNELS["a secret"])
    assert not db.call(places.rows_of, CHANNELS["a secret"]).is_learning
    db.call(guilds.set_learning, rows["a secret"], True)
    assert db.call(places.is_learning, CHANNELS["a secret"])
