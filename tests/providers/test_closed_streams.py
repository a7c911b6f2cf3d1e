"""An answer leaves no open reader for the garbage collector, whichever thread it is in.

There it would close a reader while the loop's thread closes that: "ValueError: async
generator already executing".
"""

import asyncio
import gc
import inspect
from contextlib import aclosing

import pytest

from tests.openai_stand_in import StandIn, running
from tests.providers.test_openai import Bench, ask

TURNS = 3
"""The turns of the loop for a reader that is closed because nobody has it any more."""


def open_readers() -> list[str]:
    """Return the generators that read from a connection and have not ended."""
    return [
        one.__qualname__
        for one in gc.get_objects()
        if inspect.isasyncgen(one)
        and one.ag_frame is not None
        and one.ag_frame.f_globals["__name__"].startswith(("httpx2.", "httpcore2."))
    ]


@pytest.mark.parametrize("is_whole", [True, False])
async def test_an_answer_leaves_no_open_reader(is_whole: bool):
    async with running(StandIn()) as stand_in:
        bench = Bench(stand_in)
        await bench.provider._clients.load()
        gc.disable()
        try:
            async with aclosing(bench.provider.write(ask())) as pieces:
                async for _ in pieces:
                    if not is_whole:
                        break
            for _ in range(TURNS):
                await asyncio.sleep(0)
            assert open_readers() == []
        finally:
            gc.enable()
            await bench.provider.close()
