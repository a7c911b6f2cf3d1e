"""Two guilds with the same ids, names and texts: no query takes one for the other."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app import store
from app.core.names import GuildId
from app.store import (
    audience,
    authors,
    comparisons,
    embeddings,
    feedback,
    guilds,
    imports,
    members,
    messages,
    meter,
    replies,
    reply,
    reply_links,
    settings,
    snapshots,
    tombstones,
    usage,
)
from app.store.authors import ProxiedName
from app.store.database import Database, bound
from app.store.engines import engine_of
from app.store.messages import NewMessage
from app.store.reply import outcomes
from app.store.reply.reply_sources import SourceMessage
from app.store.reply_links import NewLink
from app.store.tables import TABLES
from app.store.usage import UsageEntry
from tests.store.conftest import new_place

NOW = 1_700_000_000
PEOPLE = ("puck", "oberon", "titania")
NAMED = "the proxied key of a name"


class Rows(dict[str, list[int]]):
    """The rows of one guild: of its messages, channels and replies."""


def fill(guild: GuildId, mark: str) -> Rows:
    """Give a guild one of everything; only triggers differ, as they must."""
    rows = Rows(messages=[], channels=[], replies=[])
    for number, name in enumerate(("stage", "pit")):
        channel = guilds.ensure_channel(guild, name, f"10{number}")
        guilds.set_learning(channel.id, True)
        rows["channels"].append(channel.id)
        if name == "pit":
            audience.note_gone(guild, "101")
        people = [members.ensure(guild, one, one.title()).id for one in PEOPLE]
        for turn in range(6):
            said = NewMessage(
                channel.id, people[turn % 3], f"{number}{turn}", turn + 1,
                f"what fools these mortals be {number} {turn}",
                f"{number}{turn - 1}" if turn else None,
            )  # fmt: skip
            row = messages.add(guild, said)
            assert row is not None
            rows["messages"].append(row)
    said_rows = rows["messages"]
    bot = members.ensure(guild, "the bot", "Mynah", is_bot=True).id
    members.ensure(guild, "another name", "Another")
    line = NewMessage(rows["channels"][0], bot, "sent1", 8, "what fools", None)
    own = messages.add(guild, line)
    assert own is not None
    rows["messages"].append(own)
    links = [NewLink(row, None, said_rows[0], 1.0) for row in said_rows[:4]]
    reply_links.put_many(links)
    embeddings.add_many(guild, "mini", [(row, b"\1\2") for row in said_rows])
    embeddings.add_many(guild, "other", [(said_rows[0], b"\3")])
    for number in range(3):
        asked = replies.claim(
            guild, rows["channels"][0], "mention", f"{mark}{number}", "puck", "00"
        )
        assert asked is not None
        fields = {
            "text": "what fools", "mode": "hybrid", "state": "made", "arm": "hybrid",
            "turns": [["puck", "hello", said_rows[number]]],
            "recalled": [said_rows[number]],
        }  # fmt: skip
        replies.finish(asked, fields, [SourceMessage(said_rows[5], 3, "be")])
        feedback.rate(asked, "oberon", 1)
        rows["replies"].append(asked)
    replies.claim(guild, rows["channels"][0], "mention", f"{mark} begun", "puck", "01")
    outcomes.note_sent(rows["replies"][0], ["sent1"])
    outcomes.set_state(rows["replies"][1], "draft")
    comparisons.add(guild, rows["replies"][0], rows["replies"][1], 1)
    usage.add(UsageEntry("openai", "m", guild, rows["replies"][0], cost=0.5), NOW)
    imports_of(guild)
    settings.put(guild, "reply.dial", 40)
    settings.put(guild, "reply.dial", 60, channel=rows["channels"][1])
    settings.give_consent(guild, "replies", "https://host.example", NOW)
    meter.put(guild, 0, {"sent": 3}, NOW)
    members.set_opted_out(guild, "titania", True)
    members.set_allows_tuning(guild, "oberon", True)
    messages.edit(said_rows[2], "an edit")
    snapshots.take(guild, "spring", NOW, 5)
    tombstones.bury(guild, ["gone by the owner"], by_owner=True)
    tombstones.bury(guild, ["gone by a member"], by_owner=False)
    tombstones.bury_author(guild, "bottom", 5, by_owner=False)
    tombstones.bury_author(guild, "", 5, by_owner=True)
    gone = tombstones.TombstoneCandidate("quince", "e" * 20, 9, "a play of plays" * 9)
    tombstones.bury_messages(guild, [gone], by_owner=True)
    authors.link_proxied(guild, ProxiedName(NAMED, "puck", f"{NAMED} by puck"))
    return rows


def imports_of(guild: GuildId) -> None:
    imports.add_batch(guild, "a file", 7, [], [], [], None)


def fill_both(db: Database) -> tuple[GuildId, Rows, GuildId, Rows]:
    """Fill one guild and then the other; return their rows."""
    one = db.call(guilds.ensure, "The Globe", "1").id
    first = db.call(fill, one, "a")
    other = db.call(guilds.ensure, "The Rose", "2").id
    return one, first, other, db.call(fill, other, "b")


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function of the store, with its module's name and its own."""
    for package in (store, reply):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            module, stem = importlib.import_module(info.name), info.name.split(".")[-1]
            for name, function in vars(module).items():
                is_ours = getattr(function, "__module__", "") == module.__name__
                if (
                    not name.startswith("_")
                    and inspect.isfunction(function)
                    and is_ours
                ):
                    yield f"{stem}.{name}", function


