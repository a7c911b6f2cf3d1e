"""Blind tests and a live split on a real home, with the echo runner as the model."""

from random import Random

import pytest

from app.core.errors import ConfigError, UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.replies.request import ReplyRequest
from app.service.handlers.blind_tests import BlindTestHandlers
from app.service.service import Service, open_service
from app.store import feedback
from app.store.reply import outcomes
from tests.asking import Nobody

LINES = ("who is up", "server is down", "gg was close")
"""Short enough that an echo of one is no copy."""


@pytest.fixture
async def service(home: Home):
    home.config_file.write_text(
        '[model]\nname = "echo"\n[memory]\nenabled = false\n', encoding="utf-8"
    )
    async with open_service(home, Random(1)) as opened:
        from app.store import guilds

        row = await opened.context.database.run(guilds.ensure, "den")
        records = [
            Record("1", "ann", LINES[n % 3], str(n), n, None, "c", "c")
            for n in range(9)
        ]
        await opened.context.voices.hear(row.id, records)
        assert await opened.context.local.wait_until_ready(30)
        yield opened


def comparing(service: Service) -> BlindTestHandlers:
    return BlindTestHandlers(service.context, Random(3))


async def test_two_replies_are_shown_blind_and_the_choice_counts(service: Service):
    blind = comparing(service)
    for won in (1, 1, 0):
        pair = await blind.blind(Nobody(), control.Blind("den", "markov", "llm"))
        assert len(pair.texts) == 2 and pair.turns[-1][1] in LINES
        assert not {"arms", "mode", "provider"} & set(vars(pair))
        choice = control.BlindChoose(pair.pair, won)
        told = await blind.blind_choose(Nobody(), choice)
        assert sorted(told.arms) == ["llm", "markov"]
        with pytest.raises(UsageError, match="has ended"):
            await blind.blind_choose(Nobody(), choice)
    found = await blind.blind_results(Nobody(), control.BlindResults("den"))
    assert found.comparisons == 3
    assert {row.arm: row.of for row in found.blind} == {"llm": 3, "markov": 3}
    assert sum(row.won for row in found.blind) == 3
    assert all(0 <= row.low < row.high <= 1 for row in found.blind)


async def test_the_order_is_drawn_by_lot(service: Service):
    blind = comparing(service)
    firsts = set()
    for _ in range(8):
        pair = await blind.blind(Nobody(), control.Blind("den", "markov", "llm"))
        choice = control.BlindChoose(pair.pair, 0)
        firsts.add((await blind.blind_choose(Nobody(), choice)).arms[0])
    assert firsts == {"markov", "llm"}


async def test_a_comparison_needs_two_ways_that_exist(service: Service):
    blind = comparing(service)
    with pytest.raises(UsageError, match="two different"):
        await blind.blind(Nobody(), control.Blind("den", "llm", "llm"))
    with pytest.raises(ConfigError):
        await blind.blind(Nobody(), control.Blind("den", "llm", "cloud"))


async def test_real_replies_alternate_between_two_arms_and_feedback_is_compared(
    service: Service,
):
    change, run = service.context.settings.change, service.context.database.run
    with pytest.raises(ConfigError, match="two different"):
        await change("reply.split", "llm", GuildId(1))
    await change("reply.split", "markov, llm", GuildId(1))
    for number in range(6):
        request = ReplyRequest(GuildId(1), "who is up?", "ann", trigger=f"t{number}")
        made = await service.context.replier.reply(request)
        assert made is not None and made.arm == made.mode
        await run(outcomes.set_state, made.reply, "sent", [str(number)])
        await run(feedback.rate, made.reply, "x", 1 if made.arm == "llm" else -1)
    other = await service.context.replier.reply(
        ReplyRequest(GuildId(1), "hi", mode="llm")
    )
    assert other is not None and other.arm == ""
    found = await comparing(service).blind_results(
        Nobody(), control.BlindResults("den")
    )
    rates = {row.arm: (row.replies, row.rate) for row in found.live}
    assert rates == {"llm": (3, 1.0), "markov": (3, 0.0)}
