"""The entries of lorebooks in the database."""

import pytest

from app.core.names import GuildId
from app.store import forgetting, guilds, snapshots
from app.store.database import Database
from app.store.given import lore
from app.store.rows import StoredLoreEntry

RULES = StoredLoreEntry("Rules", ["rules", "ban"], "No spam.")
CAT = StoredLoreEntry("Cat", [], "The cat is grey.")
CARD = StoredLoreEntry("Cat", ["*"], "The captain's cat.", "Captain")


@pytest.fixture
def other(db: Database, guild: GuildId) -> GuildId:
    """Another guild with an entry of the same name."""
    row = db.call(guilds.ensure, "The Rose").id
    db.call(lore.put, row, [RULES])
    return row


def test_an_entry_replaces_the_one_of_its_name_in_its_book_and_guild_alone(
    db: Database, guild: GuildId, other: GuildId
) -> None:
    db.call(lore.put, guild, [RULES, CAT, CARD])
    newer = StoredLoreEntry("Cat", ["cat"], "The cat is black.")
    db.call(lore.put, guild, [newer])
    assert db.call(lore.entries, guild) == [RULES, CARD, newer]
    assert db.call(lore.entries, other) == [RULES]
    assert db.call(lore.guilds_with_lore) == {guild, other}


def test_a_book_and_an_entry_are_removed_from_their_guild_alone(
    db: Database, guild: GuildId, other: GuildId
) -> None:
    db.call(lore.put, guild, [RULES, CAT, CARD])
    assert db.call(lore.remove, guild, "Captain") == 1
    assert db.call(lore.remove, guild, lore.OWN, "Rules") == 1
    assert db.call(lore.remove, guild, lore.OWN, "Rules") == 0
    assert db.call(lore.entries, guild) == [CAT]
    db.call(lore.remove_all, guild)
    assert db.call(lore.guilds_with_lore) == {other}


def test_entries_go_with_their_guild(
    db: Database, guild: GuildId, other: GuildId
) -> None:
    db.call(lore.put, guild, [RULES])
    db.call(forgetting.delete_guild, guild)
    assert db.call(lore.guilds_with_lore) == {other}


def test_a_snapshot_brings_its_entries_back(
    db: Database, guild: GuildId, other: GuildId
) -> None:
    db.call(lore.put, guild, [RULES, CARD])
    taken = db.call(snapshots.take, guild, "calm", 1, 0)
    db.call(lore.remove_all, guild)
    db.call(lore.put, guild, [CAT])
    db.call(snapshots.roll_back, taken, [], [])
    assert db.call(lore.entries, guild) == [RULES, CARD]
    assert db.call(lore.entries, other) == [RULES]
