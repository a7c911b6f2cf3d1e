"""What a packaged program must see to by itself."""

import multiprocessing
import os
import shutil
import sys
import threading


def begin() -> None:
    """Prepare the packaged program; does nothing in a checkout.

    A one-file program runs as a child of its bootloader, which removes the unpacked
    files at the end. If the bootloader is killed, the child ends and removes them.
    """
    if not getattr(sys, "frozen", False):
        return
    multiprocessing.freeze_support()
    unpacked = str(getattr(sys, "_MEIPASS", ""))
    # The processes this one starts inherit the name of its bootloader, and leave the
    # files to it.
    bootloader = os.environ.setdefault("MYNAH_BOOTLOADER", str(os.getppid()))
    is_first = bootloader == str(os.getppid())
    if is_first and os.path.basename(unpacked).startswith("_MEI"):
        threading.Thread(target=_outlive_nobody, args=(unpacked,), daemon=True).start()


def _outlive_nobody(unpacked: str) -> None:
    import psutil

    parent = psutil.Process(os.getppid())
    parent.wait()
    # The database and all files are safe against a kill; nothing needs an orderly end.
    shutil.rmtree(unpacked, ignore_errors=True)
    os._exit(1)