def queries() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every query that takes a guild."""
    for name, function in public_functions():
        named = inspect.signature(function).parameters
        if "guild" in named and not name.startswith("statements."):
            yield name, function


def is_writing(function: Callable[..., Any]) -> bool:
    return hasattr(function, "__wrapped__")


def arguments(
    name: str, function: Callable[..., Any], mine: Rows, both: Rows
) -> dict[str, Any]:
    """Return arguments for a query: rows of both guilds, and ids that both have."""
    known: Mapping[str, Any] = {
        "channel": mine["channels"][0], "rows": both["messages"],
        "messages": both["messages"], "reply": mine["replies"][0],
        "author": "puck", "authors": list(PEOPLE), "external": "00",
        "externals": ["00", "01", "12"], "answered": ["00"], "model": "mini",
        "limit": 1000, "turns": 2, "sources": (),
        "fields": {"reason": "say", "state": "made"},
        "since": 0, "until": 100, "start": 0, "after": 0,
        "end": 2**52, "newest": 1000, "within_ms": 10, "row": 0, "number": 3,
        "days": 3, "channels": ["100", "101"], "names": ["stage", "pit"],
        "discord_id": "100", "count": 1, "value": 1, "created": NOW, "ts": NOW,
        "purpose": "replies", "origin": "https://host.example", "now": NOW,
        "file": "a file", "position": 1, "people": [], "batch": [], "files": [],
        "twins": None, "figures": {}, "made": NOW, "change": 2**31, "won": 1,
        "is_bot": False, "has_opted_out": True, "allows": False, "by_owner": True,
        "is_private": False,
        "first": mine["replies"][0], "second": mine["replies"][1],
        "is_demo": False, "claimed": "1", "vectors": [], "step": 1000, "each": 5,
        "reason": "mention", "trigger": "new", "asker": "puck", "answers": "00",
        "outside": None, "message": mine["messages"][0],
        "said_as": ProxiedName("another name", "oberon", "another by oberon"),
        "candidates": [
            tombstones.TombstoneCandidate("puck", "00", 1, "hello"),
            tombstones.TombstoneCandidate("bottom", "x", 3, "hello"),
            tombstones.TombstoneCandidate("puck", "gone by the owner", 9, "hello"),
        ],
        "gone": [tombstones.TombstoneCandidate("puck", "00", 1, "hello")],
    }  # fmt: skip
    text_of = {
        "members": "Puck", "settings": "reply.dial", "snapshots": "spring",
        "guilds": "stage", "authors": NAMED,
    }  # fmt: skip
    own: dict[str, dict[str, Any]] = {
        "messages.add_many": {"messages": []},
        "messages.add": {
            "message": NewMessage(
                mine["channels"][0], first_member(mine), "new", 50, "new", None
            ),
        },
    }
    given: dict[str, Any] = {**own.get(name, {})}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in ("guild", *given):
            continue
        if parameter.name == "name":
            given["name"] = text_of[name.partition(".")[0]]
        elif parameter.name in known:
            given[parameter.name] = known[parameter.name]
        else:
            untaught = f"teach `arguments` the {parameter.name} of {name}"
            assert parameter.default is not parameter.empty, untaught
    return given


def first_member(rows: Rows) -> int:
    row = messages.get(rows["messages"][0])
    assert row is not None
    return int(row.member)


def plain(value: object) -> object:
    return list(value) if isinstance(value, Iterator) else value


def contents(guild: GuildId) -> dict[str, list[tuple[object, ...]]]:
    """Return every row that belongs to a guild, by table."""
    owners = {"guild": f"id = {guild}"}
    through = {
        "attachment": "message_id IN (SELECT id FROM message WHERE guild_id = {})",
        "conversation_link": "message_id IN (SELECT id FROM message WHERE guild_id ="
        " {})",
        "reply_source": "reply_id IN (SELECT id FROM reply WHERE guild_id = {})",
        "feedback": "reply_id IN (SELECT id FROM reply WHERE guild_id = {})",
    }
    found = {}
    for table in TABLES:
        name = table._meta.table_name
        where = owners.get(name) or through.get(name, "").format(guild)
        if not where and "guild_id" not in table._meta.columns:
            continue
        select = f"SELECT * FROM {name} WHERE {where or f'guild_id = {guild}'}"
        found[name] = bound().execute_sql(select).fetchall()
    return found


READING = [one for one in queries() if not is_writing(one[1])]
WRITING = [one for one in queries() if is_writing(one[1])]


@pytest.fixture(scope="module")
def at_noon() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("time.time", lambda: float(NOW))
        yield


Filled = tuple[Database, GuildId, Rows, GuildId, Rows]


@pytest.fixture(scope="module")
def alone(
    tmp_path_factory: pytest.TempPathFactory,
    at_noon: None,
    engine: str,
    request: pytest.FixtureRequest,
) -> Iterator[Filled]:
    path: Path = tmp_path_factory.mktemp("alone")
    with new_place(engine, path, request) as place, Database(place) as db:
        db.call(authors.open_key, path / "author.key")
        guild = db.call(guilds.ensure, "The Globe", "1").id
        yield db, guild, db.call(fill, guild, "a"), GuildId(0), Rows()


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory,
    alone: Filled,
    at_noon: None,
    engine: str,
    request: pytest.FixtureRequest,
) -> Iterator[Filled]:
    path: Path = tmp_path_factory.mktemp("shared")
    home = alone[0].call(lambda: engine_of(bound()).home_of(bound()))
    (path / "author.key").write_bytes((home / "author.key").read_bytes())
    with new_place(engine, path, request) as place, Database(place) as db:
        db.call(authors.open_key, path / "author.key")
        yield db, *fill_both(db)


def both_rows(first: Rows, second: Rows) -> Rows:
    return Rows({kind: [*first[kind], *second[kind]] for kind in first})


@pytest.mark.parametrize(("name", "query"), READING, ids=[one[0] for one in READING])
def test_a_query_finds_the_same_beside_another_guild(
    name: str, query: Callable[..., Any], alone: Filled, shared: Filled
):
    (db, guild, mine, _, _), (crowded, same, rows, _, others) = alone, shared
    assert (guild, mine) == (same, rows)
    both = both_rows(rows, others)

    def asked() -> object:
        return plain(query(guild=guild, **arguments(name, query, rows, both)))

    assert crowded.call(asked) == db.call(asked)


Beside = tuple[Database, Database, GuildId, GuildId, Rows]


@pytest.fixture(scope="module")
def beside(
    tmp_path_factory: pytest.TempPathFactory,
    at_noon: None,
    engine: str,
    request: pytest.FixtureRequest,
) -> Iterator[Beside]:
    """A guild with nothing in it, alone and beside a full one, and the other's rows."""
    alone, path = (tmp_path_factory.mktemp(name) for name in ("empty", "beside"))
    with (
        new_place(engine, alone, request) as one_place,
        new_place(engine, path, request) as other_place,
        Database(one_place) as db,
        Database(other_place) as crowded,
    ):
        crowded.call(authors.open_key, path / "author.key")
        (alone / "author.key").write_bytes((path / "author.key").read_bytes())
        db.call(authors.open_key, alone / "author.key")
        guild, same = (
            one.call(guilds.ensure, "The Globe", "1").id for one in (db, crowded)
        )
        assert guild == same
        other = crowded.call(guilds.ensure, "The Rose", "2").id
        yield db, crowded, guild, other, crowded.call(fill, other, "b")


