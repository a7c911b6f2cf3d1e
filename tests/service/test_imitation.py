"""A server speaks like a member who agreed to it, and keeps every gate then."""

import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random

import pytest

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.ipc import control
from app.providers.base import Prompt
from app.providers.markov import MarkovProvider
from app.replies.request import ReplyRequest
from app.service import privacy
from app.service.service import Service, open_service
from app.service.spoken_from import like_of
from app.store import members, places, replies
from app.store.authors import AuthorKey
from app.store.places import Place
from app.store.reply import outcomes
from tests.asking import ask
from tests.runner import tiny

GENERAL = Place("1", "Harbour", "1", "general", "1", "general")
STAFF = Place("1", "Harbour", "2", "staff", "2", "staff", True, True)
TOPICS = ("the tide", "small boats", "tar and fish", "the cat", "a rope", "our lamp")
ANN, BEN = "7", "8"
GUILD = GuildId(1)


def lines(own: str, count: int = 60) -> list[str]:
    rng = Random(own)
    return [
        f"{own}{n % 7} {rng.choice(TOPICS)} and {rng.choice(TOPICS)} again {own}{n % 5}"
        for n in range(count)
    ]


async def hear(
    service: Service, place: Place, name: str, author: str, own: str, mark: str
) -> None:
    records = [
        Record(author, name, text, f"{mark}{at}", at + 1, None, "c", place.channel)
        for at, text in enumerate(lines(own))
    ]
    await service.context.voices.hear(GUILD, records)


def hashed(service: Service, author: str) -> str:
    return AuthorKey.load(service.context.home.author_key_file).author(author)


async def allow(service: Service, author: str, on: bool = True) -> None:
    run = service.context.database.run
    await run(members.set_allows_voice, GUILD, hashed(service, author), on)


@pytest.fixture
async def service(home: Home, tmp_path: Path) -> AsyncIterator[Service]:
    model = tiny.write(tmp_path / "tiny.gguf")
    home.config_file.write_text(
        f'[model]\nname = "{model.as_posix()}"\ncontext = 1024\nthreads = 1\n'
        "[memory]\nenabled = false\n[reply]\ncandidates = 1\n",
        encoding="utf-8",
    )
    async with open_service(home, Random(1)) as opened:
        for place in (GENERAL, STAFF):
            await opened.context.database.run(places.rows_of, place)
        await hear(opened, GENERAL, "ann", ANN, "nunu", "3")
        await hear(opened, GENERAL, "ben", BEN, "olol", "4")
        await hear(opened, STAFF, "ann", ANN, "zqzq", "5")
        await opened.context.settings.change("speak.imitate", "on", GUILD)
        await allow(opened, ANN)
        yield opened


async def said(service: Service, like: str, count: int = 1) -> str:
    texts = []
    for at in range(count):
        request = control.Say(
            "1", f"olol{at % 7} {TOPICS[at % 6]}", mode="markov", like=like,
            max_ms=20_000,
        )  # fmt: skip
        reply = await ask(service, request)
        assert reply.name == (like or "Mynah")
        texts.append(reply.text)
    return " ".join(texts)


@pytest.mark.parametrize("is_rebuilt", [False, True])
async def test_the_chain_says_only_words_of_the_member(
    service: Service, is_rebuilt: bool
) -> None:
    if is_rebuilt:
        await service.context.voices.rebuild(GUILD)
    text = await said(service, "Ann".lower(), 60)
    assert "nunu" in text and "olol" not in text
    assert "olol" in await said(service, "", 20)


@pytest.mark.process
@pytest.mark.llama
async def test_model_and_voice_draw_on_messages_of_the_member_alone(
    service: Service,
) -> None:
    local = 0
    for at in range(8):
        request = control.Say(
            "1", TOPICS[at % 6], mode="llm", like="ann", max_ms=20_000, explain=True
        )
        reply = await ask(service, request)
        local += reply.provider == "local"
        assert (reply.mode, reply.voice) == ("hybrid", 70)
        assert all(one.text[:4] in ("nunu", "zqzq") for one in reply.drawn)
        assert "it spoke like a member who agreed to that" in reply.notes
    assert local


async def test_a_channel_hears_nothing_hidden_of_a_member_either(
    service: Service,
) -> None:
    context = service.context
    row = (await context.database.run(places.rows_of, GENERAL)).channel
    like = await like_of(context, GUILD, hashed(service, ANN), channel=row)
    for at in range(40):
        request = ReplyRequest(
            GUILD, f"zqzq{at % 7} {TOPICS[at % 6]}", "bob", channel=row, mode="markov",
            like=like,
        )  # fmt: skip
        made = await context.replier.reply(request)
        assert made is not None
        assert "zqzq" not in made.said and "olol" not in made.said


