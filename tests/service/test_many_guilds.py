"""A home of many guilds: lists, starts and voices do not grow with their number."""

import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from app.cli import guilds as guilds_command
from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.discord.controller import ports_of
from app.ipc import control
from app.service.handlers import app as app_handlers
from app.service.handlers import guild_list
from app.service.service import Service
from app.service.voices import opened_voices
from app.settings.config_file import save
from app.store import feedback, guilds, members, messages, overview, replies
from app.store import settings as stored_settings
from app.store.database import Database, bound, write
from app.store.messages import NewMessage
from app.store.reply.reply_sources import SourceMessage
from app.store.search import guild_pages
from app.store.search.guild_pages import GuildTotals
from tests.service.test_voice_keeper import opened

pytestmark = pytest.mark.process


@write
def fill(number: int) -> list[GuildId]:
    """Make guilds of two messages each."""
    rows = []
    for place in range(number):
        guild = guilds.ensure(f"Isle {place}", str(1000 + place)).id
        channel = guilds.ensure_channel(guild, "shore", str(5000 + place)).id
        guilds.set_learning(channel, True)
        ann = members.ensure(guild, "ann", "Ann").id
        for turn, text in enumerate(("the ferry is late", f"boat {place} is in")):
            said = NewMessage(channel, ann, f"{place}{turn}", turn + 1, text, None)
            messages.add(guild, said)
        rows.append(guild)
    return rows


