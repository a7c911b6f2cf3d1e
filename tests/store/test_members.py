"""People of a server, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import guilds, members
from app.store.database import Database

Write = Callable[..., int]


def test_opting_out_forgets_the_name_and_holds(db: Database, guild: GuildId) -> None:
    db.call(members.ensure, guild, "hash", "Iago")
    db.call(members.set_opted_out, guild, "hash", True)
    member = db.call(members.ensure, guild, "hash", "Iago")
    assert (member.name, member.has_opted_out) == ("", True)
    assert db.call(members.opted_out, guild) == {"hash"}


def test_a_member_can_take_their_messages_along(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("mine", author="iago")
    write("yours", author="cassio")
    (row,) = db.call(members.messages_of, guild, "iago")
    assert (row["text"], row["channel"]) == ("mine", "stage")


def test_a_new_name_is_taken_over(db: Database, guild: GuildId) -> None:
    first = db.call(members.ensure, guild, "hash", "Iago")
    again = db.call(members.ensure, guild, "hash", "Ancient", is_bot=True)
    assert (again.id, again.name, again.is_bot) == (first.id, "Ancient", True)


def test_opting_out_takes_back_the_consent_to_tuning(
    db: Database, guild: GuildId
) -> None:
    db.call(members.set_allows_tuning, guild, "hash", True)
    assert db.call(members.allow_tuning, guild) == {"hash"}
    db.call(members.set_opted_out, guild, "hash", True)
    assert db.call(members.allow_tuning, guild) == set()
    db.call(members.set_opted_out, guild, "hash", False)
    assert db.call(members.allow_tuning, guild) == set()


def test_a_choice_in_one_guild_is_none_in_another(db: Database, guild: GuildId) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    db.call(members.set_opted_out, guild, "hash", True)
    db.call(members.set_allows_tuning, guild, "other", True)
    assert db.call(members.opted_out, other) == set()
    assert db.call(members.allow_tuning, other) == set()


def test_what_is_kept_of_somebody_is_counted_in_one_guild(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("one", author="iago", ts=10)
    write("!roll", author="iago", ts=20, dropped="command")
    write("not mine", author="cassio", ts=30)
    kept = db.call(members.kept, guild, "iago")
    assert (kept.messages, kept.learned, kept.first, kept.last) == (2, 1, 10, 20)
    assert db.call(members.kept, GuildId(guild + 1), "iago") == members.Kept()


def test_a_name_is_found_in_any_case_and_likely_ones_are_offered(
    db: Database, guild: GuildId
) -> None:
    db.call(members.ensure, guild, "a", "Desdemona")
    db.call(members.ensure, guild, "b", "desdemona")
    assert set(db.call(members.all_named, guild, "DESDEMONA")) == {"a", "b"}
    assert db.call(members.like, guild, "desdemna") == ["desdemona"]
