"""A server talks as it did before a day, and keeps every gate then."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random

import pytest

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.core.time_units import start_of
from app.importers.records import Record
from app.ipc import control
from app.replies.request import ReplyRequest
from app.service.service import Service, open_service
from app.service.spoken_from import past_of
from app.store import places
from app.store.places import Place
from tests.asking import ask
from tests.runner import tiny

DAY = "2021-06-30"
GENERAL = Place("1", "Harbour", "1", "general", "1", "general")
STAFF = Place("1", "Harbour", "2", "staff", "2", "staff", True, True)
TOPICS = ("the tide", "small boats", "tar and fish", "the cat", "a rope", "our lamp")


def lines(own: str, count: int = 60) -> list[str]:
    rng = Random(own)
    return [
        f"{own}{n % 7} {rng.choice(TOPICS)} and {rng.choice(TOPICS)} again {own}{n % 5}"
        for n in range(count)
    ]


async def hear(
    service: Service, place: Place, texts: Sequence[str], first: int, mark: str
) -> None:
    records = [
        Record("7", "ann", text, f"{mark}{at}", first + at, None, "c", place.channel)
        for at, text in enumerate(texts)
    ]
    assert len(await service.context.voices.hear(GuildId(1), records)) == len(texts)


@pytest.fixture
async def service(home: Home, tmp_path: Path) -> AsyncIterator[Service]:
    """What is older was learned later, as from a file."""
    model = tiny.write(tmp_path / "tiny.gguf")
    home.config_file.write_text(
        f'[model]\nname = "{model.as_posix()}"\ncontext = 1024\nthreads = 1\n'
        "[memory]\nenabled = false\n[reply]\ncandidates = 1\n",
        encoding="utf-8",
    )
    end = start_of(DAY)
    async with open_service(home, Random(1)) as opened:
        for place in (GENERAL, STAFF):
            await opened.context.database.run(places.rows_of, place)
        await hear(opened, GENERAL, lines("nunu"), end, "3")
        await hear(opened, GENERAL, lines("olol"), end - 1_000_000, "4")
        await hear(opened, STAFF, lines("zqzq"), end - 2_000_000, "5")
        yield opened


async def said(service: Service, mode: str, count: int, before: str = DAY) -> str:
    texts = []
    for at in range(count):
        request = control.Say(
            "1", f"nunu{at % 7} {TOPICS[at % 6]}", mode=mode, before=before,
            max_ms=20_000,
        )  # fmt: skip
        texts.append((await ask(service, request)).text)
    return " ".join(texts)


@pytest.mark.parametrize("is_rebuilt", [False, True])
async def test_the_chain_says_only_words_of_then(
    service: Service, is_rebuilt: bool
) -> None:
    if is_rebuilt:
        await service.context.voices.rebuild(GuildId(1))
    text = await said(service, "markov", 60)
    assert "olol" in text
    assert "nunu" not in text
    assert "nunu" in await said(service, "markov", 20, before="")


@pytest.mark.process
@pytest.mark.llama
async def test_model_and_voice_draw_on_messages_of_then_alone(
    service: Service,
) -> None:
    local = 0
    for at in range(12):
        request = control.Say(
            "1", TOPICS[at % 6], mode="hybrid", voice=100, before=DAY, max_ms=20_000,
            explain=True,
        )  # fmt: skip
        reply = await ask(service, request)
        local += reply.provider == "local"
        assert all(one.text[:4] in ("olol", "zqzq") for one in reply.drawn)
        assert "it spoke as people did before 2021-06-30" in reply.notes
    assert local


async def test_a_channel_hears_nothing_hidden_of_then_either(service: Service) -> None:
    context = service.context
    past = await past_of(context, GuildId(1), DAY)
    row = (await context.database.run(places.rows_of, GENERAL)).channel
    for at in range(60):
        request = ReplyRequest(
            GuildId(1), f"zqzq{at % 7} {TOPICS[at % 6]}", "bob", channel=row,
            mode="markov", past=past,
        )  # fmt: skip
        made = await context.replier.reply(request)
        assert made is not None
        assert "zqzq" not in made.said and "nunu" not in made.said


async def test_what_is_forgotten_is_not_said_of_then(service: Service) -> None:
    forget = control.Forget("1", messages=[f"4{at}" for at in range(60)])
    await ask(service, forget)
    assert "olol" not in await said(service, "markov", 40)


@pytest.mark.parametrize(
    ("day", "why"), [("in May", "is not a day"), ("1999-01-01", "Nothing is learned")]
)
async def test_a_day_that_cannot_be_is_told(
    service: Service, day: str, why: str
) -> None:
    with pytest.raises(UsageError, match=why):
        await said(service, "markov", 1, before=day)
