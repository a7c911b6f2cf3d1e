"""Facts that members tell of themselves, on a real database."""

from collections.abc import Callable

import pytest

from app.chat.fact_reader import facts_in
from app.core.names import GuildId
from app.store import forgetting, guilds, members, messages
from app.store.database import Database
from app.store.given import facts
from app.store.given.member_facts import Fact, sentence
from app.store.settings import put
from app.store.tables import Channel, ConversationLink, Guild

Write = Callable[..., int]
SETTING = "memory.people"


def read(db: Database, guild: GuildId) -> None:
    while db.call(facts.read_on, guild, facts_in, 2):
        pass


def known(db: Database, guild: GuildId, author: str = "puck") -> list[tuple[str, str]]:
    return [(one.kind, one.value) for one in db.call(facts.of, guild, author)]


def test_messages_are_read_once_and_each_fact_names_its_messages(
    db: Database, guild: GuildId, write: Write
) -> None:
    assert db.call(facts.behind, SETTING, is_on=True) == []
    first = write("I live in Athens", ts=1)
    write("I love mushrooms", author="bottom", ts=2)
    again = write("as I said. I live in Athens!", ts=3)
    write("I live in Troy", dropped="a command")
    assert db.call(facts.behind, SETTING, is_on=True) == [guild]
    assert db.call(facts.behind, SETTING, is_on=False) == []
    db.call(put, guild, SETTING, True)
    assert db.call(facts.behind, SETTING, is_on=False) == [guild]
    read(db, guild)
    (fact,) = db.call(facts.of, guild, "puck")
    assert (fact.kind, fact.value) == ("lives", "Athens")
    assert fact.messages == (again, first)
    assert db.call(facts.behind, SETTING, is_on=True) == []
    told = len("livesAthens") * 2 + len("lovesmushrooms")
    assert db.call(facts.count, guild) == (3, told)


def test_what_was_said_later_counts_in_whatever_order_it_is_stored(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("I live in Troy", ts=9)
    write("I live in Athens", ts=5)
    write("I love olives", ts=5)
    write("I don't like olives any more", ts=6)
    read(db, guild)
    assert known(db, guild) == [("lives", "Troy")]


def test_a_fact_goes_with_its_message_and_with_its_words(
    db: Database, guild: GuildId, write: Write
) -> None:
    town, cat = write("I live in Troy"), write("my cat is called Mog")
    read(db, guild)
    db.call(messages.edit, cat, "my cat is called Mab")
    assert known(db, guild) == [("lives", "Troy")]
    db.call(facts.read_again, cat, facts_in)
    assert known(db, guild) == [("lives", "Troy"), ("pet cat", "Mab")]
    db.call(forgetting.delete, guild, [town])
    assert known(db, guild) == [("pet cat", "Mab")]
    db.call(members.set_opted_out, guild, "puck", True)
    later = write("I love fog", external="later")
    read(db, guild)
    db.call(facts.read_again, later, facts_in)
    assert known(db, guild) == [("pet cat", "Mab")]
    db.call(forgetting.delete, guild, db.call(forgetting.rows_of_author, guild, "puck"))
    assert known(db, guild) == []


def test_nobody_is_told_what_was_said_where_they_cannot_read(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("I live in Troy", channel="stage")
    write("my cat is called Mog", channel="vault")
    read(db, guild)
    stage, vault = (
        db.call(guilds.ensure_channel, guild, name).id for name in ("stage", "vault")
    )

    def seclude() -> None:
        Guild.update(discord_id="1").where(Guild.id == guild).execute()
        Channel.update(is_private=False).execute()
        Channel.update(is_private=True).where(Channel.id == vault).execute()

    write("my pronouns are they/them")
    write("I love fog")
    read(db, guild)
    kinds = [one.kind for one in db.call(facts.sayable, guild, "puck", stage)]
    assert kinds == ["pronouns", "loves", "pet cat", "lives"]
    db.call(seclude)
    told = db.call(facts.sayable, guild, "puck", stage)
    assert [one.kind for one in told] == ["pronouns", "loves", "lives"]
    assert len(db.call(facts.sayable, guild, "puck", vault)) == 4
    assert db.call(facts.sayable, guild, "puck", vault, frozenset({stage})) == told
    assert db.call(facts.sayable, guild, "bottom", vault) == []


def test_a_member_corrects_and_deletes(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("I live in Troy", ts=1)
    write("I love fog", ts=1)
    write("I love fog", author="bottom", ts=1)
    read(db, guild)
    assert db.call(facts.correct, guild, "puck", Fact("lives", "troy"), "Ilium")
    assert not db.call(facts.correct, guild, "puck", Fact("lives", "troy"), "Rome")
    assert known(db, guild) == [("lives", "Ilium"), ("loves", "fog")]
    assert db.call(facts.remove, guild, "puck", Fact("loves", "fog")) == 1
    assert known(db, guild, "bottom") == [("loves", "fog")]
    write("I live in Rome", ts=2)
    read(db, guild)
    assert known(db, guild) == [("lives", "Rome")]
    assert db.call(facts.remove, guild, "puck") == 1 and known(db, guild) == []


def test_only_the_newest_facts_of_a_kind_are_kept(
    db: Database, guild: GuildId, write: Write
) -> None:
    things = [f"ship{letter}" for letter in "abcdefghijklmnop"]
    for ts, thing in enumerate(things):
        write(f"I love {thing}", ts=ts)
    read(db, guild)
    kept = {value for _, value in known(db, guild)}
    assert kept == set(things[-facts.MOST_OF_A_KIND :])


def test_those_whom_a_member_answers_are_counted(
    db: Database, guild: GuildId, write: Write
) -> None:
    asked = write("where now?", author="bottom")
    other = write("who is it?", author="quince")
    answers = [write("here"), write("there"), write("me")]
    write("me too")

    def link() -> None:
        for message, parent in zip(answers, (asked, asked, other), strict=True):
            ConversationLink.create(
                message=message, parent=parent, conversation=parent, score=1.0
            )

    db.call(link)
    found = db.call(facts.talks_with, guild, "puck", 5)
    assert found == [("Bottom", 2), ("Quince", 1)]
    db.call(members.set_opted_out, guild, "bottom", True)
    assert db.call(facts.talks_with, guild, "puck", 5) == [("Quince", 1)]
    assert db.call(facts.newest_texts, guild, "puck", 2) != []


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("is", "nurse", "Ann is a nurse."),
        ("is", "actor", "Ann is an actor."),
        ("lives", "Leeds", "Ann lives in Leeds."),
        ("pet cat", "Mog", "The cat of Ann is called Mog."),
        ("favourite game", "Celeste", "The favourite game of Ann is Celeste."),
    ],
)
def test_a_fact_is_a_sentence_for_models(kind: str, value: str, said: str) -> None:
    assert sentence("Ann", kind, value) == said
