"""A model on Vulkan: the same words as on the processor, and a crash is survived.

It runs where llama.cpp's library for Vulkan was built: in `llama_cpp/lib`, or where
`GGML_BACKEND_PATH` says. A software device such as Mesa's does. The first device is
named, since ggml passes over software devices otherwise (ggml_vk_instance_init in
ggml-vulkan.cpp).
"""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from app.core.names import GuildId
from app.core.state_file import StateFile
from app.ipc.child import spawn
from app.providers.base import Prompt, Turn
from app.providers.local.provider import LocalProvider
from app.runner import backends
from app.settings.model_sections import ModelSettings
from tests.runner import tiny

pytestmark = pytest.mark.process

PROMPT = Prompt(
    GuildId(1),
    "1:1",
    "Mynah",
    (Turn("ann", "tell me about the old harbour and its boats"),),
    dial=0,
    max_words=12,
    temperature=0.0,
    deadline_ms=280_000,
)


@pytest.fixture(autouse=True)
def first_device(monkeypatch):
    if not backends.gpu_libraries():
        pytest.skip(
            "SKIPPED: llama.cpp's library for Vulkan is not here, so nothing proves"
            " that models run on graphics cards; .ci/portable builds it."
        )
    monkeypatch.setenv("GGML_VK_VISIBLE_DEVICES", "0")


@pytest.fixture
async def provide(tmp_path):
    """Makes providers of a tiny model; ends their runners afterwards.

    A device in software needs two minutes to get ready for the starter model.
    """
    made, model = [], tiny.write(tmp_path / "tiny.gguf")

    def make(layers, start=spawn, name="crashed.json", events=None):
        settings = ModelSettings(str(model), context=3072, threads=1, gpu_layers=layers)
        provider = LocalProvider(
            lambda: settings,
            lambda name: model,
            no_voice,
            StateFile(tmp_path / name),
            on_event=(events if events is not None else []).append,
            spawn=start,
        )
        made.append(provider)
        return provider

    yield make
    for provider in made:
        await provider.close()


async def no_voice(guild):
    return None


async def said(provider):
    return [item async for item in provider.write(PROMPT)][-1].text


async def test_the_card_writes_what_the_processor_writes(provide):
    alone, offloaded = provide(0), provide("auto")
    words = await said(offloaded)
    used = offloaded.gpu
    assert used.name and used.layers == used.all_layers == 3, used
    assert words == await said(alone)
    assert alone.gpu.name == ""
    assert len(words) > 3


async def test_a_runner_killed_in_the_cards_first_use_is_replaced_by_the_processor(
    provide,
):
    events, commands = list[str](), list[str]()

    async def kill_first(command):
        commands.append(command[-1])
        process = await spawn(command)
        if len(commands) == 1:
            await asyncio.to_thread(kill_on_card, process.pid)
        return process

    provider = provide("auto", kill_first, events=events)
    assert await said(provider)
    assert commands == ["--gpu-layers=auto", "--gpu-layers=0"]
    assert any("crashed on the graphics card" in event for event in events)
    assert "SIGSEGV" in provider.gpu.trouble


def kill_on_card(pid):
    """Kill a process as soon as it has mapped the card's library (proc(5))."""
    library = str(backends.gpu_libraries()[0])
    while library not in Path(f"/proc/{pid}/maps").read_text("utf-8"):
        time.sleep(0.02)
    os.kill(pid, signal.SIGSEGV)
