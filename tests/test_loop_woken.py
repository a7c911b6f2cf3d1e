"""A loop of asyncio hears from each thread that wakes it, also under wine."""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

TIMES = 3000
"""Too few to fill the loop's socket."""


@pytest.mark.skipif(os.name != "nt", reason="elsewhere that many fill the socket")
async def test_two_threads_wake_a_loop_at_once(caplog: pytest.LogCaptureFixture):
    loop = asyncio.get_running_loop()

    def wake() -> None:
        for _ in range(TIMES):
            loop._write_to_self()  # type: ignore[attr-defined]

    loop.set_debug(True)
    caplog.set_level(logging.DEBUG, "asyncio")
    with ThreadPoolExecutor(2) as pool:
        await asyncio.gather(*(loop.run_in_executor(pool, wake) for _ in range(2)))
    assert "Fail to write" not in caplog.text
