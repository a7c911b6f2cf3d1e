"""Words of a channel that some readers cannot see come out where they may alone."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random

import pytest

from app.chat.prompt_settings import build
from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.providers.base import Turn
from app.replies.cloud_examples import Illustrator
from app.replies.request import ReplyRequest
from app.service.service import Service, open_service
from app.settings.schema import Config
from app.store import places, voice_changes
from app.store.places import Place
from tests.runner import tiny

pytestmark = [pytest.mark.process, pytest.mark.llama]

PLACES = {
    "general": Place("1", "Harbour", "1", "general", "1", "general"),
    "staff": Place("1", "Harbour", "2", "staff", "2", "staff", True, True),
    "adults": Place("1", "Harbour", "3", "adults", "3", "adults", False, False, True),
}
OWN = {"general": "ebb", "staff": "zqzq", "adults": "xjxj"}
"""A word that only one channel has, in letters of its own."""

REPEATED = {
    "it repeated what was just said",
    "it repeated one learned message",
    "it wrote no whole sentence",
}

TOPICS = ("the tide", "small boats", "tar and fish", "the cat", "a rope", "our lamp")


def lines_of(channel: str, count: int = 60) -> list[str]:
    """Lines that share most of their words with those of other channels."""
    rng, own = Random(channel), OWN[channel]
    return [
        f"{own}{n % 7} {rng.choice(TOPICS)} and {rng.choice(TOPICS)} again {own}{n % 5}"
        for n in range(count)
    ]


@pytest.fixture
async def service(home: Home, tmp_path: Path) -> AsyncIterator[Service]:
    """A guild of three channels is learned; a tiny model can be loaded."""
    model = tiny.write(tmp_path / "tiny.gguf")
    home.config_file.write_text(
        f'[model]\nname = "{model.as_posix()}"\ncontext = 1024\nthreads = 1\n'
        "[memory]\nenabled = false\n[reply]\ncandidates = 1\n",
        encoding="utf-8",
    )
    async with open_service(home, Random(1)) as opened:
        for channel, place in PLACES.items():
            await opened.context.database.run(places.rows_of, place)
            await hear(opened, channel, lines_of(channel))
        yield opened


async def hear(service: Service, channel: str, texts: Sequence[str]) -> None:
    number = PLACES[channel].channel
    records = [
        Record("7", "ann", text, f"{number}{at}{len(texts)}", at, None, channel, number)
        for at, text in enumerate(texts)
    ]
    assert len(await service.context.voices.hear(GuildId(1), records)) == len(texts)


async def replies(
    service: Service, channel: str, count: int, mode: str, dial: int | None = None
) -> list[str]:
    """Replies in a channel to people who fish for the words of the others."""
    context = service.context
    row = (await context.database.run(places.rows_of, PLACES[channel])).channel
    texts, by = [], Counter[str]()
    wanted = {"markov": "markov", "hybrid": "local"}[mode]
    for at in range(count):
        text = " ".join([*OWN.values(), TOPICS[at % len(TOPICS)], f"zqzq{at % 7}"])
        seed = f"zqzq{at % 7} xjxj{at % 5}" if mode == "markov" and at % 2 else None
        request = ReplyRequest(
            GuildId(1),
            text,
            "bob",
            channel=row,
            mode=mode,
            dial=dial,
            seed=seed,
            max_ms=20_000,
        )
        made = await context.replier.reply(request)
        assert made is not None
        texts.append(made.answer.finished.text)
        by[made.answer.provider] += 1
        if made.answer.provider != wanted:
            assert {rung.reason for rung in made.answer.rungs[:-1]} <= REPEATED
    # The chain takes over where the model only repeats what was said.
    assert by[wanted] >= 0.8 * count, by
    return texts


def heard_in(texts: Sequence[str]) -> set[str]:
    """Channels whose letters are in the texts."""
    text = " ".join(texts)
    return {channel for channel, own in OWN.items() if own[0] in text}


@pytest.mark.parametrize("is_rebuilt", [False, True])
async def test_the_chain_says_no_hidden_word_in_500_replies_but_where_it_may(
    service: Service, is_rebuilt: bool
) -> None:
    if is_rebuilt:
        await service.context.voices.rebuild(GuildId(1))
        await hear(service, "staff", ["zqzq9 of today", "zqzq9 and the tide"])
    assert heard_in(await replies(service, "general", 500, "markov")) == {"general"}
    staff = await replies(service, "staff", 60, "markov")
    assert heard_in(staff) == {"general", "staff"}
    adults = await replies(service, "adults", 60, "markov")
    assert heard_in(adults) == {"general", "adults"}


async def test_fused_decoding_says_no_hidden_word_in_50_replies_but_where_it_may(
    service: Service,
) -> None:
    assert await service.context.local.wait_until_ready(60)
    assert await service.context.token_voices.prepare(GuildId(1))
    await hear(service, "staff", [f"{line} zqzqz" for line in lines_of("staff", 9)])
    general = await replies(service, "general", 50, "hybrid", 99)
    # The model itself knows every letter, if not the words made of them.
    assert not re.search("(zq){2}|(xj){2}", " ".join(general))
    assert re.search("ebb", " ".join(general))
    assert "zqzq" in " ".join(await replies(service, "staff", 20, "hybrid", 99))


async def test_examples_and_drafts_for_the_cloud_are_of_channels_that_may_be_heard(
    service: Service,
) -> None:
    context = service.context
    voice = await context.voices.voice(GuildId(1))
    rows = {
        channel: (await context.database.run(places.rows_of, place)).channel
        for channel, place in PLACES.items()
    }
    turns = [Turn("bob", "zqzq1 the tide and xjxj2 small boats")]
    illustrator = Illustrator(context.database, Random(3), None)
    for seen in ({"general"}, {"general", "staff"}):
        channels = frozenset(rows[channel] for channel in seen)
        prompt = build(Config(), "hybrid", GuildId(1), "c", turns, channels=channels)
        shown: list[str] = []
        for _ in range(20):
            full = await illustrator.illustrate(prompt, Config(), voice)
            shown += [*full.examples, *full.drafts]
        assert heard_in(shown) == seen


async def test_the_reply_right_after_a_deletion_or_an_edit_is_still_fused(
    service: Service,
) -> None:
    context = service.context
    assert await context.local.wait_until_ready(60)
    assert await context.token_voices.prepare(GuildId(1))
    first, second, third = await context.database.run(_first_rows)
    await context.forgetter.forget(GuildId(1), [first])
    await context.voices.edit(GuildId(1), second, "other words")
    await context.forgetter.forget(GuildId(1), [third], wait=False)
    request = ReplyRequest(
        GuildId(1), "well?", "bob", mode="hybrid", dial=99, max_ms=20_000
    )
    made = await context.replier.reply(request)
    assert made is not None
    assert made.answer.completion.extra["voice_share"] > 0.3


def _first_rows() -> list[int]:
    return [row for row, _, _ in voice_changes.newest_learnable(GuildId(1), 0, 3)]