@pytest.mark.parametrize(("name", "query"), READING, ids=[one[0] for one in READING])
def test_a_guild_with_nothing_in_it_finds_nothing_of_another(
    name: str,
    query: Callable[..., Any],
    beside: Beside,
):
    db, crowded, guild, _, others = beside

    given = crowded.call(arguments, name, query, others, others)

    def asked() -> object:
        return plain(query(guild=guild, **given))

    assert crowded.call(asked) == db.call(asked)


@pytest.mark.parametrize(("name", "query"), WRITING, ids=[one[0] for one in WRITING])
@pytest.mark.parametrize("names", ["its own rows", "the other's rows"])
def test_a_change_touches_no_other_guild(
    name: str, query: Callable[..., Any], names: str, shared: Filled
):
    db, guild, mine, other, others = shared
    named = mine if names == "its own rows" else others
    given = db.call(arguments, name, query, named, both_rows(mine, others))
    before, after = db.call(changed, partial(query, guild=guild, **given), other)
    assert after == before


@pytest.mark.parametrize(("name", "query"), WRITING, ids=[one[0] for one in WRITING])
def test_a_change_of_a_guild_with_nothing_in_it_touches_no_other(
    name: str,
    query: Callable[..., Any],
    beside: Beside,
):
    _, crowded, guild, other, others = beside
    given = crowded.call(arguments, name, query, others, others)
    before, after = crowded.call(changed, partial(query, guild=guild, **given), other)
    assert after == before


def changed(change: Callable[[], object], other: GuildId) -> tuple[object, object]:
    """Return all of another guild before and after a change, which is taken back."""
    before = contents(other)
    with bound().atomic() as transaction:
        change()
        after = contents(other)
        transaction.rollback()
    return before, after


def test_a_query_takes_its_guild_first():
    """So that no other number is taken for it; without a guild it is of all of them."""
    places = {
        name: [*inspect.signature(query).parameters].index("guild")
        for name, query in queries()
        if inspect.signature(query).parameters["guild"].default
        is inspect.Parameter.empty
    }
    assert len(places) > 100 and set(places.values()) == {0}
