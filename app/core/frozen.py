"""Duties of a packaged program."""

import os
import shutil
import signal
import sys
import threading

_leaving = threading.Lock()


def begin() -> None:
    """Prepare the packaged program; does nothing in a checkout.

    A one-file program is a child of its bootloader, which removes the unpacked files at
    the end. If the bootloader dies or the terminal closes, the child ends and removes
    them.
    """
    if not getattr(sys, "frozen", False):
        return
    # In a checkout nothing needs its 2 MB.
    import multiprocessing

    multiprocessing.freeze_support()
    unpacked = str(getattr(sys, "_MEIPASS", ""))
    # Child processes inherit the name of the bootloader, and leave the files to it.
    bootloader = os.environ.setdefault("MYNAH_BOOTLOADER", str(os.getppid()))
    is_first = bootloader == str(os.getppid())
    if is_first and os.path.basename(unpacked).startswith("_MEI"):
        _end_with_terminal(unpacked)
        threading.Thread(target=_outlive_nobody, args=(unpacked,), daemon=True).start()


def _end_with_terminal(unpacked: str) -> None:
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is signal.SIG_DFL:
        signal.signal(hangup, lambda number, frame: _leave(unpacked))


def _outlive_nobody(unpacked: str) -> None:
    import psutil

    psutil.Process(os.getppid()).wait()
    _leave(unpacked)


def _leave(unpacked: str) -> None:
    """Exit at once: the database and all files survive a kill.

    A killed bootloader often closes the terminal as well. Only the first call removes
    the files, or the second would end the process in the middle of that.
    """
    if _leaving.acquire(blocking=False):
        shutil.rmtree(unpacked, ignore_errors=True)
        os._exit(1)
