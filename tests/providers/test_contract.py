"""What holds of every provider."""

import time
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from app.core.names import GuildId
from app.core.state_file import StateFile
from app.providers.base import Completion, Prompt, Turn
from app.providers.echo import EchoProvider
from app.providers.local.provider import LocalProvider
from app.providers.markov import MarkovProvider
from app.providers.openai.prices import load
from app.providers.openai.provider import OpenAIProvider
from app.settings.model_sections import ModelSettings, OpenAISettings
from app.voice.voice import Voice
from tests.openai_stand_in import AnyoneMay, StandIn, running


@asynccontextmanager
async def _echo():
    yield EchoProvider()


@asynccontextmanager
async def _markov():
    voice = Voice.empty()
    for row, line in enumerate(["a cat sat there", "a dog sat here", "we sat"], 1):
        voice.learn(row, line)

    async def open_voice(guild):
        return voice

    yield MarkovProvider(open_voice, Random(1))


@asynccontextmanager
async def _openai():
    async with running(StandIn()) as server:
        yield OpenAIProvider(
            lambda: OpenAISettings(base_url=server.base_url),
            lambda address: None,
            load,
            lambda spent: None,
            time.monotonic,
            AnyoneMay(),
        )


@asynccontextmanager
async def _local():
    async def no_voice(guild):
        return None

    settings = ModelSettings(name="echo")
    with TemporaryDirectory() as directory:
        aside = StateFile(Path(directory) / "aside.json")
        provider = LocalProvider(lambda: settings, lambda name: None, no_voice, aside)
        await provider.wait_until_ready(60)
        yield provider


MAKERS = {"echo": _echo, "markov": _markov, "openai": _openai, "local": _local}


@pytest.fixture(params=MAKERS)
async def provider(request):
    async with MAKERS[request.param]() as made:
        assert made.name == request.param
        yield made
        await made.close()


PROMPT = Prompt(
    GuildId(1),
    "1:1",
    "Mynah",
    (Turn("ann", "say a few words to us"),),
    deadline_ms=20_000,
)


async def write(provider):
    async with aclosing(provider.write(PROMPT)) as stream:
        return [item async for item in stream]


async def test_pieces_come_first_and_one_completion_last(provider):
    assert provider.unavailable(PROMPT) is None
    *pieces, done = await write(provider)
    assert isinstance(done, Completion)
    assert pieces and all(isinstance(piece, str) for piece in pieces)
    assert "".join(pieces).strip() == done.text.strip() != ""
    assert done.finish in ("stop", "length", "deadline", "cancelled")


async def test_a_writer_left_early_writes_again(provider):
    async with aclosing(provider.write(PROMPT)) as stream:
        await anext(stream)
    assert isinstance((await write(provider))[-1], Completion)


async def test_closing_twice_does_no_harm(provider):
    await provider.close()
