"""The first reply of a process, which loads the client library."""

import subprocess
import sys

FIRST_REPLY = """
import asyncio, importlib.abc, sys, threading

here = threading.current_thread()
imported_on_loop = []

class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        heavy = name.split(".")[0] in ("openai", "httpx2", "pydantic", "anyio")
        if heavy and threading.current_thread() is here:
            imported_on_loop.append(name)
        return None

sys.meta_path.insert(0, Watch())

import time
from app.core.errors import ProviderError
from app.providers.base import Prompt, Turn
from app.providers.openai.prices import load
from app.providers.openai.provider import OpenAIProvider
from app.settings.model_sections import OpenAISettings
from tests.openai_stand_in import AnyoneMay, StandIn, running

async def main(first):
    async with running(StandIn()) as server:
        provider = OpenAIProvider(
            lambda: OpenAISettings(base_url=server.base_url),
            lambda address: None, load, lambda spent: None, time.monotonic, AnyoneMay(),
        )
        if first == "models":
            await provider.models()
        elif first == "work":
            async with provider.work(1, "m"):
                pass
        else:
            prompt = Prompt(1, "c", "Mynah", (Turn("ann", "hi"),), deadline_ms=20000)
            assert [piece async for piece in provider.write(prompt)]
        await provider.close()

asyncio.run(main(sys.argv[1]))
print(imported_on_loop)
"""


def test_the_client_library_is_never_imported_on_the_event_loop():
    for first in ("write", "models", "work"):
        done = subprocess.run(
            [sys.executable, "-c", FIRST_REPLY, first],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == "[]", first
