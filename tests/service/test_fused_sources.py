"""The messages that a hybrid reply drew on: named, hidden, forgotten and rated."""

import pytest

from app.core.names import GuildId
from app.ipc import control
from app.replies.request import ReplyRequest
from app.service import opinions
from app.service.service import Service
from app.store import messages, places
from app.store.reply import reply_sources
from app.store.rows import StoredMessage
from tests.service.test_private_words import PLACES, hear, lines_of, service

__all__ = ["service"]

pytestmark = pytest.mark.process


class Nobody:
    async def notify(self, notification: object) -> None:
        """Do nothing, since nobody listens."""


async def made(service: Service, channel: str = "general") -> int:
    """Return the row of a hybrid reply that the model here wrote."""
    context = service.context
    row = (await context.database.run(places.rows_of, PLACES[channel])).channel
    for _ in range(9):
        request = ReplyRequest(
            GuildId(1),
            "the tide?",
            "bob",
            channel=row,
            mode="hybrid",
            dial=99,
            max_ms=20_000,
        )
        reply = await context.replier.reply(request)
        assert reply is not None
        if reply.answer.provider == "local" and reply.answer.completion.sources:
            return reply.reply
    raise AssertionError("the model never answered with words of the voice")


async def sources(service: Service, reply: int) -> list[StoredMessage]:
    run = service.context.database.run
    rows = [one.message for one in await run(reply_sources.sources_of, reply)]
    return await run(messages.by_rows, rows)


@pytest.mark.llama
async def test_a_hybrid_reply_names_messages_that_hold_its_words(
    service: Service,
) -> None:
    context = service.context
    assert await context.local.wait_until_ready(60)
    assert await context.token_voices.prepare(GuildId(1))
    reply = await made(service)
    told = await service.call(Nobody(), control.Explain(reply))
    assert told.sources
    for source in told.sources:
        assert source.run in " ".join(source.text.split())
        assert source.run in told.text
    assert len(told.shares) == len(told.text.split())
    assert max(told.shares) > 50
    assert all(-1 <= share <= 100 for share in told.shares)
    # Nothing of a hidden channel is named.
    hidden = (await context.database.run(places.rows_of, PLACES["staff"])).channel
    await hear(service, "staff", lines_of("general", 40))
    for _ in range(3):
        named = await sources(service, await made(service))
        assert hidden not in {message.channel for message in named}


@pytest.mark.llama
async def test_what_is_forgotten_is_named_no_more_and_the_reply_loses_its_words(
    service: Service,
) -> None:
    context = service.context
    assert await context.local.wait_until_ready(60)
    assert await context.token_voices.prepare(GuildId(1))
    reply = await made(service)
    gone = {message.id for message in await sources(service, reply)}
    ids = [one.external for one in await sources(service, reply)]
    await service.call(Nobody(), control.Forget("Harbour", messages=ids))
    told = await service.call(Nobody(), control.Explain(reply))
    assert (told.text, told.sources, told.shares) == ("", [], [])
    again = {message.id for message in await sources(service, await made(service))}
    assert again
    assert not again & gone


@pytest.mark.llama
async def test_a_disliked_hybrid_reply_makes_its_messages_rarer_in_both_voices(
    service: Service,
) -> None:
    context = service.context
    assert await context.local.wait_until_ready(60)
    assert await context.token_voices.prepare(GuildId(1))
    reply = await made(service)
    (first, *_) = await sources(service, reply)
    told: list[dict[int, float]] = []
    weigh = context.local.weigh

    async def spy(path, weights):
        told.append(dict(weights))
        await weigh(path, weights)

    context.local.weigh = spy  # type: ignore[method-assign]
    await opinions.rate(context, reply, "ann", -1)
    assert told
    assert 0 < told[-1][first.id] < 1
