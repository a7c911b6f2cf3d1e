"""A guild's row is no plain number, so that no query is asked about another one."""

import ast
import inspect
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.names import GuildId
from tests.store.test_two_guilds import public_functions

APP = Path(__file__).parent.parent.parent / "app"

NAMES = ("guild", "guild_id")

ROWS = {
    "channel", "conversation", "conversations", "first", "joined", "links", "message",
    "messages", "place", "replies", "reply", "row", "rows", "snapshot", "trigger",
    "triggers", "entry", "files",
}  # fmt: skip
"""What is of one guild by itself: rows, and ids that Discord gives once."""

OF_ALL = {
    "conversations.long_ones", "guilds.ensure", "guilds.every", "guilds.find",
    "guilds.heard_channels", "guilds.left_before", "guilds.numbers", "guilds.of_files",
    "members.chosen_guild", "members.drop_choice", "messages.guilds_after",
    "messages.last_row", "overview.outcomes_over_time", "overview.since",
    "places.rows_of_many", "guild_pages.largest", "guild_pages.learned",
    "guild_pages.page",
    "replies.move_trigger", "replies.unsent", "settings.guilds_of_their_own",
    "settings.servers_that_set", "usage.by_day", "usage.latest", "usage.sent_requests",
    "usage.spent_by_guild", "usage.tokens_by_provider", "voice_changes.changed_guilds",
    "forgetting.texts_after", "audience.unknown_channels", "guilds.servers_with",
    "guilds.names_but", "guilds.names_of", "meter.guilds_with_replies",
    "settings.guilds_with_hosts",
}  # fmt: skip
"""Queries for the owner and for work in the background, about every guild."""

NO_QUERIES = (
    "authors", "database", "engines", "migrations", "rows", "statements", "twins",
)  # fmt: skip
"""Modules whose functions compute, or work on the database as a whole."""

DISCORDS = ("app/discord",)
"""Where `guild` is Discord's number; `IdMap` alone gives the row for it."""

BORDERS = {
    "app/store/members.py", "app/service/voices/uploads.py",
    "app/discord/controller.py", "app/store/engines/neighbours.py",
}  # fmt: skip
"""Where a text or a job's number becomes the row of a guild."""

QUERIES = [
    (name, query)
    for name, query in public_functions()
    if name.partition(".")[0] not in NO_QUERIES
]


@pytest.mark.parametrize(("name", "query"), QUERIES, ids=[one[0] for one in QUERIES])
def test_a_query_takes_the_guild_first_or_names_rows(
    name: str, query: Callable[..., Any]
):
    named = inspect.signature(inspect.unwrap(query)).parameters
    hints = typing.get_type_hints(inspect.unwrap(query))
    guilds = [one for one in named if one in NAMES]
    assert all(hints[one] in (GuildId, GuildId | None) for one in guilds)
    if guilds and named[guilds[0]].default is inspect.Parameter.empty:
        assert next(iter(named)) == "guild"
    elif not guilds and name not in OF_ALL:
        known = name in (
            "meter.week_of", "audience.audience_of", "reply_sources.named"
        )  # fmt: skip
        assert known or ROWS & named.keys(), "take the guild first"


def plain_guilds(code: str) -> Iterator[int]:
    """Yield the lines where a guild is declared as a plain number."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.arg):
            name, kind = node.arg, node.annotation
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name, kind = node.target.id, node.annotation
        else:
            continue
        if name in NAMES and kind and ast.unparse(kind).startswith("int"):
            yield node.lineno


def test_no_guild_is_declared_as_a_plain_number():
    places = [
        f"{path}:{line}"
        for path in sorted(APP.rglob("*.py"))
        if not path.relative_to(APP.parent).as_posix().startswith(DISCORDS)
        for line in plain_guilds(path.read_text("utf-8"))
    ]
    assert not places, "declare it as a GuildId"


def test_a_planted_plain_guild_is_seen():
    planted = "def get(guild: int): ...\nclass Row:\n    guild_id: int | None"
    assert [*plain_guilds(planted)] == [3, 1]


def test_a_number_becomes_a_guild_at_the_borders_alone():
    made = {
        path.relative_to(APP.parent).as_posix()
        for path in sorted(APP.rglob("*.py"))
        if "GuildId(" in path.read_text("utf-8").replace("GuildId(0)", "")
    }
    assert made <= BORDERS
