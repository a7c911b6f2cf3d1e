"""Replies lean to the channel that they are said in."""

from collections.abc import AsyncIterator
from random import Random

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.replies.request import ReplyRequest
from app.service.service import Service, open_service
from app.settings.schema import Config
from app.store import places
from app.store.places import Place

BOATS = Place("1", "Harbour", "1", "boats", "1", "boats")
TEA = Place("1", "Harbour", "2", "tea", "2", "tea")
SHARED = ("the old", "a small", "my best", "that green")


def lines(own: str) -> list[str]:
    rng = Random(own)
    return [
        f"we like {rng.choice(SHARED)} {own}{n % 9} and {rng.choice(SHARED)} one{n % 7}"
        for n in range(150)
    ]


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    home.config_file.write_text("[memory]\nenabled = false\n", encoding="utf-8")
    async with open_service(home, Random(1)) as opened:
        for place, own in ((BOATS, "boat"), (TEA, "tea")):
            await opened.context.database.run(places.rows_of, place)
            records = [
                Record("7", "ann", text, f"{own}{n}", n, None, "c", place.channel)
                for n, text in enumerate(lines(own))
            ]
            await opened.context.voices.hear(GuildId(1), records)
        yield opened


async def share_of_boats(service: Service, place: Place) -> float:
    rows = await service.context.database.run(places.rows_of, place)
    said = ""
    for _ in range(80):
        request = ReplyRequest(
            GuildId(1), "hm", "bob", channel=rows.channel, mode="markov"
        )
        made = await service.context.replier.reply(request)
        assert made is not None
        said += made.said
    boats, tea = said.count("boat"), said.count("tea")
    return boats / (boats + tea)


async def test_the_chain_leans_to_the_channel_as_much_as_is_set(
    service: Service,
) -> None:
    assert Config().voice.lean > 1
    at_boats = await share_of_boats(service, BOATS)
    at_tea = await share_of_boats(service, TEA)
    assert at_boats > 0.65 and at_tea < 0.35
    await service.context.settings.change("voice.lean", "1")
    assert 0.3 < await share_of_boats(service, BOATS) < 0.7
