"""A host that loads its model is given the time, and is not taken for a slow one."""

import time
from dataclasses import replace

import pytest

from app.chat.circuit_breaker import CircuitBreaker
from app.chat.ladder import Ladder, Rung
from app.core.errors import ProviderError
from app.core.names import GuildId
from app.providers.base import Prompt, Turn
from app.providers.cost_record import Spent
from app.providers.echo import EchoProvider
from app.providers.openai import warmth
from app.providers.openai.prices import load
from app.providers.openai.provider import OpenAIProvider
from app.settings.model_sections import OpenAISettings
from tests.openai_stand_in import AnyoneMay, StandIn, running

PROMPT = Prompt(GuildId(7), "7:1", "Mynah", (Turn("ann", "a private question"),))
MODEL = "llama3.2"


class Bench:
    """A host of the owner's, before the model here as the last rung."""

    def __init__(self, server: StandIn) -> None:
        self.server, self.spent = server, list[Spent]()
        self.now = 0.0
        self.settings = OpenAISettings(base_url=server.base_url, model=MODEL)
        self.provider = OpenAIProvider(
            lambda: self.settings, lambda address: None, load, self.spent.append,
            lambda: self.now + time.monotonic(), AnyoneMay(),
        )  # fmt: skip
        self.breaker = CircuitBreaker(time.monotonic)

    async def outcome(self, deadline_ms: float = 700.0) -> str:
        rung = Rung(self.provider, breaker=self.breaker, loading=self.provider.loading)
        ladder = Ladder([rung, Rung(EchoProvider())], time.monotonic)
        answer = await ladder.answer(PROMPT, deadline_ms)
        return answer.rungs[0].outcome

    async def until_loaded(self) -> None:
        assert self.provider.loading()
        await self.provider.warm()


@pytest.fixture
async def bench():
    async with running(StandIn(load_seconds=1.2)) as server:
        bench = Bench(server)
        await bench.provider.models()
        yield bench
        await bench.provider.close()


async def test_a_cold_host_loads_after_the_first_reply_hung_up(bench):
    outcomes = [await bench.outcome() for _ in range(3)]
    assert outcomes == ["loading"] * 3
    await bench.until_loaded()
    assert (bench.server.aborted, len(bench.server.served)) == (1, 2)
    assert await bench.outcome() == "answered"
    assert bench.server.aborted == 1


async def test_waking_sends_nobodys_words_and_is_no_use_of_the_ledger(bench):
    await bench.provider.warm()
    (served,) = bench.server.served
    assert "private" not in served.everything and "Hi" in served.everything
    assert served.body["max_tokens"] <= 16 and not bench.spent
    assert 1.2 <= bench.provider.first_word_seconds() < 5
    await bench.provider.warm()
    assert len(bench.server.served) == 1
    assert await bench.outcome(5000) == "answered"


async def test_a_host_that_fell_asleep_is_woken_again(bench):
    await bench.provider.warm()
    bench.server.loaded = ""
    bench.now += warmth.IDLE_SECONDS + 1
    assert await bench.outcome() == "loading"
    await bench.until_loaded()
    assert await bench.outcome() == "answered"


async def test_a_loaded_model_that_is_slow_is_late_and_not_loading(bench):
    await bench.provider.warm()
    bench.server.choose = lambda body: "slow"
    assert await bench.outcome() == "late"


async def test_another_model_of_the_same_host_is_cold(bench):
    await bench.provider.warm()
    bench.settings = replace(bench.settings, model="other")
    assert await bench.outcome() == "loading"
    await bench.until_loaded()
    assert bench.server.loaded == "other"


async def test_a_host_in_the_cloud_is_never_woken(bench):
    bench.settings = OpenAISettings(base_url=bench.server.cloud_url, model=MODEL)
    await bench.provider.warm()
    assert not bench.server.served
    assert await bench.outcome() == "late"
    assert bench.provider.loading() is None
    assert not any("Hi" in one.everything for one in bench.server.served)


async def test_a_host_that_says_that_it_loads_is_asked_again(bench, monkeypatch):
    """llama-server answers 503 `Loading model` (ggml-org/llama.cpp#3385)."""
    monkeypatch.setattr(warmth, "ASK_AGAIN_SECONDS", 0.02)
    bench.server.load_seconds = 0.0
    bench.server.choose = lambda body: (
        "loading" if len(bench.server.served) < 6 else "fine"
    )
    assert await bench.outcome() == "loading"
    await bench.until_loaded()
    assert await bench.outcome() == "answered"


async def test_a_host_that_is_off_is_no_host_that_loads(bench):
    bench.settings = OpenAISettings(base_url="http://127.0.0.1:9/v1/", model=MODEL)
    assert await bench.outcome() in ("late", "failed")
    assert bench.provider.loading() is None
    with pytest.raises(ProviderError, match="cannot be reached"):
        await bench.provider.warm()
    assert bench.provider.loading() is None
    assert await bench.outcome() == "failed"
