"""One contract for all hosts: list, chat, think, refuse, break and come back."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from app.core.errors import InputRefusedError, LoadingError, ProviderError
from app.core.names import GuildId
from app.providers.base import Completion, FreshStart, Prompt, Turn
from app.providers.cost_record import Spent
from app.providers.openai.errors import MAX_WORDS
from app.providers.openai.prices import load
from app.providers.openai.provider import OpenAIProvider
from app.settings.base_url import Address
from app.settings.model_sections import OpenAISettings
from tests import openai_stand_in
from tests.host_stand_in.odd_chunks import begins, ends
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
    stalls: bool = False
    """It says something, and then nothing until the client hangs up."""
    limits: int = 0
    """So many requests yet are too many."""
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """The client hung up before the end."""
    refused: list[Json] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.choose = lambda body: "as_host"

    async def _as_host(self, writer, served) -> bool:
        checks = (check(served.body) for check in self.host.checks)
        refusal = self.refusal or next((one for one in checks if one), None)
        if refusal:
            self.refused.append(served.body)
            return await openai_stand_in._send(writer, *refusal)
        if self.limits:
            self.limits -= 1
            assert self.host.limit is not None
            return await openai_stand_in._send(writer, *self.host.limit)
        await openai_stand_in._open(writer, {})
        await openai_stand_in._raw(writer, begins(self.host.oddities))
        for delta in self.host.deltas:
            choice = {"index": 0, "delta": delta, "finish_reason": None}
            await openai_stand_in._event(writer, {"id": "x", "choices": [choice]})
            if self.cuts:
                return False
            if self.stalls:
                # Nothing more comes from a client but its end.
                await served.reader.read()
                self.left.set()
                return False
        end = openai_stand_in._chunk("", finish="stop")
        await openai_stand_in._event(writer, end)
        if "usage_missing" not in self.host.oddities:
            report = openai_stand_in._usage(served)
            served.prompt_tokens, served.completion_tokens = 40, 60
            report["usage"] |= {"prompt_tokens": 40, "completion_tokens": 60}
            report["usage"] |= self.host.bill
            await openai_stand_in._event(writer, report)
        await openai_stand_in._raw(writer, ends(self.host.oddities))
        await openai_stand_in._raw(writer, b"", last=True)
        return True


class AtHost(OpenAISettings):
    """Settings whose address is the stand-in under a host's name."""

    there: Address

    @property
    def address(self) -> Address:
        return self.there


def plain_provider(url: str, key: str = "k") -> OpenAIProvider:
    """A provider of whatever answers at an address."""
    settings = OpenAISettings(base_url=url, model="m")
    return OpenAIProvider(
        lambda: settings, lambda address: key, load, lambda spent: None,
        time.monotonic, AnyoneMay(),
    )  # fmt: skip


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
        prompt = Prompt(
            GuildId(7), "7:1", "Mynah", TALK, deadline_ms=20000, random_seed=3
        )
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
        unavailable = bench.provider.unavailable(
            Prompt(GuildId(7), "7:1", "Mynah", TALK)
        )
        assert (unavailable is None) == is_of_input
        bench.server.refusal = None
        bench.provider.forget_troubles()
        assert (await bench.write())[1].text == PLAIN


async def test_every_host_lists_its_model(bench):
    bench.server.models = (bench.server.host.model, "another")
    assert bench.server.host.model in await bench.provider.models()
    assert not bench.server.served


async def test_a_reply_that_nobody_waits_for_is_broken_off_at_the_host(bench):
    await bench.write()
    bench.server.stalls = True
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await bench.write()
    await asyncio.wait_for(bench.server.left.wait(), 5)
    bench.server.stalls = False
    assert (await bench.write())[1].text == PLAIN


async def test_a_limit_is_waited_for_when_there_is_time_and_told_otherwise(bench):
    host = bench.server.host
    if host.limit is None:
        pytest.skip(f"{host.name} lets requests wait")
    await bench.write()
    bench.server.limits = 1
    assert (await bench.write())[1].text == PLAIN
    bench.server.limits = 9
    with pytest.raises(ProviderError) as caught:
        await bench.write()
    status, body, _ = host.limit
    words = body.get("message") or body["error"]["message"]
    assert words[:60] in str(caught.value)
    assert isinstance(caught.value, LoadingError) == (words == "Loading model")
    bench.server.limits = 0
    await asyncio.sleep(0.2)
    assert bench.provider.unavailable(Prompt(GuildId(7), "7:1", "Mynah", TALK)) is None
    assert (await bench.write())[1].text == PLAIN


async def test_the_bill_is_the_hosts_or_else_by_tokens_and_nothing_at_home(bench):
    _, done = await bench.write()
    host, spent = bench.server.host, bench.spent[-1]
    if host.reach != "cloud":
        assert done.cost == spent.cost == 0
    elif host.bill:
        assert done.cost == spent.cost == host.bill["cost"]
    else:
        price = load().of(host.model)
        tokens = (spent.prompt_tokens, spent.cached_tokens, spent.completion_tokens)
        assert done.cost == spent.cost == pytest.approx(price.cost(*tokens))
        assert spent.cost > 0
    assert spent.is_estimate == ("usage_missing" in host.oddities)


NONSENSE = {
    "html": "html_fine",
    "redirect": "redirect",
    "hang up": "hang_up",
    "error in a 200": "error_fine",
}


async def test_nonsense_in_place_of_a_stream_is_an_error_in_words_and_no_end(bench):
    shown = bench.server.choose
    for fault in NONSENSE.values():
        bench.server.choose = lambda body, fault=fault: fault
        with pytest.raises(ProviderError) as caught:
            await bench.write()
        assert bench.server.host.host in str(caught.value), fault
        assert "Traceback" not in str(caught.value)
        bench.provider.forget_troubles()
    bench.server.choose = shown
    assert (await bench.write())[1].text == PLAIN
