"""One contract for all hosts: list, chat, think, refuse, break and come back."""

import time
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from app.core.errors import InputRefusedError, ProviderError
from app.providers.base import Completion, FreshStart, Prompt, Turn
from app.providers.cost_record import Spent
from app.providers.openai.errors import MAX_WORDS
from app.providers.openai.prices import load
from app.providers.openai.provider import OpenAIProvider
from app.settings.base_url import Address
from app.settings.model_sections import OpenAISettings
from tests import openai_stand_in
from tests.host_stand_in.rules import HOSTS, PLAIN, THOUGHT, Host, Json, Refusal
from tests.openai_stand_in import AnyoneMay, StandIn, running

TALK = (
    Turn("Mynah", "it began with me", is_bot=True),
    Turn("ann", "hello there"),
    Turn("bob", "  "),
    Turn("Mynah", "", is_bot=True),
    Turn("bob", "what now?"),
)


@dataclass
class HostStandIn(StandIn):
    """A server that keeps the rules of one host."""

    host: Host = HOSTS[0]
    refusal: Refusal | None = None
    cuts: bool = False
    refused: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.choose = lambda body: "as_host"

    async def _as_host(self, writer, served) -> bool:
        checks = (check(served.body) for check in self.host.checks)
        refusal = self.refusal or next((one for one in checks if one), None)
        if refusal:
            self.refused.append(served.body)
            return await openai_stand_in._send(writer, *refusal)
        await openai_stand_in._open(writer, {})
        for delta in self.host.deltas:
            choice = {"index": 0, "delta": delta, "finish_reason": None}
            await openai_stand_in._event(writer, {"id": "x", "choices": [choice]})
            if self.cuts:
                return False
        end = openai_stand_in._chunk("", finish="stop")
        await openai_stand_in._event(writer, end)
        await openai_stand_in._raw(writer, b"data: [DONE]\n\n")
        await openai_stand_in._raw(writer, b"", last=True)
        return True


class AtHost(OpenAISettings):
    """Settings whose address is the stand-in under a host's name."""

    there: Address

    @property
    def address(self) -> Address:
        return self.there


class Bench:
    def __init__(self, server: HostStandIn) -> None:
        self.server, self.spent = server, list[Spent]()
        host = server.host
        address = Address(server.base_url, host.host, f"http://{host.host}", host.reach)
        settings = AtHost(model=host.model)
        object.__setattr__(settings, "there", address)
        self.provider = OpenAIProvider(
            lambda: settings, lambda address: "k", load, self.spent.append,
            time.monotonic, AnyoneMay(),
        )  # fmt: skip

    async def write(self) -> tuple[str, Completion]:
        """The pieces that count, and the whole."""
        shown = ""
        prompt = Prompt(7, "7:1", "Mynah", TALK, deadline_ms=20000, random_seed=3)
        async with aclosing(self.provider.write(prompt)) as stream:
            async for item in stream:
                if isinstance(item, Completion):
                    return shown, item
                shown = item if isinstance(item, FreshStart) else shown + item
        raise AssertionError("no completion came")


@pytest.fixture(params=HOSTS, ids=lambda host: host.name)
async def bench(request):
    async with running(HostStandIn(host=request.param)) as server:
        bench = Bench(server)
        yield bench
        await bench.provider.close()


async def test_every_host_answers_and_its_refusals_are_learnt_once(bench):
    shown, done = await bench.write()
    assert shown.strip() == done.text == PLAIN
    assert len(bench.server.refused) == bench.server.host.lessons
    bench.server.refused.clear()
    assert (await bench.write())[1].text == PLAIN
    assert bench.server.refused == []


async def test_thoughts_are_paid_but_never_said(bench):
    _, done = await bench.write()
    assert THOUGHT not in done.text
    if THOUGHT in str(bench.server.host.deltas):
        assert done.completion_tokens >= len(THOUGHT) / 4


async def test_a_stream_that_breaks_inside_a_thought_gives_none_of_it(bench):
    bench.server.cuts = True
    shown = ""
    with pytest.raises(ProviderError):
        shown = (await bench.write())[0]
    assert THOUGHT not in shown
    bench.server.cuts = False
    assert (await bench.write())[1].text == PLAIN


async def test_every_refusal_shows_the_words_of_the_host_and_stays_what_it_is(bench):
    for kind, refusal in bench.server.host.refusals.items():
        bench.provider.forget_troubles()
        bench.server.refusal = refusal
        with pytest.raises(ProviderError) as caught:
            await bench.write()
        words = refusal[1]["error"]["message"]
        assert words[: MAX_WORDS - 1] in str(caught.value)
        is_of_input = isinstance(caught.value, InputRefusedError)
        assert is_of_input == (kind == "input")
        unavailable = bench.provider.unavailable(Prompt(7, "7:1", "Mynah", TALK))
        assert (unavailable is None) == is_of_input
        bench.server.refusal = None
        bench.provider.forget_troubles()
        assert (await bench.write())[1].text == PLAIN