async def test_nobody_is_imitated_who_has_not_agreed_or_where_it_is_off(
    service: Service,
) -> None:
    for name in ("ben", "nobody"):
        with pytest.raises(UsageError, match="has not agreed"):
            await said(service, name)
    await service.context.settings.change("speak.imitate", None, GUILD)
    with pytest.raises(UsageError, match="no single member"):
        await said(service, "ann")


@pytest.mark.parametrize("way", ["deny", "opt out", "forget"])
async def test_a_member_who_changes_their_mind_is_imitated_no_more(
    service: Service, way: str
) -> None:
    author = hashed(service, ANN)
    if way == "deny":
        await allow(service, ANN, on=False)
    elif way == "opt out":
        await privacy.opt_out(service.context, GUILD, author)
    else:
        await privacy.forget(service.context, GUILD, author)
    with pytest.raises(UsageError, match="has not agreed"):
        await said(service, "ann")


@pytest.mark.parametrize("is_claimed", [False, True])
async def test_what_is_being_written_is_not_said_once_the_member_says_no(
    service: Service, monkeypatch: pytest.MonkeyPatch, is_claimed: bool
) -> None:
    """Both ways: a reply whose row is there before it is written, or only after."""
    write = MarkovProvider.write

    async def denied_meanwhile(self: MarkovProvider, prompt: Prompt):
        await allow(service, ANN, on=False)
        async for piece in write(self, prompt):
            yield piece

    context, shown = service.context, list[str | None]()
    like = await like_of(context, GUILD, hashed(service, ANN), is_private=True)
    monkeypatch.setattr(MarkovProvider, "write", denied_meanwhile)
    request = ReplyRequest(
        GUILD, "hm", mode="markov", like=like, trigger="99" if is_claimed else None
    )
    assert await context.replier.reply(request, shown.append) is None
    assert not any(shown)
    if is_claimed:
        row = await context.database.run(replies.answer_to, "99")
        assert row is not None and (row.state, row.text) == ("forgotten", "")


async def test_what_is_made_and_not_sent_loses_its_words(service: Service) -> None:
    run, author = service.context.database.run, hashed(service, ANN)
    for end in ("deny", "opt out"):
        await allow(service, ANN)
        like = await like_of(service.context, GUILD, author, is_private=True)
        request = ReplyRequest(GUILD, "hm", mode="markov", like=like, trigger=f"t{end}")
        made = await service.context.replier.reply(request)
        assert made is not None and await run(outcomes.may_send, made.reply)
        if end == "deny":
            await allow(service, ANN, on=False)
        else:
            await privacy.opt_out(service.context, GUILD, author)
        assert not await run(outcomes.may_send, made.reply)
        row = await run(replies.get, made.reply)
        assert row is not None and not row.text and not row.notes


async def test_what_was_said_like_a_member_goes_with_what_they_forget(
    service: Service,
) -> None:
    context, gone = service.context, list[Sequence[tuple[str, str]]]()

    async def withdrawn(guild: int, sent: Sequence[tuple[str, str]]) -> None:
        gone.append(sent)

    context.forgetter.on_withdrawn = withdrawn
    row = (await context.database.run(places.rows_of, GENERAL)).channel
    like = await like_of(context, GUILD, hashed(service, ANN), channel=row)
    request = ReplyRequest(
        GUILD, "hm", mode="markov", like=like, channel=row, trigger="98"
    )
    made = await context.replier.reply(request)
    assert made is not None
    # As if the model had written it, which names no message.
    again = {"text": made.said}
    await context.database.run(replies.finish, made.reply, again, [])
    await context.database.run(places.note_sent, made.reply, ["555"])
    await privacy.forget(context, GUILD, hashed(service, ANN))
    assert ("1", "555") in [place for sent in gone for place in sent]


async def test_only_messages_of_then_count_where_a_day_is_named(
    service: Service,
) -> None:
    request = control.Say(
        "1", "hm", mode="markov", like="ann", before="1970-01-01", max_ms=20_000
    )
    with pytest.raises(UsageError, match="Nothing is learned"):
        await ask(service, request)
    old = Record(ANN, "ann", "old ways go far on sea", "60", -(10**9), None, "c", "1")
    await service.context.voices.hear(GUILD, [old])
    text = (await ask(service, request)).text
    assert set(text.split()) <= set(old.text.split())


async def test_a_member_sees_their_wish_in_their_own_data(service: Service) -> None:
    author = hashed(service, ANN)
    data = await privacy.export(service.context, GUILD, author)
    wish = {"allows_voice": True, "name": "ann"}
    assert wish in [json.loads(line) for line in data.splitlines()]


async def test_nothing_of_it_goes_to_a_host(service: Service) -> None:
    change = service.context.settings.change
    await change("openai.base_url", "http://127.0.0.1:9/v1")
    await change("reply.provider", "openai", GUILD, agreed=True)
    request = control.Say("1", "hm", mode="hybrid", like="ann", max_ms=20_000)
    reply = await ask(service, request)
    assert all(rung.provider in ("local", "markov") for rung in reply.rungs)
