"""A runner that crashes on a graphics card is started again without it."""

import json
import os
import sys
from pathlib import Path

import pytest

from app.core.errors import ProviderError
from app.core.names import GuildId
from app.core.state_file import StateFile
from app.ipc.child import spawn
from app.ipc.inference import GpuUse
from app.modelfiles.gguf_header import GgufError, cached
from app.providers.base import Prompt, Turn
from app.providers.local import memory_check
from app.providers.local.provider import LocalProvider
from app.settings.model_sections import ModelSettings
from tests.runner import tiny

PROMPT = Prompt(GuildId(1), "c", "Mynah", (Turn("ann", "hi"),), deadline_ms=20_000)

CRASHES = "os.kill(os.getpid(), 11)"
# Windows has no signals; os.kill ends the process with that code.
CRASHED = "exit code 11" if os.name == "nt" else "SIGSEGV"
ENDED = "code 11" if os.name == "nt" else "signal 11"
ANSWERS = """
id = json.loads(sys.stdin.readline())["id"]
done = dict(text="hi", prompt_tokens=1, cached_tokens=0, completion_tokens=1,
    finish="stop", first_token_ms=1.0, total_ms=1.0)
tell(id=id, result=done)
sys.stdin.read()
"""
SCRIPT = """
import json, os, sys
def tell(**frame):
    print(json.dumps(frame), flush=True)
layers = sys.argv[-1].removeprefix("--gpu-layers=")
if layers != "0":
    tell(method="tries_gpu", params={})
    %(on_card)s
tell(method="ready", params=dict(model="m", context=512, can_roll_back=True,
    prompt_tokens_per_second=100.0, tokens_per_second=10.0,
    gpu=json.loads(%(gpu)r) if layers != "0" else {}))
%(then)s
"""


@pytest.fixture
async def provide(tmp_path):
    """Makes providers of a tiny model whose runner is a script."""
    path, made = tiny.write(tmp_path / "tiny.gguf"), []

    def make(on_card="pass", then=ANSWERS, layers="auto", gpu=None, context=512):
        commands, events = [], list[str]()
        words = {"on_card": on_card, "then": then, "gpu": json.dumps(gpu or {})}

        async def start(command):
            commands.append(command[-1])
            return await spawn([sys.executable, "-c", SCRIPT % words, *command])

        settings = ModelSettings(name=str(path), context=context, gpu_layers=layers)
        provider = LocalProvider(
            lambda: settings,
            lambda name: path,
            no_voice,
            StateFile(tmp_path / "crashed.json"),
            speeds=StateFile(tmp_path / "speeds.json"),
            on_event=events.append,
            spawn=start,
        )
        made.append(provider)
        return provider, commands, events

    yield make
    for provider in made:
        await provider.close()


async def no_voice(guild):
    return None


async def written(provider):
    return [item async for item in provider.write(PROMPT)][-1].text


async def test_a_crash_while_loading_on_the_card_costs_no_reply(provide):
    provider, commands, events = provide(on_card=CRASHES)
    assert await written(provider) == "hi"
    assert commands == ["--gpu-layers=auto", "--gpu-layers=0"]
    told = [event for event in events if "graphics card" in event]
    assert len(told) == 1 and "the processor does its work" in told[0]
    assert CRASHED in provider.gpu.trouble
    assert provider.status().model.state == "ready", "the model is not set aside"


async def test_a_crash_while_writing_on_the_card_leaves_the_card_too(provide):
    then = f"if layers != '0':\n    sys.stdin.readline()\n    {CRASHES}\n{ANSWERS}"
    gpu = {"name": "Voodoo 2", "layers": 3, "all_layers": 3}
    provider, commands, events = provide(then=then, gpu=gpu)
    with pytest.raises(ProviderError):
        await written(provider)
    assert await written(provider) == "hi"
    assert commands == ["--gpu-layers=auto", "--gpu-layers=0"]
    assert f"the model {tiny_name(provider)} is loaded on Voodoo 2" in events


async def test_the_card_stays_aside_after_a_restart_until_the_owner_tries_again(
    provide,
):
    first, _, _ = provide(on_card=CRASHES)
    await written(first)
    await first.close()
    second, commands, _ = provide(gpu={"name": "Voodoo 2", "layers": 3})
    await written(second)
    assert commands == ["--gpu-layers=0"] and CRASHED in second.gpu.trouble
    second.retry()
    assert await second.wait_until_ready(20)
    assert await written(second) == "hi"
    assert commands[1:] == ["--gpu-layers=auto"] and second.gpu.name == "Voodoo 2"


async def test_a_model_for_the_card_alone_is_taken_after_a_restart(provide, tmp_path):
    gpu = {"name": "Voodoo 2", "layers": 3, "all_layers": 3, "free_bytes": 9 << 40}
    for count in range(2):
        provider, _, _ = provide(gpu=gpu, context=2**32 if count else 512)
        assert await written(provider) == "hi"
        assert provider.gpu.layers == 3
        await provider.close()
    without, _, _ = provide(gpu=gpu, layers=0, context=2**32)
    with pytest.raises(ProviderError, match="of memory"):
        await written(without)


async def test_a_crash_without_the_card_is_not_blamed_on_it(provide):
    provider, commands, _ = provide(then="os.kill(os.getpid(), 11)", layers=0)
    with pytest.raises(ProviderError):
        await written(provider)
    assert provider.gpu == GpuUse()
    assert set(commands) == {"--gpu-layers=0"}


async def test_looking_for_a_card_survives_the_crash_of_its_driver(provide):
    provider, commands, _ = provide(on_card=CRASHES)
    found = await provider.find_gpu()
    assert commands == ["--look-for-gpu"]
    assert found.name == "" and ENDED in found.trouble


@pytest.mark.parametrize(
    ("layers", "gpu", "share"),
    [
        ("auto", GpuUse(), 0.0),
        ("auto", GpuUse("Voodoo 2", free_bytes=8 << 30), 1.0),
        ("auto", GpuUse("Voodoo 2", free_bytes=1 << 20), 0.0),
        ("auto", GpuUse("shared", free_bytes=0), 0.0),
        (1, GpuUse("Voodoo 2", free_bytes=8 << 30), 1 / 3),
        (-1, GpuUse(), 1.0),
        (-1, GpuUse(trouble="no card"), 0.0),
        (0, GpuUse("Voodoo 2", free_bytes=8 << 30), 0.0),
    ],
)
def test_a_model_must_fit_the_memory_but_for_its_share_on_the_card(
    tmp_path, layers, gpu, share
):
    path = tiny.write(tmp_path / "tiny.gguf")
    settings = ModelSettings(context=512, gpu_layers=layers)
    assert memory_check.gpu_share(path, settings, gpu) == share
    large = ModelSettings(context=2**34, gpu_layers=layers)
    if memory_check.gpu_share(path, large, gpu) < 1.0:
        with pytest.raises(GgufError, match="of memory"):
            memory_check.check(path, large, gpu, None)
    else:
        assert memory_check.check(path, large, gpu, None) == cached(path)


def tiny_name(provider):
    return Path(provider.model).name