class Trips:
    """Counts what is asked of the database."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        plain = Database.submit

        def submit(database: Database, *args: Any, **kwargs: Any) -> Any:
            self.count += 1
            return plain(database, *args, **kwargs)

        monkeypatch.setattr(Database, "submit", submit)

    async def of(self, work: Any) -> int:
        before = self.count
        await work
        return self.count - before


def _nobody() -> Any:
    class Nobody:
        async def notify(self, notification: object) -> None: ...

    return Nobody()


async def test_a_list_of_many_guilds_opens_no_voice_and_asks_no_more(
    service: Service, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guild_list, "MOST_OPENED", 3)
    trips, context = Trips(monkeypatch), service.context
    await context.database.run(fill, 4)
    # The settings are read at the first time.
    await service.call(_nobody(), control.Guilds())
    one = await trips.of(service.call(_nobody(), control.Guilds()))
    await context.database.run(fill, 40)
    many = await trips.of(service.call(_nobody(), control.Guilds()))
    assert many == one
    found = (await service.call(_nobody(), control.Guilds())).guilds
    assert len(found) == 40
    assert {guild.words for guild in found} == {None}
    assert {(guild.messages, guild.learned, guild.voice) for guild in found} == {
        (2, 2, "speaks, still learning")
    }


@write
def make_their_own(rows: list[GuildId]) -> None:
    """Give each guild a setting, a consent, and a reply that somebody disliked."""
    for row in rows:
        stored_settings.put(row, "reply.dial", 10 + row % 80)
        stored_settings.put(row, "reply.provider", "openai")
        stored_settings.give_consent(row, "replies", f"https://{row}.example", 1)
        reply = replies.claim(row, None, "say")
        assert reply is not None
        (said, *_) = messages.page(row, limit=1)
        drawn = [SourceMessage(said.id, 3)]
        replies.finish(reply, {"state": "made", "text": "x"}, drawn)
        feedback.rate(reply, "ann", -1)


async def test_what_is_each_guilds_own_is_asked_for_at_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guild_list, "MOST_OPENED", 3)
    trips, context = Trips(monkeypatch), service.context

    async def of_first_list(number: int) -> int:
        await context.database.run(lambda: make_their_own(fill(number)))
        context.settings.drop()
        return await trips.of(service.call(_nobody(), control.Guilds()))

    await service.call(_nobody(), control.Guilds())
    few, many = await of_first_list(4), await of_first_list(40)
    assert many == few
    for one in (await service.call(_nobody(), control.Guilds())).guilds:
        assert (one.dial, one.provider, one.disliked) == (
            10 + one.row % 80,
            "openai",
            1,
        )
        assert one.refused.startswith("nobody has agreed") and one.last_reply


async def test_the_state_for_home_names_some_of_many_guilds_and_asks_no_more(
    service: Service, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips, run = Trips(monkeypatch), service.context.database.run
    save(home.config_file, "reply.provider", "openai")
    rows = await run(fill, 6)
    state = await service.call(_nobody(), control.Status())
    assert state.cloud.reason.startswith(
        "Isle 0, Isle 1, Isle 2, Isle 3, Isle 4, 1 more"
    )
    await service.context.settings.change("reply.local_only", "true", rows[1])
    await service.call(_nobody(), control.Status())
    one = await trips.of(service.call(_nobody(), control.Status()))
    await run(fill, 40)
    assert await trips.of(service.call(_nobody(), control.Status())) == one
    state = await service.call(_nobody(), control.Status())
    assert state.cloud.reason.startswith(
        "Isle 0, Isle 2, Isle 3, Isle 4, Isle 5, 34 more"
    )
    await service.context.settings.change("reply.provider", "local")
    await run(stored_settings.put, rows[2], "reply.provider", "openai")
    service.context.settings.drop(rows[2])
    state = await service.call(_nobody(), control.Status())
    assert state.cloud.reason.startswith("Isle 2: nobody has agreed")


async def test_whoever_names_what_is_not_there_hears_the_first_names_and_a_number(
    service: Service,
) -> None:
    context, run = service.context, service.context.database.run
    (guild, *_) = await run(fill, 7)
    for place in range(9):
        await run(guilds.ensure_channel, guild, f"room-{place}")
    with pytest.raises(UsageError) as unknown:
        await context.guild("Atlantis")
    first = "Isle 0, Isle 1, Isle 2, Isle 3, Isle 4, 2 more."
    assert unknown.value.hint == f"Known servers: {first}"
    found = await service.call(_nobody(), control.Doctor())
    assert f"Learned servers: {first}" in [check.detail for check in found.checks]
    with pytest.raises(UsageError) as nowhere:
        await context.channel(guild, "cellar")
    assert str(nowhere.value.hint).endswith("room-3, room-4, 5 more.")


async def test_words_of_many_guilds_are_those_of_their_files(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    voices = service.context.voices
    rows = await service.context.database.run(fill, 4)
    await voices.rebuild(rows[1])
    await voices.voice(rows[2])
    voices._voices._recent.pop(rows[1])
    assert rows[1] not in voices._voices._open
    words = voices.known_words(rows)
    assert words[rows[0]] is None and words[rows[3]] is None
    assert words[rows[1]] == words[rows[2]] == 8


async def test_the_bot_comes_back_to_many_guilds_in_a_few_trips(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips, database = Trips(monkeypatch), service.context.database
    ports = ports_of(service.context, service.context._rng)
    await database.run(fill, 40)
    present = {1000 + place: f"Isle {place}" for place in range(40)}
    assert await trips.of(ports.guilds.present(present)) < 5
    half = range(1000, 1020)
    assert await trips.of(ports.messages.newest(half)) == 1
    assert await ports.messages.newest(half) == {
        5000 + place: int(f"{place}1") for place in range(20)
    }
    del present[1000]
    await ports.guilds.present(present | {1001: "Skerry"})
    every = {one.discord_id: one for one in await database.run(guilds.every)}
    assert every["1000"].left is not None and every["1002"].left is None
    assert every["1001"].name == "Skerry"


async def test_a_voice_that_was_let_go_of_misses_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened_voices, "MOST_OPEN", 2)
    async with opened(home) as bench:
        await bench.hear("something is rotten in denmark", "1")
        row = await bench.hear("the readiness is all", "2")
        assert row is not None
        others = await bench.database.run(fill, 3)
        held = await bench.learning._voices.get(bench.guild)
        for guild in others:
            await bench.learning.voice(guild)
        assert len(bench.learning._voices._recent) == 2
        assert await bench.learning._voices.get(bench.guild) is held
        del held
        for guild in others:
            await bench.learning.voice(guild)
        assert bench.guild not in bench.learning._voices._open
        await bench.learning.forgetter.forget(bench.guild, [row])
        assert await bench.knows("rotten")
        assert not await bench.knows("readiness")
        await bench.settled()


def test_messages_of_one_guild_among_many_are_found_by_an_index(
    tmp_path: Path,
) -> None:
    with Database(tmp_path / "mynah.db") as database:
        database.call(fill, 30)

        def plans() -> set[str]:
            connection = bound().connection()
            queries = (
                "SELECT count(*) FROM message WHERE guild_id = 7",
                "SELECT text FROM message WHERE guild_id = 7 AND dropped IS NULL"
                " AND id > 3 ORDER BY id",
                "SELECT id FROM message WHERE guild_id = 7 ORDER BY id DESC LIMIT 5",
            )
            found = [connection.execute(f"EXPLAIN QUERY PLAN {one}") for one in queries]
            return {row[3].split("(")[0].strip() for rows in found for row in rows}

        steps = database.call(plans)
    assert all("message_guild_id" in step for step in steps)


async def test_a_voice_that_is_let_go_of_while_it_forgets_has_forgotten(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened_voices, "MOST_OPEN", 1)
    async with opened(home) as bench:
        await bench.hear("something is rotten in denmark", "1")
        row = await bench.hear("the readiness is all", "2")
        assert row is not None
        others = await bench.database.run(fill, 3)
        plain = bench.learning.forgetter.blank

        async def blank(*args: Any, **kwargs: Any) -> Any:
            """Let the voice go, and open it again, before anything is deleted."""
            for guild in others:
                await bench.learning.voice(guild)
            assert not await bench.knows("readiness")
            return await plain(*args, **kwargs)

        monkeypatch.setattr(bench.learning.forgetter, "blank", blank)
        await bench.learning.forgetter.forget(bench.guild, [row])
        assert not await bench.knows("readiness")
        await bench.settled()


async def test_starting_talk_asks_once_whatever_the_number_of_servers(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips, context = Trips(monkeypatch), service.context
    ports = ports_of(context, context._rng)
    rows = await context.database.run(fill, 40)
    present = [1000 + place for place in range(40)]
    assert await trips.of(ports.guilds.starting_talk(present)) == 1
    assert await ports.guilds.starting_talk(present) == []
    await context.settings.change("speak.start_after_hours", "5", rows[7])
    channel = await context.database.run(guilds.find_channel, rows[9], "5009")
    assert channel is not None
    await context.settings.change("speak.start_after_hours", "5", rows[9], channel.id)
    assert await ports.guilds.starting_talk(present) == [1007, 1009]
    await context.settings.change("speak.start_at", "09:00 weekdays in #shore")
    assert await ports.guilds.starting_talk(present) == present


@pytest.mark.parametrize(("slow", "counts"), [(0.05, [1, 1, 1]), (600.0, [1, 2, 3])])
async def test_a_slow_count_of_today_is_not_made_for_every_question(
    service: Service, monkeypatch: pytest.MonkeyPatch, slow: float, counts: list[int]
) -> None:
    counted = 0

    def since(start: int) -> dict[str, int]:
        nonlocal counted
        counted += 1
        time.sleep(0.06)
        return {"messages": counted, "replies": 0}

    monkeypatch.setattr(overview, "since", since)
    monkeypatch.setattr(app_handlers, "SLOW_COUNT", slow)
    monkeypatch.setattr(app_handlers, "COUNT_REST", 10_000.0)
    found = [await service.call(_nobody(), control.Status()) for _ in range(3)]
    assert [status.today.messages for status in found] == counts


@pytest.mark.parametrize(("slow", "counts"), [(0.5, [2, 2]), (600.0, [2, 3])])
async def test_all_messages_are_not_counted_for_every_list_where_that_takes_long(
    service: Service, monkeypatch: pytest.MonkeyPatch, slow: float, counts: list[int]
) -> None:
    # Each count takes a second; that of Windows takes none, or 16 ms.
    clock = map(float, count())
    monkeypatch.setattr(time, "thread_time", lambda: next(clock))
    monkeypatch.setattr(guild_list, "SLOW_COUNT", slow)
    monkeypatch.setattr(guild_list, "COUNT_REST", 1e9)
    run, found = service.context.database.run, list[int]()
    (guild,) = await run(fill, 1)

    def hear() -> None:
        (channel,) = guilds.channels(guild)
        ann = members.ensure(guild, "ann", "Ann").id
        messages.add(guild, NewMessage(channel.id, ann, "7", 9, "one more", None))

    for _ in range(2):
        listed = (await service.call(_nobody(), control.Guilds())).guilds
        found.append(listed[0].messages)
        await run(hear)
    assert found == counts


async def test_a_page_that_was_slow_to_count_is_kept_when_another_is_asked_for(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = map(float, count())
    monkeypatch.setattr(time, "thread_time", lambda: next(clock))
    monkeypatch.setattr(guild_list, "SLOW_COUNT", 0.5)
    await service.context.database.run(fill, 6)
    counted = list[int]()
    plain = guild_pages.totals

    def totals(rows: Sequence[GuildId]) -> dict[GuildId, GuildTotals]:
        counted.append(len(rows))
        return plain(rows)

    monkeypatch.setattr(guild_pages, "totals", totals)
    for skip, limit in ((0, 3), (3, 3), (0, 3), (0, 6)):
        await service.call(_nobody(), control.Guilds(skip=skip, limit=limit))
    assert counted == [3, 3]


async def test_a_page_of_many_guilds_is_asked_for_by_place_words_and_rows(
    service: Service,
) -> None:
    rows = await service.context.database.run(fill, 60)

    async def asked(**about: Any) -> tuple[list[GuildId], int, int]:
        reply = await service.call(_nobody(), control.Guilds(**about))
        return [one.row for one in reply.guilds], reply.matching, reply.all

    first, matching, every = await asked()
    rest, *_ = await asked(skip=50)
    assert (len(first), matching, every) == (50, 60, 60)
    assert sorted(first + rest) == sorted(rows)
    found, matching, every = await asked(words=" ISLE 5 ", limit=3)
    assert (len(found), matching, every) == (3, 11, 60)
    assert sorted((await asked(rows=rows[55:58], limit=1))[0]) == rows[55:58]
    assert await asked(words="no such isle") == ([], 0, 60)


async def test_a_command_lists_every_guild_page_by_page(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guilds_command, "MOST_GUILDS", 25)
    rows = await service.context.database.run(fill, 60)
    asked = list[Any]()

    class Bot:
        async def call(self, request: Any) -> Any:
            asked.append(request)
            return await service.call(_nobody(), request)

    bot: Any = Bot()
    found = [one.row async for one in guilds_command.every_guild(bot)]
    assert len(asked) == 3 and sorted(found) == sorted(rows)
