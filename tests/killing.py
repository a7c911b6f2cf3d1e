"""The sudden end of a process, on every system."""

import os

import psutil

KILLED = "exit code 15" if os.name == "nt" else "killed by SIGKILL"
"""The words for it; psutil gives that code, as Windows has no signals."""

CODE = 15 if os.name == "nt" else -9
"""The return code of such a process."""


def kill(pid: int) -> None:
    """End a process at once."""
    psutil.Process(pid).kill()
