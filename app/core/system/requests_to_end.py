"""Requests to end this process: signals, or the events of a console of Windows."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

SECONDS = 4.5
"""The time for an orderly end; Windows ends programs 5 seconds after their console."""

TERMINAL_SECONDS = 2.0
"""The time between two looks for the terminal."""

HUNG_UP = 129
"""The exit code of a program whose terminal is gone, as after SIGHUP."""


def hear(call: Callable[[int], object], *names: str) -> None:
    """Call in the running loop, with a signal's number, when someone asks for the end.

    It holds until the loop is closed, so that asking again interrupts no orderly end.

    Args:
        names: The signals. Windows knows ctrl+C, ctrl+break and a window that closes
            instead, which count as SIGINT and SIGBREAK.
    """
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        _hear_console(loop, call)
        return
    for name in names:
        number = getattr(signal, name)
        loop.add_signal_handler(number, call, number)


def hear_terminal_end(call: Callable[[int], object]) -> None:
    """Call in the running loop, with an exit code, when the terminal is gone.

    Not every process is told of that by a signal. Then reading from it ends at once and
    for ever, and writing may wait for ever: so this process ends `SECONDS` later, even
    if its loop does nothing any more. Once the loop is closed nobody looks.
    """
    loop, terminal = asyncio.get_running_loop(), sys.__stdin__
    if terminal is None or not terminal.isatty():
        return

    def watch() -> None:
        while terminal.isatty():
            time.sleep(TERMINAL_SECONDS)
            if loop.is_closed():
                return
        with suppress(RuntimeError):  # The loop is closed.
            loop.call_soon_threadsafe(call, HUNG_UP)
        time.sleep(SECONDS)
        os._exit(HUNG_UP)

    threading.Thread(target=watch, name="terminal", daemon=True).start()


def leave_to_parent() -> None:
    """Ignore requests that reach a whole group of processes, as a parent hears them."""
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, signal.SIG_IGN)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _CTRL_C, _BREAK = 0, 1
    _HANDLER = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)
    _handlers: list[tuple[asyncio.AbstractEventLoop, object]] = []
    """All that the system may call, each with its loop."""

    def _hear_console(
        loop: asyncio.AbstractEventLoop, call: Callable[[int], object]
    ) -> None:
        """Hear the events of the console, each in a thread that the system makes.

        It ends the process when the handler of a closing window returns:
        https://learn.microsoft.com/windows/console/handlerroutine
        """

        def handle(event: int) -> bool:
            number = signal.SIGINT if event == _CTRL_C else signal.SIGBREAK
            try:
                loop.call_soon_threadsafe(call, number)
            except RuntimeError:
                return False  # The loop is closed.
            if event not in (_CTRL_C, _BREAK):
                time.sleep(SECONDS)  # The process ends meanwhile.
            return True

        tell = ctypes.windll.kernel32.SetConsoleCtrlHandler
        for ended in [one for one in _handlers if one[0].is_closed()]:
            tell(ended[1], False)
            _handlers.remove(ended)
        handler = _HANDLER(handle)
        _handlers.append((loop, handler))
        tell(handler, True)
