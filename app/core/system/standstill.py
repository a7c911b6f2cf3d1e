"""Ends a process whose event loop stands still, so that another can take its place."""

import asyncio
import faulthandler
import os
import threading
from contextlib import suppress

STANDSTILL_SECONDS = 120.0
EXIT_CODE = 75
"""As EX_TEMPFAIL of sysexits.h: whoever started the process may start it again."""

_LOOKS = 12
_STDERR = 2


async def watch(seconds: float = STANDSTILL_SECONDS) -> None:
    """End this process if its loop does nothing for that long.

    A thread looks several times for a sign of life. Time in which the whole process
    is stopped, or the machine sleeps, counts as one look. Stderr then has the place of
    each thread, without any data.
    """
    is_alive, is_over = threading.Event(), threading.Event()
    pause = seconds / _LOOKS
    looks = (is_alive, is_over, pause)
    threading.Thread(target=_look, args=looks, name="standstill", daemon=True).start()
    try:
        while True:
            is_alive.set()
            await asyncio.sleep(pause / 2)
    finally:
        is_over.set()


def _look(is_alive: threading.Event, is_over: threading.Event, pause: float) -> None:
    missed = 0
    while missed < _LOOKS:
        if is_over.wait(pause):
            return
        missed = 0 if is_alive.is_set() else missed + 1
        is_alive.clear()
    with suppress(Exception):
        os.write(_STDERR, b"The event loop stands still; this process ends.\n")
        faulthandler.dump_traceback(_STDERR)
    os._exit(EXIT_CODE)
