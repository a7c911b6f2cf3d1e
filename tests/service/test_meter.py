"""The meter of a real home: sent replies beside what members wrote that week."""

from collections.abc import Sequence

import pytest

from app.cli import meter as command
from app.core.names import GuildId
from app.core.paths import Home
from app.core.time_units import WEEK_MS
from app.ipc import control
from app.service.handlers.meter import MeterHandlers
from app.service.service import Service, open_service
from app.store import guilds, members, messages, meter, replies
from app.store.tables import Reply
from tests.asking import Nobody

NOW = 1_700_000_000.0
WEEK = meter.week_of(int(NOW * 1000))
CHAT = ("lol no way", "gg ez", "who wants to play tonight", "server down again", "ok")
HELP_DESK = "Certainly! I would be happy to help you with question {}."


def fill(guild: GuildId, start: int, texts: Sequence[str], state: str = "sent") -> None:
    channel = guilds.ensure_channel(guild, "general")
    member = members.ensure(guild, "hash", "Ann")
    for number in range(80):
        new = messages.NewMessage(
            channel.id, member.id, f"{start}-{number}", start + number, CHAT[number % 5]
        )
        messages.add(guild, new)
    for number, text in enumerate(texts):
        row = replies.claim(guild, channel.id, "mention", f"{start}:{state}:{number}")
        assert row is not None
        turns = [["Ann", f"{text} {CHAT[number % 5]}", None]]
        fields = {"state": state, "text": text, "turns": turns}
        replies.finish(row, {**fields, "timings": {"total": 900.0}, "mode": "hybrid"})
        Reply.update(created=start + number).where(Reply.id == row).execute()


@pytest.fixture
async def service(home: Home):
    async with open_service(home) as opened:
        guild = await opened.context.database.run(guilds.ensure, "Games")
        chatty = [f"{CHAT[n % 5]} {CHAT[(n + 2) % 5]}" for n in range(12)]
        desk = [HELP_DESK.format(n) for n in range(12)]
        run = opened.context.database.run
        await run(fill, guild.id, WEEK - WEEK_MS, chatty)
        await run(fill, guild.id, WEEK, desk)
        await run(fill, guild.id, WEEK + 999, chatty, "made")
        yield opened


def metering(service: Service, now: float = NOW) -> MeterHandlers:
    return MeterHandlers(service.context, lambda: now)


async def test_weeks_have_figures_and_a_drift_is_an_alarm(service: Service, capsys):
    found = await metering(service).meter(Nobody(), control.Meter("Games"))
    before, week = found.weeks
    assert (before.replies, week.replies) == (12, 12)
    assert before.assistant == 0 and week.assistant == 1
    assert (before.alike or 0) > (week.alike or 0)
    assert (week.relevance or 0) > 0.5
    assert found.advice[0].is_alarm
    command.show(found)
    shown = capsys.readouterr().out
    assert "assistant-speak" in shown and "100%" in shown and "ALARM" in shown


async def test_a_past_week_is_measured_once_and_the_present_one_daily(service):
    run, now = service.context.database.run, int(NOW * 1000)
    for start in (WEEK - WEEK_MS, WEEK):
        await run(meter.put, 1, start, {"replies": 99}, now)

    async def counts(seconds: float, anew: bool) -> list[int]:
        request = control.Meter("Games", anew=anew)
        found = await metering(service, NOW + seconds).meter(Nobody(), request)
        return [week.replies for week in found.weeks]

    assert await counts(3600, anew=False) == [99, 99]
    assert await counts(3600, anew=True) == [99, 12]
    await run(meter.put, 1, WEEK, {"replies": 99}, now)
    assert await counts(25 * 3600, anew=False) == [99, 12]


async def test_without_replies_the_meter_is_empty(home: Home):
    async with open_service(home) as service:
        await service.context.database.run(guilds.ensure, "Quiet")
        found = await metering(service).meter(Nobody(), control.Meter("Quiet"))
    assert (found.weeks, found.advice) == ([], [])


def test_a_week_begins_on_monday():
    from datetime import UTC, datetime

    start = datetime.fromtimestamp(WEEK / 1000, UTC)
    assert (start.weekday(), start.hour, start.minute) == (0, 0, 0)
